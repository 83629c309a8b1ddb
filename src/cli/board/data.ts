import type { IncidentReply } from '../../http/incident-reply.js';
import type { EcsLine } from '../../records/ecs.js';
import type { RunReply } from '../../web/api/runs.js';
import type { DeadairClient } from '../client.js';
import type { BoardData } from './board.js';
import type { TextLane } from './lanes.js';

const LINES = 60;

interface LanesReply {
  from: number;
  to: number;
  now: number;
  lanes: TextLane[];
}

/** @param agent whose newest lines are wanted; undefined: nobody's */
export async function readBoard(client: DeadairClient, agent: string | undefined): Promise<BoardData> {
  const [{ runs }, { incidents }, page] = await Promise.all([
    client.get<{ runs: RunReply[] }>('/v1/runs', { limit: 1 }),
    client.get<{ incidents: IncidentReply[] }>('/v1/incidents', { state: 'open' }),
    agent === undefined
      ? { records: [] }
      : client.get<{ records: EcsLine[] }>('/v1/search', { agent, order: 'newest', limit: LINES }),
  ]);
  const run = runs[0];
  const drawn = await client.get<LanesReply>('/v1/lanes', run ? { run: run.id } : {});
  return {
    now: drawn.now,
    run: run && {
      name: run.name,
      startedAt: Date.parse(run.startedAt),
      endedAt: run.endedAt === null ? null : Date.parse(run.endedAt),
      outcome: run.outcome,
    },
    from: drawn.from,
    to: drawn.to,
    lanes: drawn.lanes,
    incidents,
    lines: page.records.toReversed(),
    away: undefined,
  };
}
