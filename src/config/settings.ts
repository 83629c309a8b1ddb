import { z } from 'zod';
import { CollectSettings } from '../../collectors/settings.js';
import { PullSettings } from '../../collectors/sftp/settings.js';
import { AlertSettings } from '../alerts/settings.js';
import { IngestSettings } from '../ingest/settings.js';
import { Duration } from '../platform/units.js';
import { StoreSettings } from '../store/settings.js';

/** `server`: where the service listens. */
const ServerSettings = z
  .strictObject({
    listen: z.string().min(1).default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(7707),
    token: z
      .string()
      .min(8, 'a token needs at least 8 characters')
      .regex(/^[\x21-\x7e]+$/, 'a token is made of visible ASCII characters without spaces')
      .optional(),
    /** Read once at the start; the token's place where secrets are files. */
    tokenFile: z.string().min(1).optional(),
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
  level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** `auto`: text on a terminal, JSON elsewhere. */
  format: z.enum(['auto', 'text', 'json']).default('auto'),
});

const DetectSettings = z.strictObject({
  /** Rule packs of your own (YAML), beside the built-in ones. */
  packs: z.array(z.string().min(1)).max(100).default([]),
});

/** Thresholds of silence (DESIGN.md §6). */
const SilenceSettings = z
  .strictObject({
    /** A heartbeat older than this is late: with a second witness it is enough for a verdict. */
    late: Duration.prefault('15s'),
    /** A heartbeat older than this means the collector is gone. */
    after: Duration.prefault('60s'),
    /** How long a stopped (T) or blocked (D) process may stay so. */
    frozen: Duration.prefault('10s'),
    /** A clock this far off, either way, is a fault. */
    clockSkew: Duration.prefault('1s'),
  })
  .superRefine((silence, context) => {
    if (silence.late >= silence.after)
      context.addIssue({ code: 'custom', path: ['late'], message: 'must be shorter than silence.after' });
  });

/** An agent that is expected: for probes, and to name who is missing. */
const ExpectedAgent = z.strictObject({
  id: z.string().min(1).max(200),
  /** `host:port` its program listens at. */
  address: z
    .string()
    .regex(/^.+:\d{1,5}$/, 'write it as host:port')
    .optional(),
});

/** deadair.yaml. Each section belongs to the stage that uses it; this is their one meeting place. */
export const Settings = z.strictObject({
  /** Where the embedded store and everything Deadair remembers lies. */
  data: z.string().min(1).default('./data'),
  server: ServerSettings.prefault({}),
  log: LogSettings.prefault({}),
  collect: CollectSettings.prefault({}),
  pull: PullSettings.prefault({}),
  ingest: IngestSettings.prefault({}),
  store: StoreSettings.prefault({}),
  detect: DetectSettings.prefault({}),
  silence: SilenceSettings.prefault({}),
  agents: z.array(ExpectedAgent).max(1000).default([]),
  alerts: AlertSettings.prefault({}),
});
export type Settings = z.infer<typeof Settings>;

export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
}
