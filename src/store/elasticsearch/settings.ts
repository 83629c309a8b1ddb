import { z } from 'zod';
import { Duration, Size } from '../../platform/units.js';

/** `store.elasticsearch`: where the cluster is, how to prove who we are, and how much is sent at once. */
export const ElasticsearchSettings = z
  .strictObject({
    /** Addresses of one or more nodes; requests go round all of them that answer. */
    nodes: z
      .array(z.url({ protocol: /^https?$/, error: 'write it as https://HOST:9200' }))
      .max(100)
      .default([]),
    /** Elastic Cloud instead of nodes. */
    cloudId: z.string().min(1).optional(),
    apiKey: z.string().min(1).optional(),
    /** Read at the start: what `deadair elasticsearch setup --key-file` wrote. */
    apiKeyFile: z.string().min(1).optional(),
    username: z.string().min(1).optional(),
    password: z.string().min(1).optional(),
    passwordFile: z.string().min(1).optional(),
    /** PEM of the authority that signed the nodes' certificates. */
    caFile: z.string().min(1).optional(),
    /** SHA-256 of that authority's certificate, as Elasticsearch prints it at its first start. */
    caFingerprint: z
      .string()
      .regex(/^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$/, 'a SHA-256 fingerprint has 64 hexadecimal digits')
      .optional(),
    /** The last part of the data streams' names; several Deadairs can share a cluster. */
    namespace: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_.]{0,99}$/, 'small letters, digits, dot and underscore; no dash')
      .default('default'),
    requestTimeout: Duration.prefault('30s'),
    /** One bulk request at most. */
    bulkSize: Size.prefault('4MiB'),
    /** Bulk requests under way at once. */
    bulkRequests: z.int().min(1).max(32).default(3),
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
