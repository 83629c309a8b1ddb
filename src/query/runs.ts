import type { Run } from '../model/run.js';
import { findRun } from '../runs/find.js';
import { runSpan } from '../runs/span.js';
import type { Query } from './ast.js';
import { Glob, literal } from './glob.js';
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

/** A name that several runs share, or a pattern, means each of them; all other words are findRun's. */
function runQuery(name: string, runs: readonly Run[]): Query {
  const glob = new Glob(name);
  const named = runs.filter(run => run.id === name || glob.matches(run.id) || glob.matches(run.name));
  const meant = named.length > 0 ? named : [findRun(runs, name, 'query.invalid')];
  return { kind: 'or', parts: meant.map(windowOf) };
}

function windowOf(run: Run): Query {
  const { from, to } = runSpan(run, 'exact', { now: run.startedAt });
  const time: Query = { kind: 'time', from, ...(run.endedAt === undefined ? {} : { to }) };
  const agents = new Set(run.agents);
  if (run.controller !== undefined) agents.add(run.controller);
  if (agents.size === 0) return time;
  const who = [...agents].map((agent): Query => ({ kind: 'field', field: 'agent', pattern: literal(agent) }));
  return { kind: 'and', parts: [{ kind: 'or', parts: who }, time] };
}
