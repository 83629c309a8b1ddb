/** How long something took, everywhere said the same way. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * `42 ms`, `0.4 s`, `42 s`, `4 min 20 s`, `42 min`, `3 h 20 min`, `3 days 2 h`: to about a hundredth, as nobody needs it
 * closer; the moments themselves stand beside it where it matters.
 * @param ms less than nothing is nothing
 */
export function durationWords(ms: number): string {
  const length = Math.max(0, ms);
  if (length < 0.05) return '0 s';
  if (length < 99.5) return `${oneDecimal(length)} ms`;
  if (length < MINUTE - SECOND / 2) return `${oneDecimal(length / SECOND)} s`;
  if (length < 10 * MINUTE - SECOND / 2) return inTwo(Math.round(length / SECOND), 60, 'min', 's');
  if (length < HOUR - MINUTE / 2) return `${Math.round(length / MINUTE)} min`;
  if (length < 2 * DAY - MINUTE / 2) return inTwo(Math.round(length / MINUTE), 60, 'h', 'min');
  return inTwo(Math.round(length / HOUR), 24, 'days', 'h');
}

/** `42 s ago`, `5 min ago`; it changes once a second, and from two minutes on once a minute. @param past ms */
export function agoWords(past: number): string {
  if (past < 1.5 * SECOND) return 'now';
  const step = past < 2 * MINUTE ? SECOND : MINUTE;
  return `${durationWords(Math.floor(past / step) * step)} ago`;
}

/** `+1.2 s`, `−40 ms ± 3 ms`: how far off a clock is. @param ms @param within the measurement's own uncertainty, ms */
export function offsetWords(ms: number, within?: number | null): string {
  const offset = `${ms < 0 ? '−' : '+'}${durationWords(Math.abs(ms))}`;
  return within === undefined || within === null ? offset : `${offset} ± ${durationWords(within)}`;
}

/** How close together things happened. @param ms from the first to the last */
export function within(ms: number): string {
  return ms < 100 ? 'in the same instant' : `within ${durationWords(ms)}`;
}

/** One decimal below ten, if it is not 0. */
function oneDecimal(value: number): string {
  const tenths = Math.round(value * 10);
  return tenths < 100 ? String(tenths / 10) : String(Math.round(value));
}

/** @param count of the smaller unit @param per so many of it are one of the larger */
function inTwo(count: number, per: number, large: string, small: string): string {
  const rest = count % per;
  return `${Math.floor(count / per)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** `+1:12.1`, `−0:03.0`, `+2:01:05.0`: how far from a moment, as a stopwatch shows it. @param decimals of the seconds */
export function distanceWords(ms: number, decimals: 1 | 3): string {
  const parts = 10 ** decimals;
  const all = Math.round((Math.abs(ms) * parts) / SECOND);
  const hours = Math.floor(all / parts / 3600);
  const minutes = String(Math.floor(all / parts / 60) % 60);
  const seconds = ((all % (60 * parts)) / parts).toFixed(decimals).padStart(decimals + 3, '0');
  return `${ms < 0 ? '−' : '+'}${hours > 0 ? `${hours}:${minutes.padStart(2, '0')}` : minutes}:${seconds}`;
}
