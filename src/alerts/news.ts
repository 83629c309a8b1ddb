import type { Incident, IncidentChange } from '../model/incident.js';
import type { ChannelState } from './records.js';

/** What of a change is not known yet; undefined when nothing. */
export function whatIsNew(
  known: Incident | undefined,
  change: IncidentChange['change'],
  incident: Incident,
): IncidentChange['change'] | undefined {
  if (!known) return change === 'updated' ? undefined : change;
  if (change === 'resolved') return known.resolvedAt === undefined ? 'resolved' : undefined;
  // That the run was given up because of it is news, also of what was told as over.
  if (isRunsEnd(known, incident)) return 'worsened';
  if (known.resolvedAt !== undefined) {
    // Reopened: the engine took the end back. An "opened" no newer than what is known is a repetition.
    const newer = incident.resolvedAt === undefined && incident.updatedAt > known.updatedAt;
    return (change === 'opened' || change === 'worsened') && newer ? 'opened' : undefined;
  }
  if (change === 'opened' || incident.updatedAt < known.updatedAt) return undefined;
  const same =
    known.severity === incident.severity &&
    known.explanation === incident.explanation &&
    known.subjects.length === incident.subjects.length;
  return change === 'worsened' && same ? undefined : change;
}

/** The run was given up because of it, which is news whatever was told before. */
export function isRunsEnd(known: Incident | undefined, incident: Incident): boolean {
  return (
    incident.endedRun !== undefined &&
    known?.endedRun === undefined &&
    incident.updatedAt >= (known?.updatedAt ?? 0)
  );
}

/** Graver before it was told: who waits goes on waiting. */
export function joined(
  before: ChannelState['pending'],
  now: number,
  alone: boolean,
): NonNullable<ChannelState['pending']> {
  const { alone: wasAlone = before === undefined, ...pending } = before ?? { change: 'worsened', since: now };
  return { ...pending, ...(alone && wasAlone ? { alone } : {}) };
}
