import type { IncidentChange } from '../../model/incident.js';
import type { Clock } from '../../platform/clock.js';
import type { IncidentEngine } from '../engine.js';

/** Time asked about at once; after a long pause it is divided by MOST_STEPS. */
const STEP_MS = 20;
const MOST_STEPS = 100;
/** Judging goes on so long before others have their turn. */
const AT_ONCE_MS = 5;

/**
 * Asks the engine about the time since it was last asked, a little at a time: where many hosts are in trouble it judges for
 * tens of milliseconds, and requests that come meanwhile shall not wait for all of it. What it says does not depend on how
 * often it is asked.
 * @param from up to when it was asked; Infinity: never
 */
export async function advanceInSteps(
  engine: Pick<IncidentEngine, 'advance'>,
  from: number,
  now: number,
  clock: Pick<Clock, 'monotonic'>,
): Promise<IncidentChange[]> {
  const changes: IncidentChange[] = [];
  const step = Math.max(STEP_MS, (now - from) / MOST_STEPS);
  let since = clock.monotonic();
  for (let at = from + step; at < now; at += step) {
    changes.push(...engine.advance(at));
    if (clock.monotonic() - since < AT_ONCE_MS) continue;
    await new Promise<void>(resolve => setImmediate(resolve));
    since = clock.monotonic();
  }
  changes.push(...engine.advance(now));
  return changes;
}
