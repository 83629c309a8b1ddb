import { iso } from '../wording/time.js';
import type { PostMortem } from './model.js';

const TIMES = new Set([
  'at',
  'from',
  'to',
  'firstAt',
  'lastAt',
  'startedAt',
  'endedAt',
  'openedAt',
  'resolvedAt',
  'generatedAt',
]);

/** The report with times as RFC 3339 text, as everywhere in Deadair's JSON. Byte ranges of gaps stay numbers. */
export function toJson(report: PostMortem): unknown {
  const { missing, ...rest } = report;
  return {
    ...(withTimes(rest) as object),
    missing: { ...missing, gaps: missing.gaps.map(gap => ({ ...gap, at: iso(gap.at) })) },
  };
}

function withTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTimes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      TIMES.has(key) && typeof part === 'number' ? iso(part) : withTimes(part),
    ]),
  );
}
