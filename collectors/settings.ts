import { z } from 'zod';
import { Duration, Size } from '../src/platform/units.js';

/** `collect` in deadair.yaml: what runs beside the logs. */
export const CollectSettings = z.strictObject({
  /** Folders, files, or path patterns such as `/logs/{agent}.log`. */
  watch: z.array(z.string().min(1)).default([]),
  /** Which files of a watched folder are logs. Their rotated generations (`.1`, `-20260101`, `.gz`) need no mention. */
  include: z.array(z.string().min(1)).default(['*.log', '*.out', '*.err', 'syslog', 'messages']),
  exclude: z.array(z.string().min(1)).default([]),
  /** Levels of folders below a watched one. */
  depth: z.int().min(0).max(32).default(4),
  /** Agent id: a fixed name, or a path pattern with `{agent}`. Default: the file's name up to its first dot. */
  agent: z.string().min(1).optional(),
  /** Default: this machine's host name. */
  host: z.string().min(1).optional(),
  /** Where a file begins that the server has never heard of: `end` skips what is there at the first start. */
  from: z.enum(['start', 'end']).default('start'),
  to: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:7707'),
  token: z.string().min(1).optional(),
  tokenFile: z.string().min(1).optional(),
  tls: z
    .strictObject({
      /** PEM files. */
      ca: z.string().optional(),
      cert: z.string().optional(),
      key: z.string().optional(),
    })
    .prefault({}),
  compression: z.enum(['auto', 'zstd', 'br', 'gzip', 'identity']).default('auto'),
  limits: z
    .strictObject({
      /** Raw and compressed bytes held at most. */
      memory: Size.pipe(z.number().min(1024 * 1024, 'at least 1MiB')).prefault('64MiB'),
      /** Compressed bytes a second; 0: unlimited. */
      bandwidth: Size.prefault(0),
      /** Requests at once. */
      requests: z.int().min(1).max(16).default(4),
      /** Files held open at most. */
      openFiles: z.int().min(16).default(2000),
      /** CPU priority, as in nice(1); applied by `deadair collect`, not when the service runs in the same process. */
      nice: z.int().min(0).max(19).default(5),
    })
    .prefault({}),
  /** A request without an answer after this long is given up and sent again. */
  requestTimeout: Duration.prefault('30s'),
  /** For network and bind mounts, which bring no events: look at every file this often. */
  polling: z
    .strictObject({
      enabled: z.boolean().default(false),
      interval: Duration.prefault('500ms'),
      /** `false` where a file's inode may change while it stays the same (sshfs, some SMB mounts): content alone decides. */
      inodes: z.boolean().default(true),
    })
    .prefault({}),
  /** Everything is looked at anew this often, whatever the events say. */
  rescan: Duration.prefault('5s'),
  /** A last line without newline is sent after this long without growth. */
  partialAfter: Duration.prefault('2s'),
  heartbeat: z
    .strictObject({
      /** Ports of this host whose listening is told. */
      ports: z.array(z.int().min(1).max(65535)).max(64).default([]),
      /** Look in /proc for the process that writes each log. */
      processes: z.boolean().default(true),
    })
    .prefault({}),
});
export type CollectSettings = z.infer<typeof CollectSettings>;
