import { derivedId, ulid } from '../platform/ids.js';

/** An id that sorts by time and is the same whenever the same facts are judged again (replay, back-test, restart). */
export function ulidAt(timeMs: number, ...facts: string[]): string {
  return ulid(timeMs).slice(0, 10) + derivedId(...facts).slice(10);
}
