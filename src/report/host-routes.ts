import { z } from 'zod';
import { type Route, route } from '../http/route.js';
import type { Incident } from '../model/incident.js';
import type { Run } from '../model/run.js';
import type { Clock } from '../platform/clock.js';
import { type HostClock, hostTallies } from './host-tally.js';

export interface HostRoutesDeps {
  /** Newest first. */
  runs: () => Promise<Run[]>;
  incidents: () => Promise<Incident[]>;
  hosts: () => HostClock[];
  clock: Clock;
}

const share = z.number().min(0).max(1);

const Row = z.object({
  agent: z.string(),
  host: z.string().optional(),
  runs: z.int(),
  firstToFail: z.int(),
  rate: share,
  between: z.tuple([share, share]).describe('95 % interval of the rate'),
  siblings: share.describe('The same rate of all others together'),
  standsOut: z.boolean(),
  causes: z.record(z.string(), z.int()),
  lost: z.int(),
  stalled: z.int(),
  restarts: z.int(),
  silences: z.int(),
  complaintsBy: z.int(),
  complaintsAbout: z.int(),
  clockOffsetMs: z.number().optional(),
  lastFailedAt: z.number().optional(),
});

export const HostTalliesReply = z.object({ runs: z.int(), hosts: z.array(Row) });
export type HostTalliesReply = z.infer<typeof HostTalliesReply>;

/** `/v1/hosts`: what many runs tell of each host. */
export function hostRoutes({ runs, incidents, hosts, clock }: HostRoutesDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/hosts',
      summary: 'Over many runs, how often each host was the first to fail, against its siblings',
      description:
        'Counts runs that have ended. The rate has its 95 % interval: of few runs little is known. What befell all agents of a run at once counts for none. A host stands out when chance would name anybody at all in less than 5 % of cases (Fisher’s exact test, corrected for the number of hosts).',
      tag: 'runs',
      auth: 'read',
      query: z.strictObject({
        last: z.coerce.number().min(1).max(3650).optional().describe('Only runs of so many days'),
        runs: z.coerce.number().int().min(1).max(10_000).optional().describe('Only the newest so many'),
      }),
      reply: HostTalliesReply,
      async handler({ query }) {
        const since = query.last === undefined ? 0 : clock.now() - query.last * 86_400_000;
        const ended = (await runs()).filter(
          run => run.endedAt !== undefined && run.startedAt >= since && run.agents.length > 0,
        );
        const counted = ended.slice(0, query.runs ?? ended.length);
        return { runs: counted.length, hosts: hostTallies(counted, await incidents(), hosts()) };
      },
    }),
  ];
}
