import cron from 'node-cron';
import { z } from 'zod';

/** node-cron takes a step past the field's range silently, and then fires once a minute. */
function isSchedule(text: string): boolean {
  return (
    cron.validate(text) && !text.split(/\s+/).some(field => Number(/\/(\d+)$/.exec(field)?.[1] ?? 1) > 59)
  );
}

/** One host whose logs are pulled over ssh (`pull.hosts[]` in deadair.yaml). */
export const PullHost = z.strictObject({
  /** Name or address to connect to. */
  host: z.string().min(1),
  port: z.int().min(1).max(65535).default(22),
  user: z.string().min(1),
  /** What Deadair calls this host; default: `host`. */
  name: z.string().min(1).optional(),
  /** Directories on the host, as for `collect.watch`. */
  watch: z.array(z.string().min(1)).min(1),
  include: z.array(z.string()).optional(),
  exclude: z.array(z.string()).optional(),
  /** Agent id: a fixed name, or a template over the path such as `/logs/{agent}.log`. */
  agent: z.string().optional(),
  from: z.enum(['start', 'end']).optional(),
  /** One of these says how to log in. */
  privateKeyFile: z.string().optional(),
  passphraseFile: z.string().optional(),
  passwordFile: z.string().optional(),
  /** Use the ssh agent at SSH_AUTH_SOCK. */
  useAgent: z.boolean().optional(),
  /** Pinned host key, `SHA256:…` as `ssh-keygen -lf` prints it; used instead of known_hosts. */
  fingerprint: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'write it as ssh-keygen -lf prints it: SHA256:… (43 characters)')
    .optional(),
  knownHostsFile: z.string().optional(),
  /** `auto`: sftp, and where the server has it off, shell commands (tail, head, stat). */
  method: z.enum(['auto', 'sftp', 'exec']).default('auto'),
  /** May run `ps` there, to tell a dead process from a silent one. */
  processes: z.boolean().default(false),
});
export type PullHost = z.infer<typeof PullHost>;

export const PullSettings = z.strictObject({
  /** node-cron expression with seconds. */
  schedule: z
    .string()
    .refine(
      isSchedule,
      'not a cron expression; five or six fields, such as "*/5 * * * * *" for every 5 seconds',
    )
    .default('*/5 * * * * *'),
  /** Deadline of every single call, seconds. */
  callSeconds: z.number().min(1).max(600).default(20),
  /** Deadline of connecting, seconds. */
  connectSeconds: z.number().min(1).max(600).default(15),
  keepaliveSeconds: z.number().min(1).max(600).default(5),
  hosts: z.array(PullHost).max(1000).default([]),
});
export type PullSettings = z.infer<typeof PullSettings>;
