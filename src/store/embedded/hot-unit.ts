import type { Finding } from '../../model/finding.js';
import { type UnpackedBatch, unpackBatch } from '../../records/packed.js';
import {
  type Chunk,
  type ChunkInfo,
  type Columns,
  FOUND,
  makeChunk,
  type Pieces,
  type Unit,
} from './unit.js';

/** One source's part of an append that is not sealed yet, or an open line: one chunk, one piece, columns as they came. */
export class HotUnit implements Unit {
  readonly key: string;
  readonly t0: number;
  readonly t1: number;
  readonly lines: number;
  readonly chunks: ChunkInfo[];
  readonly pieces: Pieces;
  readonly bytes: number;
  private readonly body: UnpackedBatch;
  private merged: Columns | undefined;
  private made: Chunk | undefined;

  constructor(
    key: string,
    readonly seq: number,
    origin: number,
    blob: Uint8Array,
    /** `hot.id`; Infinity for an open line, which is never sealed. */
    readonly id: number,
  ) {
    const body = unpackBatch(blob);
    this.key = key;
    this.body = body;
    this.lines = body.count;
    this.bytes = body.bytes.length;
    const info = summarize(body);
    this.t0 = info.t0;
    this.t1 = info.t1;
    this.chunks = [info];
    this.pieces = {
      count: 1,
      line0: Uint32Array.of(0),
      origin: Uint32Array.of(origin),
      base: Float64Array.of(body.base),
      seq: Float64Array.of(seq),
      observedAt: Float64Array.of(body.observedAt),
      ingestedAt: Float64Array.of(body.ingestedAt),
    };
  }

  get seq0(): number {
    return this.seq;
  }

  get seq1(): number {
    return this.seq;
  }

  columns(): Columns {
    if (this.merged) return this.merged;
    const { times, timeKinds, levels, flags, findings } = this.body;
    const classes = Uint8Array.from(this.body.classes);
    for (const line of findings.keys()) classes[line]! |= FOUND;
    this.merged = { times, timeKinds, levels, classes, flags };
    return this.merged;
  }

  chunk(): Chunk {
    const { bytes, starts, flags } = this.body;
    this.made ??= makeChunk(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), starts, flags);
    return this.made;
  }

  verdicts(): undefined {
    return undefined;
  }

  peek(): Chunk {
    return this.chunk();
  }

  letGo(): void {}

  findings(): Map<number, Finding> {
    return this.body.findings;
  }
}

function summarize(body: UnpackedBatch): ChunkInfo {
  let t0 = Infinity;
  let t1 = -Infinity;
  let levels = 0;
  let classes = 0;
  for (let i = 0; i < body.count; i++) {
    const time = body.times[i]!;
    if (time < t0) t0 = time;
    if (time > t1) t1 = time;
    levels |= 1 << body.levels[i]!;
    classes |= 1 << body.classes[i]!;
  }
  return { line0: 0, lines: body.count, rawLength: body.bytes.length, t0, t1, levels, classes };
}
