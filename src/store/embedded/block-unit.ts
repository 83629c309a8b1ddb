import type { Finding } from '../../model/finding.js';
import { releaseMemory } from '../../platform/release.js';
import type { BlockHead, DecodedColumns } from './block-format.js';
import type { CacheEntry } from './cache.js';
import { plainChunk } from './plain-chunk.js';
import type { ChunkLines } from './text/line-unpacker.js';
import type { ShapeSieve } from './text/shape-sieve.js';
import { type Chunk, type ChunkInfo, makeChunk, type Pieces, type Unit } from './unit.js';
import type { WordCount } from './word-counts.js';

/** What is kept of a block without looking into it. */
export interface BlockEntry {
  id: number;
  seq0: number;
  seq1: number;
  t0: number;
  t1: number;
  lines: number;
  bytes: number;
  chunks: number;
  marks: number;
}

/** The file a block lies in, as its unit sees it: what it asks for is fetched, or held in the cache. */
export interface BlockFile {
  readonly day: number;
  head(block: number): CacheEntry<BlockHead>;
  columns(block: number, head: BlockHead): CacheEntry<DecodedColumns>;
  findings(block: number, head: BlockHead): CacheEntry<Map<number, Finding>>;
  /** The lines of a block that a plan (`Plan.id`) was found to want, where that is remembered: a block never changes. */
  matches(block: number, plan: number): Uint32Array | undefined;
  keepMatches(block: number, plan: number, lines: Uint32Array): void;
  /** The same of how many lines hold a frequent word. */
  wordCounts(block: number, word: string): WordCount[] | undefined;
  wordChunks(block: number, mark: number): Map<number, Set<number>>;
  /** A chunk that is in the cache. */
  cachedChunk(block: number, index: number): CacheEntry<Chunk> | undefined;
  keepChunk(block: number, index: number, chunk: Chunk): CacheEntry<Chunk>;
  /** A chunk as format 1 wrote it: its text. */
  plainText(block: number, index: number): Buffer;
  /**
   * A chunk's lines.
   * @param times of the block's lines
   * @param verdicts by line: those alone are made of which it says MAYBE, the others are empty
   */
  chunkLines(
    block: number,
    index: number,
    head: BlockHead,
    times: () => Float64Array,
    verdicts: Uint8Array | undefined,
  ): ChunkLines;
  /** What is said of the shapes of a chunk's lines, by line. */
  verdicts(block: number, index: number, head: BlockHead, sieve: ShapeSieve): Uint8Array;
}

/** A sealed block; what it decoded lies in the cache and may leave it. */
export class BlockUnit implements Unit {
  private headEntry: CacheEntry<BlockHead> | undefined;
  private columnsEntry: CacheEntry<DecodedColumns> | undefined;
  private readonly chunkEntries: (CacheEntry<Chunk> | undefined)[] = [];
  /** Handed out by `peek`, kept by nobody. */
  private peeked: { index: number; chunk: Chunk; whole: boolean } | undefined;

  constructor(
    readonly file: BlockFile,
    readonly entry: BlockEntry,
  ) {}

  get key(): string {
    return `${this.file.day}.${this.entry.id}`;
  }
  get t0(): number {
    return this.entry.t0;
  }
  get t1(): number {
    return this.entry.t1;
  }
  get seq0(): number {
    return this.entry.seq0;
  }
  get seq1(): number {
    return this.entry.seq1;
  }
  get lines(): number {
    return this.entry.lines;
  }
  get chunks(): ChunkInfo[] {
    return this.head().chunks;
  }
  get pieces(): Pieces {
    return this.head().pieces;
  }

  head(): BlockHead {
    const known = alive(this.headEntry);
    if (known) return known;
    this.headEntry = this.file.head(this.entry.id);
    return this.headEntry.value!;
  }

  columns(): DecodedColumns {
    const known = alive(this.columnsEntry);
    if (known) return known;
    this.columnsEntry = this.file.columns(this.entry.id, this.head());
    return this.columnsEntry.value!;
  }

  chunk(index: number): Chunk {
    const known = alive(this.chunkEntries[index]);
    if (known) return known;
    const { file, entry, peeked } = this;
    let found = file.cachedChunk(entry.id, index);
    if (!found) {
      const whole = peeked?.index === index && peeked.whole ? peeked.chunk : undefined;
      found = file.keepChunk(entry.id, index, whole ?? this.load(index));
      if (whole) this.peeked = undefined;
    }
    this.chunkEntries[index] = found;
    return found.value!;
  }

  verdicts(index: number, sieve: ShapeSieve): Uint8Array | undefined {
    const head = this.head();
    // What is displayed otherwise than it is stored may hold a text that its shape has not.
    if (head.shapes === undefined || head.chunks[index]!.rewritten) return undefined;
    return this.file.verdicts(this.entry.id, index, head, sieve);
  }

  /** A scan of everything must not push out what is used, nor leave its dead chunks to the garbage collector. */
  peek(index: number, verdicts?: Uint8Array): Chunk {
    const known = alive(this.chunkEntries[index]) ?? this.file.cachedChunk(this.entry.id, index)?.value;
    if (known) return known;
    if (this.peeked?.index === index && this.peeked.whole) return this.peeked.chunk;
    this.letGo(index);
    this.peeked = { index, chunk: this.load(index, verdicts), whole: verdicts === undefined };
    return this.peeked.chunk;
  }

  letGo(index: number): void {
    if (this.peeked?.index !== index) return;
    const { raw, text } = this.peeked.chunk;
    this.peeked = undefined;
    releaseMemory(raw);
    if (text.buffer !== raw.buffer) releaseMemory(text);
  }

  private load(index: number, verdicts?: Uint8Array): Chunk {
    const head = this.head();
    const info = head.chunks[index]!;
    const flags = () => this.columns().flags.subarray(info.line0, info.line0 + info.lines);
    const block = this.entry.id;
    if (!head.shapes)
      return plainChunk(
        this.file.plainText(block, index),
        info,
        () => this.columns().lengths.get(index)!,
        flags,
      );
    const { raw, starts } = this.file.chunkLines(block, index, head, () => this.columns().times, verdicts);
    return info.rewritten ? makeChunk(raw, starts, flags()) : { raw, rawStarts: starts, text: raw, starts };
  }

  findings(): Map<number, Finding> {
    return this.file.findings(this.entry.id, this.head()).value!;
  }
}

function alive<V>(entry: CacheEntry<V> | undefined): V | undefined {
  if (entry?.value === undefined) return undefined;
  entry.used = true;
  return entry.value;
}
