import type { Mark } from '../model/finding.js';
import type { Absence } from './blindness.js';

/** What a log holds when it is first read comes within so long, ms. */
const FIRST_READING = 2000;

/** How a log was read until a line of it. */
interface Reading {
  /** When the first line of who wrote it was read. */
  firstSeen: number;
  /** When its logs were known to have been read to their ends for the last time. */
  readUntil: number | undefined;
  /** The last time nobody read anything. */
  absence: Absence | undefined;
}

/**
 * A line without a time is taken to have happened when it was read. That is so only where the log was being read: what it held when
 * it was read for the first time, or again after Deadair had been away, happened then or before.
 * @param at where it stands on the common time line
 * @returns when it can have happened at the earliest (0: any time before), undefined where `at` is all there is to say
 */
export function earliestOf(mark: Mark, at: number, reading: Reading): number | undefined {
  if (mark.timeKind === undefined || mark.timeKind === 'own') return undefined;
  if (mark.ingestedAt - reading.firstSeen <= FIRST_READING) return 0;
  const { absence, readUntil } = reading;
  // by a line with a time that follows it is older than the return
  if (!absence || at < absence.to || mark.ingestedAt > absence.caughtUp) return undefined;
  return readUntil !== undefined && readUntil >= absence.to ? undefined : absence.from;
}
