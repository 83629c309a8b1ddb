/** Moments in words. A log's times are UTC; a person's terminal or browser may show them in its own zone. */

export interface TimeStyle {
  /** UTC instead of the zone of this terminal or browser. */
  utc: boolean;
}

/** `16:58:42`, UTC. @param at ms since the epoch */
export function clock(at: number): string {
  return iso(at).slice(11, 19);
}

/** `2026-11-23 16:58:42.358 UTC`; with `clock` only the time of day. @param at ms since the epoch */
export function timeWords(at: number, form: 'full' | 'clock' = 'full'): string {
  const text = iso(at);
  return form === 'clock' ? text.slice(11, 23) : `${text.slice(0, 10)} ${text.slice(11, 23)} UTC`;
}

/** `2026-11-23T16:58:42.358Z`, for programs. @param at ms since the epoch */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** `16:58:42.358`, with the day in front where it is not `near`'s day. @param at, near ms since the epoch */
export function clockTime(at: number, style: TimeStyle, near: number = Date.now()): string {
  const text = zoned(at, style);
  const clock = text.slice(11, 23);
  return text.slice(0, 10) === zoned(near, style).slice(0, 10) ? clock : `${text.slice(5, 10)} ${clock}`;
}

/** As clockTime, to the second. */
export function shortTime(at: number, style: TimeStyle, near: number = Date.now()): string {
  return clockTime(at, style, near).slice(0, -4);
}

/** `2026-11-23 16:58:42.358 +01:00`. @param at ms since the epoch */
export function fullTime(at: number, style: TimeStyle): string {
  const text = zoned(at, style);
  return `${text.slice(0, 10)} ${text.slice(11, 23)} ${zone(at, style)}`;
}

/** As ISO 8601 without its zone, in the wanted one. */
function zoned(at: number, style: TimeStyle): string {
  return iso(style.utc ? at : at - new Date(at).getTimezoneOffset() * 60_000);
}

function zone(at: number, style: TimeStyle): string {
  if (style.utc) return 'UTC';
  const minutes = -new Date(at).getTimezoneOffset();
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${minutes < 0 ? '−' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
}
