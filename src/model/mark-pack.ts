import type { Mark } from './finding.js';

/**
 * Marks on their way from the thread that reads lines to the one that judges: bytes, which the main thread hands on unread. A
 * storm's marks as objects took a third of its time in being copied.
 *
 * JSON: `[origins, marks]`; where they come from is said once, and of a mark what its origin does not say.
 */
type Origin = [
  agent: string,
  host: string,
  path: string,
  source: string,
  observedAt: number,
  ingestedAt: number,
];
type OwnPart = Omit<Mark, 'seq' | 'agent' | 'host' | 'path' | 'source' | 'observedAt' | 'ingestedAt'>;

/** Packed marks as they are given to the engine, in order. */
export interface MarkPack {
  bytes: Uint8Array;
  /** The commit they were stored by. */
  seq: number;
}

/** @returns bytes in memory of their own, which can be transferred; undefined where there are none */
export function packMarks(marks: readonly Mark[]): Uint8Array<ArrayBuffer> | undefined {
  if (marks.length === 0) return undefined;
  const origins: Origin[] = [];
  const own: [origin: number, mark: OwnPart][] = [];
  let last: Mark | undefined;
  for (const mark of marks) {
    const { seq: _, agent, host, path, source, observedAt, ingestedAt, ...rest } = mark;
    if (!last || last.source !== source || last.observedAt !== observedAt || last.ingestedAt !== ingestedAt)
      origins.push([agent, host, path, source, observedAt, ingestedAt]);
    last = mark;
    own.push([origins.length - 1, rest]);
  }
  return new TextEncoder().encode(JSON.stringify([origins, own]));
}

export function unpackMarks({ bytes, seq }: MarkPack): Mark[] {
  const [origins, own] = JSON.parse(new TextDecoder().decode(bytes)) as [Origin[], [number, OwnPart][]];
  return own.map(([index, rest]) => {
    const [agent, host, path, source, observedAt, ingestedAt] = origins[index]!;
    return { ...rest, seq, agent, host, path, source, observedAt, ingestedAt };
  });
}
