import { z } from 'zod';

/** Before it no log was written that anybody ships; a clock that says so was never set. */
export const EARLIEST = Date.UTC(2000, 0, 1);
/** How far a host's clock may be ahead, time zones taken for UTC included. */
const AHEAD_MS = 2 * 86_400_000;
/** The farthest a Date reaches, either way (ECMA-262, time values). */
const DATE_LIMIT = 8.64e15;

/** A time in ms since the epoch, as some clock has it: it can be shown, whether it is plausible or not. */
export const AnyTime = z.number().min(-DATE_LIMIT).max(DATE_LIMIT);

/** Whether something can have happened then, as seen `now`. */
export function isPlausible(time: number, now: number): boolean {
  return time >= EARLIEST && time <= now + AHEAD_MS;
}
