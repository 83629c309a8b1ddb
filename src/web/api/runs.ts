import { z } from 'zod';
import type { Incident, Run } from '../../incidents/incident.js';
import { DeadairError } from '../../platform/errors.js';
import { isoMicros } from '../../records/ecs.js';
import { type Route, route } from '../route.js';

/** Runs as the service keeps them: those the logs tell of and those marked by hand. */
export interface RunBook {
  /** Newest first. */
  list(): Promise<Run[]>;
  /** @throws DeadairError `conflict` when a run marked by hand goes on already */
  start(name: string): Promise<Run>;
  /** @throws DeadairError `not-found`, `conflict` when it has ended */
  stop(id: string): Promise<Run>;
  /** A pinned run's days are kept whatever their age. */
  pin(id: string, pinned: boolean): Promise<Run>;
}

export interface RunRoutesDeps {
  runs: RunBook;
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
    pinned: run.pinned,
    incidents: incidents.filter(incident => incident.run === run.id).length,
  };
}

/** What people write for a run: its id, its name (the newest of that name), `latest`, or `~1` behind it: the one before. */
export function findRun(runs: readonly Run[], wanted: string): Run {
  const back = /^(.+)~(\d{1,4})$/.exec(wanted);
  if (back && !runs.some(run => run.name === wanted)) return earlier(runs, back[1]!, Number(back[2]));
  const found = /^(latest|last|current)$/i.test(wanted)
    ? runs[0]
    : (runs.find(run => run.id === wanted) ?? runs.find(run => run.name === wanted));
  if (!found)
    throw new DeadairError(
      'not-found',
      runs.length === 0
        ? 'No run is known yet.'
        : `There is no run "${wanted}"; the newest are ${runs
            .slice(0, 5)
            .map(run => run.name)
            .join(', ')}.`,
      { subject: 'run' },
    );
  return found;
}

/** `NAME~1`: the one of that name before the newest. */
function earlier(runs: readonly Run[], wanted: string, steps: number): Run {
  const newest = findRun(runs, wanted);
  const same = runs.filter(run => run.name === newest.name && run.startedAt <= newest.startedAt);
  const found = same[steps];
  if (!found)
    throw new DeadairError(
      'not-found',
      `There ${same.length === 1 ? 'is one run' : `are ${same.length} runs`} named ${newest.name}, so there is no ${wanted}~${steps}.`,
      { subject: 'run' },
    );
  return found;
}

export function runRoutes({ runs, incidents }: RunRoutesDeps): Route[] {
  const params = z.object({
    run: z.string().max(200).describe('Id, name (the newest of that name) or `latest`'),
  });
  const named = async (wanted: string) => findRun(await runs.list(), wanted).id;
  const reply = async (run: Run) => runReply(run, await incidents());
  return [
    route({
      method: 'get',
      path: '/v1/runs',
      summary: 'Runs, newest first',
      tag: 'runs',
      auth: 'token',
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
      auth: 'token',
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
      auth: 'token',
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
      auth: 'token',
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
      auth: 'token',
      params,
      body: z.strictObject({ pinned: z.boolean().default(true) }),
      reply: RunReply,
      async handler({ params: { run }, body: { pinned } }) {
        return reply(await runs.pin(await named(run), pinned));
      },
    }),
  ];
}
