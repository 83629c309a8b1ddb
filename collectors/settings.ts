import { z } from 'zod';
import { Duration, Size } from '../src/platform/units.js';
import { encodingNamed } from '../src/records/encodings.js';
import { DEFAULT_INCLUDE } from './file/default-include.js';

/** Encodings by path pattern; the first that fits counts. */
export const EncodingPatterns = z.record(
  z.string().min(1),
  z
    .string()
    .refine(
      name => encodingNamed(name) !== undefined,
      'no encoding; write it as the WHATWG Encoding Standard does, such as windows-1251, shift_jis, utf-16le',
    ),
);

/** `collect` in deadair.yaml: what runs beside the logs. */
export const CollectSettings = z.strictObject({
  watch: z
    .array(z.string().min(1))
    .default([])
    .describe('Folders, files, or path patterns such as `/logs/{agent}.log`.'),
  include: z
    .array(z.string().min(1))
    .default([...DEFAULT_INCLUDE])
    .describe(
      'Which files of a watched folder are logs. Their rotated generations (`.1`, `-20260101`, `.gz`) need no mention.',
    ),
  exclude: z
    .array(z.string().min(1))
    .default([])
    .describe('Files that are left out, whatever `include` says.'),
  encoding: EncodingPatterns.default({}).describe(
    'Encodings of files that are not UTF-8, by path pattern, such as `"*.ansi.log": windows-1252`. UTF-16 tells itself.',
  ),
  depth: z.int().min(0).max(32).default(4).describe('Levels of folders below a watched one.'),
  agent: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Agent id: a fixed name, or a path pattern with `{agent}`. Default: the file's name up to its first dot.",
    ),
  host: z.string().min(1).optional().describe("Default: this machine's host name."),
  from: z
    .enum(['start', 'end'])
    .default('start')
    .describe(
      'Where a file begins that the server has never heard of: `end` skips what is there at the first start.',
    ),
  to: z
    .url({ protocol: /^https?$/ })
    .default('http://127.0.0.1:7707')
    .describe('The service that lines are sent to.'),
  token: z.string().min(1).optional().describe("The service's token; without it `server.token` is used."),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .describe("File with the service's token; read anew for each request, so it may be replaced."),
  tls: z
    .strictObject({
      ca: z
        .string()
        .optional()
        .describe(
          'PEM file: authorities that are trusted, for a service behind TLS with a certificate of your own.',
        ),
      cert: z
        .string()
        .optional()
        .describe("PEM file: the collector's own certificate, where the service asks for one."),
      key: z.string().optional().describe('PEM file: the key of that certificate.'),
    })
    .prefault({})
    .describe('For a service behind TLS with certificates of your own.'),
  compression: z
    .enum(['auto', 'zstd', 'br', 'gzip', 'identity'])
    .default('auto')
    .describe('How requests are packed; `auto`: the best that both ends have.'),
  limits: z
    .strictObject({
      memory: Size.pipe(z.number().min(1024 * 1024, 'at least 1MiB'))
        .prefault('64MiB')
        .describe('Raw and compressed bytes held at most.'),
      bandwidth: Size.prefault(0).describe('Compressed bytes a second; 0: unlimited.'),
      requests: z.int().min(1).max(16).default(4).describe('Requests at once.'),
      openFiles: z.int().min(16).default(2000).describe('Files held open at most.'),
      nice: z
        .int()
        .min(0)
        .max(19)
        .default(5)
        .describe(
          'CPU priority, as in nice(1); applied by `deadair collect`, not when the service runs in the same process.',
        ),
    })
    .prefault({})
    .describe('What a collector may take of the host it runs on.'),
  requestTimeout: Duration.prefault('30s').describe(
    'A request without an answer after this long is given up and sent again.',
  ),
  polling: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe('Look at every file at `interval`, for network and bind mounts, which bring no events.'),
      interval: Duration.prefault('500ms').describe('How often.'),
      inodes: z
        .boolean()
        .default(true)
        .describe(
          "`false` where a file's inode may change while it stays the same (sshfs, some SMB mounts): content alone decides.",
        ),
    })
    .prefault({})
    .describe('For mounts that bring no events of changes.'),
  rescan: Duration.prefault('5s').describe(
    'Everything is looked at anew this often, whatever the events say.',
  ),
  partialAfter: Duration.prefault('2s').describe(
    'A last line without newline is sent after this long without growth.',
  ),
  heartbeat: z
    .strictObject({
      ports: z
        .array(z.int().min(1).max(65535))
        .max(64)
        .default([])
        .describe('Ports of this host whose listening is told.'),
      processes: z.boolean().default(true).describe('Look in /proc for the process that writes each log.'),
    })
    .prefault({})
    .describe('What a heartbeat tells of the host beside its files.'),
});
export type CollectSettings = z.infer<typeof CollectSettings>;
