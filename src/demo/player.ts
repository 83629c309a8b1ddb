import { appendFileSync } from 'node:fs';
import path from 'node:path';
import type { Recording } from '../incidents/replay/recording.js';
import type { Clock } from '../platform/clock.js';
import { shiftTimestamps } from './shift.js';

/**
 * Shortest lead before the bytes that end the longest silence. sai3-bench notices a peer that does not answer after
 * 39 to 40 s (keepalive 30 s + 10 s): less, and the recording would contradict its own cause.
 */
const LEAD_MS = 42_000;
/** The part before the silence is played this much faster: it only sets the scene. */
const SCENE_SPEED = 4;

export interface Step {
  /** Milliseconds after the beginning. */
  after: number;
  file: string;
  bytes: Buffer;
}

/**
 * When to append which bytes so that the recorded run happens now. The first part is hurried through, most of the
 * longest silence (a minute in which a healthy run writes nothing) is left out, and from there on everything keeps
 * its recorded pace. The lines' own times move with their bytes: lines that come late by more than the way takes would
 * be the mark of a wrong clock.
 *
 * @param begin when the playing begins, ms since the epoch
 * @param speed times faster; above 1 the program's own timers no longer fit, and the verdict may differ
 */
export function planDemo(recording: Recording, begin: number, speed: number): Step[] {
  const { arrivals, contents } = recording;
  const first = arrivals[0]?.at ?? 0;
  let silence = 0;
  for (let i = 1; i < arrivals.length; i++)
    if (gapBefore(arrivals, i) > gapBefore(arrivals, silence)) silence = i;
  const quiet = arrivals[silence - 1]?.at ?? first;
  const resume = arrivals[silence]?.at ?? first;
  const sceneMs = (quiet - first) / SCENE_SPEED;
  const leadMs = Math.min(LEAD_MS, resume - quiet);
  const after = (at: number): number => {
    if (at <= quiet) return (at - first) / SCENE_SPEED / speed;
    if (at < resume) return (sceneMs + ((at - quiet) * leadMs) / (resume - quiet)) / speed;
    return (sceneMs + leadMs + (at - resume)) / speed;
  };
  const moved = new Map(
    [...contents].map(([file, log]) => [file, shiftTimestamps(log, at => begin + after(at))]),
  );
  return arrivals.map(({ at, file, offset, bytes }) => ({
    after: after(at),
    file,
    bytes: moved.get(file)!.subarray(offset, offset + bytes),
  }));
}

function gapBefore(arrivals: Recording['arrivals'], index: number): number {
  return index === 0 ? 0 : arrivals[index]!.at - arrivals[index - 1]!.at;
}

/** Appends the steps' bytes to files in `folder` when their time comes. @returns false when it was stopped early */
export async function play(
  steps: readonly Step[],
  folder: string,
  clock: Clock,
  stopped: AbortSignal,
  onStep?: (step: Step, index: number) => void,
): Promise<boolean> {
  const begin = clock.monotonic();
  for (const [index, step] of steps.entries()) {
    const wait = step.after - (clock.monotonic() - begin);
    if (wait > 0) await pause(wait, clock, stopped);
    if (stopped.aborted) return false;
    appendFileSync(path.join(folder, step.file), step.bytes);
    onStep?.(step, index);
  }
  return true;
}

function pause(ms: number, clock: Clock, stopped: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = clock.after(ms, done);
    function done(): void {
      timer.cancel();
      stopped.removeEventListener('abort', done);
      resolve();
    }
    stopped.addEventListener('abort', done, { once: true });
  });
}
