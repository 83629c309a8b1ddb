import { readTimeSpan } from '../http/line-query.js';
import type { DocumentStore } from '../model/documents.js';
import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';
import { isoMicros } from '../records/ecs.js';
import { findRun } from '../runs/find.js';
import { runSpan } from '../runs/span.js';
import { Catalog } from './catalog.js';
import type { PackRequest } from './pack.js';

/** What to pack, as people say it. */
export interface PackWish {
  /** Id, name or `latest`; the newest run when neither run nor time is given. */
  run?: string | undefined;
  /** As in `deadair search --from`. */
  from?: string | undefined;
  to?: string | undefined;
  agents?: readonly string[] | undefined;
}

/**
 * A run is packed with what its post-mortem looks at: a little before its start and after its end.
 * @throws DeadairError `not-found`, `usage.invalid`, `query.invalid`
 */
export async function packRequestOf(
  documents: DocumentStore,
  { run: wanted, from, to, agents }: PackWish,
  now: number,
): Promise<PackRequest> {
  const catalog = new Catalog(documents);
  const runs = await catalog.runs();
  const only = agents && agents.length > 0 ? new Set(agents) : undefined;
  if (from === undefined && to === undefined) {
    const run = findRun(runs, wanted);
    const incidents = await catalog.incidents(incident => incident.run === run.id);
    const own = [...run.agents, ...(run.controller === undefined ? [] : [run.controller])];
    const part = only ?? (own.length > 0 ? new Set(own) : undefined);
    return {
      name: run.name,
      run,
      span: runSpan(run, 'report', { now, runs, incidents }),
      ...defined({ agents: part }),
    };
  }
  if (wanted !== undefined)
    throw new DeadairError('usage.invalid', 'Name a run or a time (--from, --to), not both.', {
      subject: '--from',
    });
  const range = await readTimeSpan({ from, to }, { now, runs: async () => runs });
  const span = { from: Math.max(0, range.from ?? 0), to: range.to ?? now };
  if (span.from >= span.to)
    throw new DeadairError('usage.invalid', 'The time ends before it begins.', { subject: '--to' });
  return {
    name: `${isoMicros(span.from)} to ${isoMicros(span.to)}`,
    span,
    ...defined({ agents: only }),
  };
}
