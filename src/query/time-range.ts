import { DeadairError } from '../platform/errors.js';
import { AssumedZone, DAY_MS, isCivilDate } from '../records/calendar.js';
import { readStamp } from '../records/dates.js';
import { Stamp } from '../records/stamp.js';
import { findRun } from '../runs/find.js';
import { runSpan } from '../runs/span.js';
import { AnyTime } from '../wire/times.js';

export interface TimeContext {
  /** ms since the epoch. */
  now: number;
  /** For times typed without a zone; default UTC. */
  zone?: AssumedZone;
  /** For `since run start` and `run NAME`. */
  runs?: { id: string; name: string; startedAt: number; endedAt?: number }[];
}

/** Event time [from, to), ms since the epoch; an absent bound is open. */
export interface TimeRange {
  from?: number;
  to?: number;
}

export const TIME_HELP =
  'write "last 15m", "-2h", "today", "16:58", "2026-11-23T16:58", "A to B", "since A", "before B" or "since run start"';

const UNITS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['sec', 1000],
  ['second', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['minute', 60_000],
  ['h', 3_600_000],
  ['hr', 3_600_000],
  ['hour', 3_600_000],
  ['d', DAY_MS],
  ['day', DAY_MS],
  ['w', 7 * DAY_MS],
  ['week', 7 * DAY_MS],
]);

/**
 * Reads a time span as people type it: `last 15m`, `15m`, `-2h`, `today`, `16:58`, `2026-11-23`,
 * `16:58 to 17:10`, `2026-11-23T16:58Z..now`, `since run start`, `run NAME`, `all`.
 *
 * @throws DeadairError `query.invalid` that names the forms
 */
export function parseTimeRange(text: string, context: TimeContext): TimeRange {
  const range = readTimeRange(text, context);
  // `last 1190071992547409935m` is well formed, and no Date reaches so far.
  for (const bound of [range.from, range.to])
    if (bound !== undefined && !AnyTime.safeParse(bound).success) throw notUnderstood(text);
  return range;
}

/**
 * Reads where a span begins: of a day its first moment (`--from yesterday` goes on until now), of an hour that summer time
 * has twice the earlier one. `run NAME` and `A to B` have an end of their own.
 * @throws DeadairError `query.invalid` that names the forms
 */
export function parseBeginning(text: string, context: TimeContext): TimeRange {
  const typed = text.trim().replace(/\s+/g, ' ');
  const moment = durationOf(typed) === undefined ? momentOf(typed, context) : undefined;
  return moment ? { from: checked(moment.from, text) } : parseTimeRange(text, context);
}

/**
 * Reads where a span ends, exclusive: of a day its first moment, of an hour that summer time has twice the later one.
 * @throws DeadairError `query.invalid` that names the forms
 */
export function parseEnd(text: string, context: TimeContext): number | undefined {
  const typed = text.trim().replace(/\s+/g, ' ');
  const moment = durationOf(typed) === undefined ? momentOf(typed, context, 'end') : undefined;
  return moment ? checked(moment.from, text) : parseTimeRange(text, context).from;
}

/** `last 1190071992547409935m` is well formed, and no Date reaches so far. */
function checked(bound: number, text: string): number {
  if (!AnyTime.safeParse(bound).success) throw notUnderstood(text);
  return bound;
}

function readTimeRange(text: string, context: TimeContext): TimeRange {
  const typed = text.trim().replace(/\s+/g, ' ');
  if (typed === '' || /^(?:all|any|ever)$/i.test(typed)) return {};
  const relative = durationOf(typed.replace(/^(?:the )?(?:last|past) /i, '').replace(/^-/, ''));
  if (relative !== undefined) return { from: context.now - relative };
  const since = /^(?:since|after|from|>=?) ?(.+)$/i.exec(typed);
  const between = /^(?:(?:from|between) )?(.+?)(?: ?\.\.+ ?| to | and | until | - )(.+)$/i.exec(typed);
  if (between) {
    const start = momentOf(between[1]!, context);
    const end = momentOf(between[2]!, context, 'end');
    if (start && end) {
      const to = end.to ?? end.from;
      if (start.from >= to)
        throw new DeadairError('query.invalid', `The time span "${text}" ends before it begins`, {
          subject: 'time',
        });
      return { from: start.from, to };
    }
  }
  if (since) {
    const start = momentOf(since[1]!, context);
    if (start) return { from: start.from };
  }
  const before = /^(?:before|until|till|up to|<) ?(.+)$/i.exec(typed);
  if (before) {
    const end = momentOf(before[1]!, context, 'end');
    if (end) return { to: end.from };
  }
  const run = /^(?:(?:this|last|latest) run|run(?: (.+))?)$/i.exec(typed);
  if (run && !/^(?:start|end)$/i.test(run[1] ?? '')) {
    const meant = findRun(context.runs ?? [], run[1], 'query.invalid');
    const { from, to } = runSpan(meant, 'exact', { now: context.now });
    return meant.endedAt === undefined ? { from } : { from, to };
  }
  const moment = momentOf(typed, context);
  if (!moment) throw notUnderstood(text);
  return moment;
}

function notUnderstood(text: string): DeadairError {
  return new DeadairError('query.invalid', `"${text}" is not a time; ${TIME_HELP}`, { subject: 'time' });
}

/** Milliseconds of `15m`, `2h30m`, `2 hours`, or undefined. */
function durationOf(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)? ?[a-z]+ ?)+$/i.test(text)) return undefined;
  let total = 0;
  for (const [, amount, word] of text.matchAll(/(\d+(?:\.\d+)?) ?([a-z]+)/gi)) {
    const name = word!.toLowerCase();
    const unit = UNITS.get(name) ?? UNITS.get(name.replace(/s$/, ''));
    if (unit === undefined) return undefined;
    total += Number(amount) * unit;
  }
  return total;
}

/** A moment; with `to` where it is a whole day. */
function momentOf(
  text: string,
  context: TimeContext,
  side: 'begin' | 'end' = 'begin',
): { from: number; to?: number } | undefined {
  const { now } = context;
  const zone = (context.zone ?? new AssumedZone()).preferring(side === 'begin' ? 'earlier' : 'later');
  if (/^now$/i.test(text)) return { from: now };
  const ago = durationOf(text.replace(/^(?:now ?)?-/i, '').replace(/ ago$/i, ''));
  if (ago !== undefined && /^(?:now ?)?-|ago$/i.test(text)) return { from: now - ago };
  const ahead = /^now ?\+ ?(.+)$/i.exec(text);
  if (ahead) {
    const duration = durationOf(ahead[1]!);
    return duration === undefined ? undefined : { from: now + duration };
  }
  const edge = /^(?:the )?(?:(?:this|last|latest) )?run(?: (.+?))? (start|end)$/i.exec(text);
  if (edge) {
    const run = findRun(context.runs ?? [], edge[1], 'query.invalid');
    return { from: edge[2]!.toLowerCase() === 'start' ? run.startedAt : (run.endedAt ?? now) };
  }
  const today = wallDay(now, zone);
  if (/^today$/i.test(text)) return wholeDay(today, zone);
  if (/^yesterday$/i.test(text)) return wholeDay(today - DAY_MS, zone);
  const clock = /^(?:(today|yesterday),? (?:at )?)?(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z)?$/i.exec(
    text,
  );
  if (clock) {
    const [, day, hour, minute, second = '0', fraction = '', utc] = clock;
    if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
    const ofDay =
      Number(hour) * 3_600_000 +
      Number(minute) * 60_000 +
      Number(second) * 1000 +
      Number(`0.${fraction || 0}`) * 1000;
    const read = utc ? new AssumedZone() : zone;
    const base = wallDay(now, read);
    const time = read.toEpoch((day?.toLowerCase() === 'yesterday' ? base - DAY_MS : base) + ofDay);
    // "23:50" typed after midnight means last night.
    return { from: day === undefined && time > now ? read.toEpoch(base - DAY_MS + ofDay) : time };
  }
  const date = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (date) {
    const [year, month, day] = date.slice(1).map(Number) as [number, number, number];
    if (!isCivilDate(year, month, day)) return undefined;
    const wall = Date.UTC(year, month - 1, day);
    return wholeDay(wall, zone);
  }
  return stampOf(text, now, zone);
}

/** Whatever the parser of log lines takes for a timestamp can be pasted here. */
function stampOf(text: string, now: number, zone: AssumedZone): { from: number } | undefined {
  const bytes = new TextEncoder().encode(text.replace(/^\[|\]$/g, ''));
  const stamp = new Stamp();
  if (!readStamp(bytes, 0, bytes.length, stamp) || stamp.end !== bytes.length) return undefined;
  if (stamp.year >= 0 && stamp.day > 0 && !stamp.short && !isCivilDate(stamp.year, stamp.month, stamp.day))
    return undefined;
  return { from: stamp.resolve(now, zone) };
}

/** Midnight of the day that holds `now` in the zone, as wall-clock ms. */
function wallDay(now: number, zone: AssumedZone): number {
  const offset = now - zone.toEpoch(now);
  return Math.floor((now + offset) / DAY_MS) * DAY_MS;
}

function wholeDay(wall: number, zone: AssumedZone): { from: number; to: number } {
  return { from: zone.toEpoch(wall), to: zone.toEpoch(wall + DAY_MS) };
}
