import type { Heartbeat } from '../wire/protocol.js';

/** Host clock minus server clock, from the exchange with the shortest round trip, and its uncertainty, ms; when it was measured. */
export interface HostClock {
  offset: number;
  within: number;
  at: number;
}

/** Clocks drift: an old good exchange loses to a new one after so long, ms. */
const GOOD_FOR = 600_000;
/** What two exchanges may differ by beyond their round trips, ms: a busy machine takes its times late. */
const JITTER = 250;

/** What is known of a clock after one more exchange. One that contradicts what was known tells that the clock was set. */
export function learnClock(
  known: HostClock | undefined,
  trip: NonNullable<Heartbeat['roundTrip']>,
): HostClock | undefined {
  const within = (trip.receivedAt - trip.sentAt) / 2;
  if (within < 0) return known;
  const offset = (trip.sentAt + trip.receivedAt) / 2 - trip.serverNow;
  const keeps =
    known !== undefined &&
    within > known.within &&
    trip.serverNow - known.at <= GOOD_FOR &&
    Math.abs(offset - known.offset) <= known.within + within + JITTER;
  return keeps ? known : { offset, within, at: trip.serverNow };
}

/** Whether a clock is off for certain, by so many ms at the least. */
export function isClockOff(clock: HostClock | undefined, least: number): boolean {
  return clock !== undefined && Math.abs(clock.offset) - clock.within >= least;
}
