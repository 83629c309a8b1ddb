import cron from 'node-cron';
import { z } from 'zod';
import { EncodingPatterns } from '../settings.js';

/** node-cron takes a step past the field's range silently, and then fires once a minute. */
function isSchedule(text: string): boolean {
  return (
    cron.validate(text) && !text.split(/\s+/).some(field => Number(/\/(\d+)$/.exec(field)?.[1] ?? 1) > 59)
  );
}

/** One host whose logs are pulled over ssh (`pull.hosts[]` in deadair.yaml). */
export const PullHost = z.strictObject({
  host: z.string().min(1).describe('Name or address to connect to.'),
  port: z.int().min(1).max(65535).default(22).describe('Port of its sshd.'),
  user: z.string().min(1).describe('Who logs in.'),
  name: z.string().min(1).optional().describe('What Deadair calls this host; default: `host`.'),
  watch: z.array(z.string().min(1)).min(1).describe('Directories on the host, as for `collect.watch`.'),
  include: z.array(z.string()).optional().describe('As `collect.include`, for this host.'),
  exclude: z.array(z.string()).optional().describe('As `collect.exclude`, for this host.'),
  agent: z
    .string()
    .optional()
    .describe('Agent id: a fixed name, or a template over the path such as `/logs/{agent}.log`.'),
  encoding: EncodingPatterns.optional().describe(
    'As `collect.encoding`, for this host; its patterns come before those.',
  ),
  from: z.enum(['start', 'end']).optional().describe('As `collect.from`, for this host.'),
  privateKeyFile: z
    .string()
    .optional()
    .describe('File with the private key to log in with; one of key, password or ssh agent is needed.'),
  passphraseFile: z.string().optional().describe('File with the passphrase of that key.'),
  passwordFile: z.string().optional().describe('File with a password, where the host takes no key.'),
  useAgent: z.boolean().optional().describe('Use the ssh agent at SSH_AUTH_SOCK.'),
  fingerprint: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'write it as ssh-keygen -lf prints it: SHA256:… (43 characters)')
    .optional()
    .describe('Pinned host key, `SHA256:…` as `ssh-keygen -lf` prints it; used instead of known_hosts.'),
  knownHostsFile: z
    .string()
    .optional()
    .describe('Host keys that are trusted; default: `~/.ssh/known_hosts`.'),
  method: z
    .enum(['auto', 'sftp', 'exec'])
    .default('auto')
    .describe('`auto`: sftp, and where the server has it off, shell commands (tail, head, stat).'),
  processes: z
    .boolean()
    .default(false)
    .describe('May run `ps` there, to tell a dead process from a silent one.'),
});
export type PullHost = z.infer<typeof PullHost>;

export const PullSettings = z.strictObject({
  schedule: z
    .string()
    .refine(
      isSchedule,
      'not a cron expression; five or six fields, such as "*/5 * * * * *" for every 5 seconds',
    )
    .default('*/5 * * * * *')
    .describe('When hosts are looked at: cron with seconds.'),
  callSeconds: z.number().min(1).max(600).default(20).describe('Deadline of every single call, seconds.'),
  connectSeconds: z.number().min(1).max(600).default(15).describe('Deadline of connecting, seconds.'),
  keepaliveSeconds: z
    .number()
    .min(1)
    .max(600)
    .default(5)
    .describe('Seconds between signs of life of a connection; three missed ones end it.'),
  hosts: z.array(PullHost).max(1000).default([]).describe('Hosts whose logs are pulled over ssh.'),
});
export type PullSettings = z.infer<typeof PullSettings>;
