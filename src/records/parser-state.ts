import { ContinuationTracker } from './continuation.js';
import type { Envelope } from './envelope.js';

/** What is carried from line to line; version 1. */
export interface ParserState {
  v: 1;
  position: number;
  /** Time of the last line that had one. */
  time: number | null;
  assumed: boolean;
  /** Full dates were seen: bare numbers at the head of a line are no timestamps. */
  strong: boolean;
  trace: number;
  head: number;
  /** The open line goes on a line that was cut. */
  cut: boolean;
  /** Index into ENCODINGS, once it is known. */
  encoding?: number;
  /** Names stand in front of the lines. */
  prefixed?: boolean;
  /** Lines looked at for that, up to PREFIX_LINES. */
  looked?: number;
  /** Streams whose line was cut and goes on. */
  cutStreams?: string[];
  /** Trace and head of each stream in envelopes. */
  streams?: [string, number, number][];
}

export function packTrace(tracker: ContinuationTracker): { trace: number; head: number } {
  const { trace, hasHead, headHasTime, headIsError } = tracker;
  return { trace, head: (hasHead ? 1 : 0) | (headHasTime ? 2 : 0) | (headIsError ? 4 : 0) };
}

export function unpackTrace(tracker: ContinuationTracker, trace: number, head: number): void {
  tracker.trace = trace;
  tracker.hasHead = (head & 1) !== 0;
  tracker.headHasTime = (head & 2) !== 0;
  tracker.headIsError = (head & 4) !== 0;
}

/** Streams and containers whose traces are told apart in one source. */
const MAX_STREAMS = 64;

/** Of each stream of a source, whether its next line goes on with its last. */
export class Streams {
  private readonly trackers = new Map<string, ContinuationTracker>();

  of(stream: string): ContinuationTracker {
    let tracker = this.trackers.get(stream);
    if (!tracker) {
      const [oldest] = this.trackers.keys();
      if (this.trackers.size >= MAX_STREAMS && oldest !== undefined) this.trackers.delete(oldest);
      tracker = new ContinuationTracker();
      this.trackers.set(stream, tracker);
    }
    return tracker;
  }

  state(): [string, number, number][] {
    return [...this.trackers].map(([name, tracker]) => {
      const { trace, head } = packTrace(tracker);
      return [name, trace, head];
    });
  }

  restore(state: readonly [string, number, number][]): void {
    this.trackers.clear();
    for (const [name, trace, head] of state) unpackTrace(this.of(name), trace, head);
  }
}

/** Lines with the same key follow each other. */
export function streamKey({ stream, container }: Envelope): string {
  return `${stream ?? ''}/${container ?? ''}`;
}
