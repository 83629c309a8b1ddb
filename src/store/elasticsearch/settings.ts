import { z } from 'zod';
import { Duration, Size } from '../../platform/units.js';

/** `store.elasticsearch`: where the cluster is, how to prove who we are, and how much is sent at once. */
export const ElasticsearchSettings = z
  .strictObject({
    nodes: z
      .array(z.url({ protocol: /^https?$/, error: 'write it as https://HOST:9200' }))
      .max(100)
      .default([])
      .describe('Addresses of one or more nodes; requests go round all of them that answer.'),
    cloudId: z.string().min(1).optional().describe('Elastic Cloud instead of nodes.'),
    apiKey: z.string().min(1).optional().describe('API key, in the base64 form Elasticsearch gives it.'),
    apiKeyFile: z
      .string()
      .min(1)
      .optional()
      .describe('Read at the start: what `deadair elasticsearch setup --key-file` wrote.'),
    username: z.string().min(1).optional().describe('A user instead of an API key.'),
    password: z.string().min(1).optional().describe("The user's password."),
    passwordFile: z.string().min(1).optional().describe('File with that password, read at the start.'),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe("PEM of the authority that signed the nodes' certificates."),
    caFingerprint: z
      .string()
      .regex(/^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$/, 'a SHA-256 fingerprint has 64 hexadecimal digits')
      .optional()
      .describe("SHA-256 of that authority's certificate, as Elasticsearch prints it at its first start."),
    namespace: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_.]{0,99}$/, 'small letters, digits, dot and underscore; no dash')
      .default('default')
      .describe("The last part of the data streams' names; several Deadairs can share a cluster."),
    services: z
      .enum(['one', 'several'])
      .default('several')
      .describe(
        'How many Deadair services write here. `one`: positions, faults, incidents and the outbox lie in `data`, Elasticsearch holds lines, and the service goes on while that is away; `several`: Elasticsearch holds everything, they agree on who judges, and read each other’s lines once a second.',
      ),
    requestTimeout: Duration.prefault('30s').describe(
      'A request without an answer after this long is given up.',
    ),
    bulkSize: Size.prefault('4MiB').describe('One bulk request at most.'),
    bulkRequests: z.int().min(1).max(32).default(3).describe('Bulk requests under way at once.'),
  })
  .superRefine((settings, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (settings.nodes.length > 0 && settings.cloudId !== undefined)
      wrong('cloudId', 'give either nodes or cloudId');
    const key = settings.apiKey !== undefined || settings.apiKeyFile !== undefined;
    if (key && settings.username !== undefined) wrong('username', 'give either an API key or a user');
    const password = settings.password !== undefined || settings.passwordFile !== undefined;
    if (!key && password !== (settings.username !== undefined))
      wrong(password ? 'username' : 'password', 'a user and a password belong together');
    if (settings.caFile !== undefined && settings.caFingerprint !== undefined)
      wrong('caFingerprint', 'give either caFile or caFingerprint');
  });
export type ElasticsearchSettings = z.infer<typeof ElasticsearchSettings>;
