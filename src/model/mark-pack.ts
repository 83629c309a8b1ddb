import { defined } from '../platform/defined.js';
import type { Finding, Mark } from './finding.js';
import type { TimeKind } from './vocabulary.js';

/**
 * Marks on their way from the thread that reads lines to the one that judges: bytes, which the main thread hands on unread. A
 * storm's marks as objects took a third of its time in being copied.
 *
 * JSON: `[origins, rows]`. Where marks come from is said once, and a row is an array: making thousands of objects of a dozen
 * fields took as long as finding the faults.
 */
type Origin = [
  agent: string,
  host: string,
  path: string,
  source: string,
  observedAt: number,
  ingestedAt: number,
];
type Row = [
  origin: number,
  offset: number,
  time: number,
  timeKind: TimeKind | null,
  level: number,
  text: string,
  finding: Finding,
  count: number,
];

/** Packed marks as they are given to the engine, in order. */
export interface MarkPack {
  bytes: Uint8Array;
  /** The commit they were stored by. */
  seq: number;
}

/** Gathers marks, source by source. */
export class MarkPacker {
  private readonly origins: Origin[] = [];
  private readonly rows: Row[] = [];

  /** Where the marks come from that are added next. */
  from({
    agent,
    host,
    path,
    source,
    observedAt,
    ingestedAt,
  }: Pick<Mark, 'agent' | 'host' | 'path' | 'source' | 'observedAt' | 'ingestedAt'>): void {
    this.origins.push([agent, host, path, source, observedAt, ingestedAt]);
  }

  /** @param count so many equal lines are told by it (Mark.count) */
  add(
    finding: Finding,
    { offset, time, timeKind, level, text }: Pick<Mark, 'offset' | 'time' | 'timeKind' | 'level' | 'text'>,
    count = 1,
  ): void {
    this.rows.push([this.origins.length - 1, offset, time, timeKind ?? null, level, text, finding, count]);
  }

  /** @returns in memory of their own, which can be transferred; undefined where there are none */
  bytes(): Uint8Array<ArrayBuffer> | undefined {
    if (this.rows.length === 0) return undefined;
    return new TextEncoder().encode(JSON.stringify([this.origins, this.rows]));
  }
}

export function packMarks(marks: readonly Mark[]): Uint8Array<ArrayBuffer> | undefined {
  const packer = new MarkPacker();
  let last: Mark | undefined;
  for (const mark of marks) {
    const { source, observedAt, ingestedAt } = mark;
    if (last?.source !== source || last.observedAt !== observedAt || last.ingestedAt !== ingestedAt)
      packer.from(mark);
    last = mark;
    const { class: kind, rule, event, about, fields } = mark;
    packer.add({ class: kind, rule, ...defined({ event, about, fields }) }, mark, mark.count);
  }
  return packer.bytes();
}

export function unpackMarks({ bytes, seq }: MarkPack): Mark[] {
  const [origins, rows] = JSON.parse(new TextDecoder().decode(bytes)) as [Origin[], Row[]];
  return rows.map(([origin, offset, time, timeKind, level, text, finding, count]) => {
    const [agent, host, path, source, observedAt, ingestedAt] = origins[origin]!;
    const { class: kind, rule, event, about, fields } = finding;
    return {
      class: kind,
      rule,
      ...(event === undefined ? undefined : { event }),
      ...(about === undefined ? undefined : { about }),
      ...(fields === undefined ? undefined : { fields }),
      seq,
      agent,
      host,
      path,
      source,
      offset,
      time,
      ...(timeKind === null ? undefined : { timeKind }),
      observedAt,
      ingestedAt,
      level,
      text,
      ...(count === 1 ? undefined : { count }),
    };
  });
}
