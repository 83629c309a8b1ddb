import type { Run } from '../incidents/incident.js';
import { DeadairError } from '../platform/errors.js';
import type { Query } from './ast.js';
import { Glob } from './glob.js';
import { mapLeaves, simplify } from './simplify.js';

/**
 * Replaces `run:NAME` by what it stands for: the time from the run's start to its end, and the agents that take part in
 * it with their controller. `run:latest` is the one that began last; a name several runs share means each of them.
 *
 * @throws DeadairError `query.invalid` when no run is meant
 */
export function resolveRuns(query: Query, runs: readonly Run[]): Query {
  return simplify(mapLeaves(query, leaf => (leaf.kind === 'run' ? runQuery(leaf.name, runs) : leaf)));
}

/** True when the query names a run: only then run documents need to be read. */
export function namesRun(query: Query): boolean {
  let found = false;
  mapLeaves(query, leaf => {
    if (leaf.kind === 'run') found = true;
    return leaf;
  });
  return found;
}

function runQuery(name: string, runs: readonly Run[]): Query {
  const newestFirst = [...runs].sort((a, b) => b.startedAt - a.startedAt);
  let meant: Run[];
  if (/^(?:latest|last|current)$/i.test(name)) meant = newestFirst.slice(0, 1);
  else {
    const glob = new Glob(name);
    meant = newestFirst.filter(run => run.id === name || glob.matches(run.id) || glob.matches(run.name));
  }
  if (meant.length === 0) {
    const known = newestFirst.slice(0, 5).map(run => run.name);
    const help = known.length === 0 ? 'no run is known yet' : `the newest runs are ${known.join(', ')}`;
    throw new DeadairError('query.invalid', `No run is named "${name}"; ${help}`, { subject: 'run' });
  }
  return { kind: 'or', parts: meant.map(windowOf) };
}

function windowOf(run: Run): Query {
  const agents = new Set(run.agents);
  if (run.controller !== undefined) agents.add(run.controller);
  // The millisecond of the end belongs to the run: its last line tells the end.
  const time: Query = {
    kind: 'time',
    from: run.startedAt,
    ...(run.endedAt === undefined ? {} : { to: run.endedAt + 1 }),
  };
  if (agents.size === 0) return time;
  const who: Query[] = [...agents].map(agent => ({
    kind: 'field',
    field: 'agent',
    pattern: agent.replace(/[\\*]/g, '\\$&'),
  }));
  return { kind: 'and', parts: [{ kind: 'or', parts: who }, time] };
}
