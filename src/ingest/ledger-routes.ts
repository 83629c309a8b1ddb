import { z } from 'zod';
import { type Route, route } from '../http/route.js';
import { isoMicros } from '../records/ecs.js';
import type { Store } from '../store/store.js';
import type { FileStatus } from '../wire/protocol.js';
import { GAP_REASONS } from '../wire/protocol.js';
import { accounts } from './ledger.js';

const AccountReply = z.object({
  source: z.string().describe('One file generation'),
  agent: z.string(),
  host: z.string(),
  path: z.string(),
  size: z.number().nullable().describe('As its collector last saw it'),
  acknowledged: z.number().describe('Every byte before it is stored, skipped on purpose, or in a named gap'),
  behind: z.number().nullable().describe('Bytes its collector sees and the store has not yet'),
  skipped: z.number().describe('Bytes before the place following began'),
  stored: z.number(),
  missing: z.number().describe('Bytes in named gaps of known size'),
  gaps: z.array(
    z.object({ from: z.number(), to: z.number().nullable(), reason: z.enum(GAP_REASONS), at: z.string() }),
  ),
  lines: z.number(),
  ended: z.object({ at: z.number(), reason: z.string() }).nullable(),
});

/** Where every byte is: acknowledged = stored + skipped + named gaps, for each source. */
export function ledgerRoutes(deps: {
  store: Pick<Store, 'sources' | 'gaps'>;
  hosts: () => readonly { files: FileStatus[] }[];
}): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/sources',
      summary: 'The account of every source: bytes read, acknowledged, stored, missing',
      tag: 'agents',
      auth: 'read',
      query: z.strictObject({
        agent: z.string().max(200).optional(),
        host: z.string().max(200).optional(),
        limit: z.coerce.number().int().min(1).max(10_000).default(1000).describe('Sources a page'),
        cursor: z.string().max(100).optional().describe('From the page before'),
      }),
      reply: z.object({
        sources: z.array(AccountReply),
        cursor: z.string().optional().describe('Absent on the last page'),
      }),
      async handler({ query: { agent, host, limit, cursor } }) {
        const [all, gaps] = await Promise.all([
          deps.store.sources(host === undefined ? {} : { host }),
          deps.store.gaps(agent === undefined ? {} : { agent }),
        ]);
        // By id, so that what begins between two pages moves nothing that was not shown yet.
        const after = all
          .filter(source => (agent === undefined || source.agent === agent) && source.id > (cursor ?? ''))
          .sort((a, b) => (a.id < b.id ? -1 : 1));
        const sources = after.slice(0, limit);
        const files = deps.hosts().flatMap(one => one.files);
        return {
          ...(after.length > limit ? { cursor: sources.at(-1)!.id } : {}),
          sources: accounts(sources, gaps, files).map(({ size, behind, ended, gaps: named, ...rest }) => ({
            ...rest,
            size: size ?? null,
            behind: behind ?? null,
            ended: ended ?? null,
            gaps: named.map(gap => ({ ...gap, at: isoMicros(gap.at) })),
          })),
        };
      },
    }),
  ];
}
