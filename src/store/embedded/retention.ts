import { sizeWords } from '../../wording/amount.js';
import type { RetentionPolicy } from '../store.js';
import type { DayInfo } from './messages.js';
import { DAY_MS } from './schema.js';

export interface RetentionFacts {
  now: number;
  /** All of the store, and free on its file system. */
  bytes: number;
  diskFree: number | null;
  days: (DayInfo & { bytes: number })[];
}

export interface RetentionPlan {
  drop: (DayInfo & { bytes: number })[];
  warning?: string;
}

/**
 * Which days to drop: those past the age, then the oldest until size and free disk are met. Days are those of arrival; a
 * day with lines of a pinned run is kept, and so is the newest, which is being written.
 */
export function planRetention(policy: RetentionPolicy, facts: RetentionFacts): RetentionPlan {
  const { maxAgeMs = Infinity, maxBytes = Infinity, minFreeBytes = 0, pinned = [] } = policy;
  const days = [...facts.days].sort((a, b) => a.day - b.day);
  const newest = days.at(-1);
  const isPinned = (day: DayInfo) => pinned.some(span => span.from <= day.t1 && span.to >= day.t0);
  const drop: RetentionPlan['drop'] = [];
  let { bytes } = facts;
  let free = facts.diskFree ?? Infinity;
  let kept = 0;
  for (const day of days) {
    const old = (day.day + 1) * DAY_MS <= facts.now - maxAgeMs;
    const tight = bytes > maxBytes || free < minFreeBytes;
    if (!old && !tight) continue;
    if (day === newest || isPinned(day)) {
      kept++;
      continue;
    }
    drop.push(day);
    bytes -= day.bytes;
    free += day.bytes;
  }
  const unmet = [
    ...(bytes > maxBytes ? [`${sizeWords(bytes)} are stored, ${sizeWords(maxBytes)} allowed`] : []),
    ...(free < minFreeBytes ? [`${sizeWords(free)} are free, ${sizeWords(minFreeBytes)} wanted`] : []),
  ];
  if (unmet.length === 0) return { drop };
  return {
    drop,
    warning: `Retention can't be met: ${unmet.join(' and ')}; the ${kept} day(s) left hold pinned runs or are being written. Unpin runs, raise the limit or make room on the disk.`,
  };
}
