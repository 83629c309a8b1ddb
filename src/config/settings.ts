import { z } from 'zod';
import { CollectSettings } from '../../collectors/settings.js';
import { PullSettings } from '../../collectors/sftp/settings.js';
import { AlertSettings } from '../alerts/settings.js';
import { IngestSettings } from '../ingest/settings.js';
import { isLoopback } from '../platform/loopback.js';
import { Duration } from '../platform/units.js';
import { StoreSettings } from '../store/settings.js';
import { Name } from '../wire/names.js';

const ServerSettings = z
  .strictObject({
    listen: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address the service listens at; any other than the loopback needs a token.'),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(7707)
      .describe('Port of page, API and collectors; 0 takes a free one.'),
    token: z
      .string()
      .min(8, 'a token needs at least 8 characters')
      .regex(/^[\x21-\x7e]+$/, 'a token is made of visible ASCII characters without spaces')
      .optional()
      .describe('Whoever reads or sends must show it; the loopback alone may do without.'),
    tokenFile: z
      .string()
      .min(1)
      .optional()
      .describe("Read once at the start; the token's place where secrets are files."),
    tls: z
      .strictObject({
        cert: z
          .string()
          .min(1)
          .describe('PEM file: the certificate of the service, and what stands between it and its CA.'),
        key: z.string().min(1).describe('PEM file: its private key.'),
        clientCa: z
          .string()
          .min(1)
          .optional()
          .describe('PEM file: the CA that signs the certificates of clients (mutual TLS).'),
        clients: z
          .enum(['optional', 'required'])
          .default('required')
          .describe('With `clientCa`: whether a client without such a certificate is let in.'),
      })
      .optional()
      .describe('HTTPS instead of HTTP; the files are read anew when they change.'),
  })
  .superRefine((server, context) => {
    if (isLoopback(server.listen) || server.token !== undefined || server.tokenFile !== undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['token'],
      message: `listening on ${server.listen} needs a token, or anybody on that network can read and write logs; set DEADAIR_TOKEN (for example to the output of \`openssl rand -hex 24\`) or server.tokenFile, or listen on 127.0.0.1`,
    });
  });

const LogSettings = z.strictObject({
  level: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('What of its own doings Deadair writes to standard error.'),
  format: z
    .enum(['auto', 'text', 'json'])
    .default('auto')
    .describe('`auto`: text on a terminal, JSON elsewhere.'),
});

const DetectSettings = z.strictObject({
  packs: z
    .array(z.string().min(1))
    .max(100)
    .default([])
    .describe('Rule packs of your own (YAML), beside the built-in ones.'),
  programs: z
    .record(z.string().min(1).max(200), z.string().regex(/^[a-z0-9][a-z0-9-]*$/))
    .default({})
    .describe(
      'Which program wrote a log, by a pattern of its path or agent (* stands for anything): "*/worker-*.log": sai3-bench. ' +
        'Most are recognised by their names and lines; `deadair explain --line ID` says as what.',
    ),
});

const SilenceSettings = z
  .strictObject({
    late: Duration.prefault('15s').describe(
      'A heartbeat older than this is late: with a second witness it is enough for a verdict.',
    ),
    after: Duration.prefault('60s').describe('A heartbeat older than this means the collector is gone.'),
    frozen: Duration.prefault('10s').describe('How long a stopped (T) or blocked (D) process may stay so.'),
    clockSkew: Duration.prefault('1s').describe('A clock this far off, either way, is a fault.'),
  })
  .superRefine((silence, context) => {
    if (silence.late >= silence.after)
      context.addIssue({ code: 'custom', path: ['late'], message: 'must be shorter than silence.after' });
  });

const ExpectedAgent = z.strictObject({
  id: Name.describe('The agent as its log names it.'),
  address: z
    .string()
    .regex(/^.+:\d{1,5}$/, 'write it as host:port')
    .optional()
    .describe(
      '`host:port` its program listens at; probes ask it. Absent: learnt from heartbeats, where its collector sees it.',
    ),
});

/** deadair.yaml. Each section belongs to the stage that uses it; this is their one meeting place. */
export const Settings = z.strictObject({
  data: z
    .string()
    .min(1)
    .default('./data')
    .describe('Where the embedded store and everything Deadair remembers lies.'),
  server: ServerSettings.prefault({}).describe('Where the service listens.'),
  log: LogSettings.prefault({}).describe('What Deadair says of its own doings.'),
  collect: CollectSettings.prefault({}).describe('What a collector follows and how it ships it.'),
  pull: PullSettings.prefault({}).describe('Hosts that are followed over ssh.'),
  ingest: IngestSettings.prefault({}).describe('What is taken in at once.'),
  store: StoreSettings.prefault({}).describe('Where lines are kept, and how long.'),
  detect: DetectSettings.prefault({}).describe('What lines mean.'),
  silence: SilenceSettings.prefault({}).describe('When silence counts, and other thresholds of incidents.'),
  agents: z
    .array(ExpectedAgent)
    .max(1000)
    .default([])
    .describe('Agents that are expected: for probes, and to name who is missing.'),
  alerts: AlertSettings.prefault({}).describe('Who is told of incidents, and when.'),
});
export type Settings = z.infer<typeof Settings>;
