import { z } from 'zod';
import { type Route, route } from '../../http/route.js';
import type { Incident } from '../../model/incident.js';
import type { Run } from '../../model/run.js';
import { defined } from '../../platform/defined.js';
import { isoMicros } from '../../records/ecs.js';
import type { RunBook } from '../../runs/book.js';
import { findRun, RUN_WORDS } from '../../runs/find.js';

export interface RunRoutesDeps {
  runs: Pick<RunBook, 'list' | 'start' | 'stop' | 'pin'>;
  incidents: () => Promise<Incident[]>;
}

export const RunReply = z.object({
  id: z.string(),
  name: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  outcome: z.enum(['completed', 'failed', 'interrupted', 'lost']).nullable(),
  startedBy: z.enum(['pack', 'run-command', 'hand']),
  controller: z.string().nullable(),
  agents: z.array(z.string()),
  announced: z.int().optional().describe('How many agents its controller says there are'),
  pinned: z.boolean(),
  incidents: z.number().describe('How many belong to it'),
});
export type RunReply = z.infer<typeof RunReply>;

export function runReply(run: Run, incidents: readonly Incident[]): RunReply {
  return {
    id: run.id,
    name: run.name,
    startedAt: isoMicros(run.startedAt),
    endedAt: run.endedAt === undefined ? null : isoMicros(run.endedAt),
    outcome: run.outcome ?? null,
    startedBy: run.startedBy,
    controller: run.controller ?? null,
    agents: run.agents,
    ...defined({ announced: run.announced }),
    pinned: run.pinned,
    incidents: incidents.filter(incident => incident.run === run.id).length,
  };
}

export function runRoutes({ runs, incidents }: RunRoutesDeps): Route[] {
  const params = z.object({
    run: z.string().max(200).describe(`The run: ${RUN_WORDS}`),
  });
  const named = async (wanted: string) => findRun(await runs.list(), wanted).id;
  const reply = async (run: Run) => runReply(run, await incidents());
  return [
    route({
      method: 'get',
      path: '/v1/runs',
      summary: 'Runs, newest first',
      tag: 'runs',
      auth: 'read',
      query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
      reply: z.object({ runs: z.array(RunReply) }),
      async handler({ query: { limit } }) {
        const [list, all] = await Promise.all([runs.list(), incidents()]);
        return { runs: list.slice(0, limit).map(run => runReply(run, all)) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/runs',
      summary: 'Mark the start of a run by hand',
      tag: 'runs',
      auth: 'write',
      body: z.strictObject({ name: z.string().trim().min(1).max(200) }),
      reply: RunReply,
      status: 201,
      async handler({ body: { name } }) {
        return reply(await runs.start(name));
      },
    }),
    route({
      method: 'get',
      path: '/v1/runs/:run',
      summary: 'One run',
      tag: 'runs',
      auth: 'read',
      params,
      reply: RunReply,
      async handler({ params: { run } }) {
        return reply(findRun(await runs.list(), run));
      },
    }),
    route({
      method: 'post',
      path: '/v1/runs/:run/stop',
      summary: 'Mark the end of a run that was started by hand',
      tag: 'runs',
      auth: 'write',
      params,
      reply: RunReply,
      async handler({ params: { run } }) {
        return reply(await runs.stop(await named(run)));
      },
    }),
    route({
      method: 'post',
      path: '/v1/runs/:run/pin',
      summary: 'Keep the lines of a run whatever their age, or no longer',
      tag: 'runs',
      auth: 'write',
      params,
      body: z.strictObject({ pinned: z.boolean().default(true) }),
      reply: RunReply,
      async handler({ params: { run }, body: { pinned } }) {
        return reply(await runs.pin(await named(run), pinned));
      },
    }),
  ];
}
