import { statSync } from 'node:fs';
import type { Finding } from '../../model/finding.js';
import { DeadairError, messageOf } from '../../platform/errors.js';
import { releaseMemory } from '../../platform/release.js';
import { type BlockHead, type DecodedColumns, decodeColumns, decodeHead } from './block-format.js';
import type { ByteCache, CacheEntry } from './cache.js';
import { unpack } from './codec.js';
import { ROWS_PER_GROUP } from './day-writer.js';
import {
  asBytes,
  type Connection,
  type DriverKind,
  openDatabase,
  type SqlRow,
  type Statement,
  textOf,
} from './driver.js';
import { decodeFindings } from './findings.js';
import { splitFrames } from './frames.js';
import { plainChunk } from './plain-chunk.js';
import { CHUNKS_PER_BLOCK, formatOf, readMeta, SHAPE_ROWS, shapeRow } from './schema.js';
import {
  type BlockRefs,
  type ChunkLines,
  unpackChunk,
  unpackRefs,
  unpackShapes,
} from './text/line-unpacker.js';
import type { ShapeSieve } from './text/shape-sieve.js';
import { ShapeTable } from './text/shape-table.js';
import { type Chunk, type ChunkInfo, makeChunk, type Pieces, type Unit } from './unit.js';
import { decodeMembers, decodePostings, type GroupMember, rowOf, slotsOf } from './word-index.js';

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

export type Cached =
  | Chunk
  | BlockHead
  | DecodedColumns
  | Map<number, Finding>
  | Uint32Array
  | Buffer
  | Shapes;

/** A block that can't be read: it is left out of every answer, and named. */
export class DamagedBlock extends DeadairError {
  constructor(
    readonly file: DayFile,
    readonly block: number,
    why: string,
  ) {
    super('store.damaged', why, { subject: file.file });
  }
}

/** Line starts of a chunk, twice, and objects: about this. */
const CHUNK_OVERHEAD = 8192;

/** A dictionary, as far as it was read. */
interface Shapes {
  table: ShapeTable;
  parts: number;
}

const EMPTY_SHAPES = new ShapeTable();

interface Group {
  id: number;
  rowBits: number;
  members: GroupMember[];
}

// Text is read as bytes: libsql ends the whole process on text that is no UTF-8, as a damaged page may hold.
const SQL = {
  blocks: 'SELECT id, seq0, seq1, t0, t1, lines, bytes, chunks, marks FROM blocks WHERE id > ? ORDER BY id',
  head: 'SELECT head FROM blocks WHERE id = ?',
  columns: 'SELECT body FROM columns WHERE block = ?',
  body: 'SELECT body FROM bodies WHERE id = ?',
  counts: 'SELECT body FROM counts WHERE block = ?',
  shapes: 'SELECT id, body FROM shapes WHERE id >= ? AND id < ? ORDER BY id',
  shape: 'SELECT body FROM shapes WHERE id = ?',
  words: 'SELECT body FROM words WHERE id = ?',
  groups: 'SELECT id, slots FROM word_groups WHERE id > ? ORDER BY id',
  marks: 'SELECT CAST(body AS BLOB) AS body FROM marks WHERE block = ?',
  spansAfter: 'SELECT block, start, end FROM spans WHERE origin = ? AND end > ? ORDER BY end LIMIT ?',
  spansBefore: 'SELECT block, start, end FROM spans WHERE origin = ? AND end <= ? ORDER BY end DESC LIMIT ?',
  version: 'PRAGMA data_version',
};

/** One day's file as a reader sees it: block entries in memory, everything else fetched and cached. */
export class DayFile {
  blocks: BlockEntry[] = [];
  /** `hot.id` up to which this file's blocks reach. */
  sealed = 0;
  lines = 0;
  rawBytes = 0;
  t0 = Infinity;
  t1 = -Infinity;
  private readonly connection: Connection;
  private readonly statements = new Map<keyof typeof SQL, Statement>();
  /** Of the block that was read last: a scan goes on with its next chunk. */
  private texts: { block: number; digits: Uint8Array[]; refs: BlockRefs } | undefined;
  private groups: Group[] = [];
  private readonly units = new Map<number, WeakRef<BlockUnit>>();
  private version = -1;
  private readonly bad = new Set<number>();

  constructor(
    readonly day: number,
    readonly file: string,
    driver: DriverKind,
    readonly cache: ByteCache<string, Cached>,
  ) {
    if (statSync(file).size === 0)
      throw new DeadairError('store.damaged', `${file} is empty.`, { subject: file });
    this.connection = openDatabase(file, { driver, readOnly: true });
    try {
      if (formatOf(this.connection) === undefined)
        throw new DeadairError('store.damaged', `${file} holds no tables.`, { subject: file });
      this.refresh();
    } catch (thrown) {
      this.connection.close();
      throw thrown;
    }
  }

  /** Takes over blocks that came since the last time; false when there were none. */
  refresh(): boolean {
    const version = Number(this.select('version').get()?.data_version);
    if (version === this.version) return false;
    this.connection.exec('BEGIN');
    try {
      for (const row of this.select('blocks').all(this.blocks.at(-1)?.id ?? 0)) this.take(row);
      this.loadGroups();
      this.sealed = readMeta(this.connection, 'sealed');
    } finally {
      this.connection.exec('COMMIT');
    }
    this.version = version;
    return true;
  }

  private loadGroups(): void {
    for (const row of this.select('groups').all(this.groups.at(-1)?.id ?? 0))
      this.groups.push({ id: Number(row.id), ...decodeMembers(asBytes(row.slots)) });
  }

  private take(row: SqlRow): void {
    const entry = Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, Number(value)]),
    ) as unknown as BlockEntry;
    this.blocks.push(entry);
    this.lines += entry.lines;
    this.rawBytes += entry.bytes;
    this.t0 = Math.min(this.t0, entry.t0);
    this.t1 = Math.max(this.t1, entry.t1);
  }

  entry(block: number): BlockEntry | undefined {
    if (this.bad.has(block)) return undefined;
    // Ids are given out one after the other, so the place is known.
    const guess = this.blocks[block - (this.blocks[0]?.id ?? 0)];
    return guess?.id === block ? guess : this.blocks.find(entry => entry.id === block);
  }

  /** Blocks without those that can't be read. */
  readable(): BlockEntry[] {
    return this.bad.size === 0 ? this.blocks : this.blocks.filter(entry => !this.bad.has(entry.id));
  }

  linesOf(block: number): number {
    return this.blocks.find(entry => entry.id === block)?.lines ?? 0;
  }

  leaveOut(block: number): void {
    this.bad.add(block);
  }

  unit(entry: BlockEntry): BlockUnit {
    const known = this.units.get(entry.id)?.deref();
    if (known) return known;
    const unit = new BlockUnit(this, entry);
    this.units.set(entry.id, new WeakRef(unit));
    return unit;
  }

  head(block: number): CacheEntry<BlockHead> {
    return this.cached(`${this.day}h${block}`, block, () => {
      const head = decodeHead(unpack(asBytes(this.select('head').get(block)?.head)));
      return [head, head.chunks.length * 120 + head.pieces.count * 40 + head.cells.count * 14 + 400];
    });
  }

  columns(block: number, head: BlockHead): CacheEntry<DecodedColumns> {
    return this.cached(`${this.day}c${block}`, block, () => {
      const row = asBytes(this.select('columns').get(block)?.body);
      const columns = decodeColumns(head, unpack(head.shapes ? splitFrames(row)[0]! : row));
      return [columns, columns.times.length * 12 + 400];
    });
  }

  counts(block: number): CacheEntry<Buffer> {
    return this.cached(`${this.day}n${block}`, block, () => {
      const counts = unpack(asBytes(this.select('counts').get(block)?.body));
      return [counts, counts.length + 100];
    });
  }

  /** A chunk that is in the cache. */
  cachedChunk(block: number, index: number): CacheEntry<Chunk> | undefined {
    return this.cache.get(this.chunkKey(block, index)) as CacheEntry<Chunk> | undefined;
  }

  keepChunk(block: number, index: number, chunk: Chunk): CacheEntry<Chunk> {
    const shown = chunk.text === chunk.raw ? 0 : chunk.text.length;
    const bytes = chunk.raw.length + shown + CHUNK_OVERHEAD;
    return this.cache.set(this.chunkKey(block, index), chunk, bytes) as CacheEntry<Chunk>;
  }

  /** A chunk as format 1 wrote it: its text. */
  plainText(block: number, index: number): Buffer {
    const id = block * CHUNKS_PER_BLOCK + index;
    return this.ofBlock(block, () => unpack(asBytes(this.select('body').get(id)?.body)));
  }

  /**
   * A chunk's lines.
   * @param sieve only lines whose shape passes are made, the others are empty
   */
  chunkLines(
    block: number,
    index: number,
    head: BlockHead,
    times: () => Float64Array,
    sieve: ShapeSieve | undefined,
  ): ChunkLines {
    return this.ofBlock(block, () => {
      const { digits, refs } = this.textsOf(block, head);
      const wanted = sieve?.wanted(refs.shapes.shared, refs.shapes.local);
      return unpackChunk(digits[index]!, index, head.chunks[index]!, refs, times, wanted);
    });
  }

  findings(block: number, head: BlockHead): CacheEntry<Map<number, Finding>> {
    return this.cached(`${this.day}f${block}`, block, () => {
      const found = head.shapes
        ? decodeFindings(unpack(splitFrames(asBytes(this.select('columns').get(block)?.body))[1]!))
        : this.oldFindings(block);
      return [found, found.size * 60 + 1000];
    });
  }

  private oldFindings(block: number): Map<number, Finding> {
    const found = new Map<number, Finding>();
    for (const row of this.select('marks').all(block)) {
      const { line, finding } = JSON.parse(textOf(row.body)) as { line: number; finding: Finding };
      found.set(line, finding);
    }
    return found;
  }

  private textsOf(block: number, head: BlockHead): { digits: Uint8Array[]; refs: BlockRefs } {
    if (this.texts?.block === block) return this.texts;
    const { dictionary, known } = head.shapes!;
    const row = asBytes(this.select('body').get(block * CHUNKS_PER_BLOCK)?.body);
    const [own, refs, ...digits] = splitFrames(row);
    const local = new ShapeTable();
    unpackShapes(own!, local);
    const shared = known === 0 ? EMPTY_SHAPES : this.shapes(dictionary, known);
    const last = head.chunks.at(-1)!;
    const shapes = { shared, known, local };
    this.texts = {
      block,
      digits,
      refs: unpackRefs(refs!, head.chunks.length, last.line0 + last.lines, shapes),
    };
    return this.texts;
  }

  /** A part of a dictionary, or its spare where it is damaged. */
  private shapesBody(id: number, body: Uint8Array): Uint8Array {
    try {
      unpackShapes(body, new ShapeTable());
      return body;
    } catch {
      return asBytes(this.select('shape').get(id + SHAPE_ROWS / 2)?.body);
    }
  }

  /** A dictionary with at least so many shapes. */
  private shapes(dictionary: number, known: number): ShapeTable {
    const key = `${this.day}s${dictionary}`;
    const held = this.cache.get(key)?.value as Shapes | undefined;
    if (held && held.table.count >= known) return held.table;
    const shapes = held ?? { table: new ShapeTable(), parts: 0 };
    const first = shapeRow(dictionary, 0, 0);
    for (const row of this.select('shapes').all(first + shapes.parts, shapeRow(dictionary, 0, 1))) {
      const id = Number(row.id);
      unpackShapes(this.shapesBody(id, asBytes(row.body)), shapes.table);
      shapes.parts = id - first + 1;
    }
    this.cache.set(key, shapes, shapes.table.size);
    if (shapes.table.count < known)
      throw new DeadairError('store.damaged', 'Shapes of its lines are missing.', { subject: this.file });
    return shapes.table;
  }

  /** What the index says of a word: the chunks that may hold it, for all blocks of the group that `block` is in. */
  wordChunks(block: number, mark: number): Map<number, Set<number>> {
    const chunks = new Map<number, Set<number>>();
    const found: number[] = [];
    let group = this.groupOf(block);
    if (!group) {
      const postings = this.loosePostings(block);
      if (postings) {
        slotsOf(postings, mark, found);
        return chunks.set(block, new Set(found));
      }
      // Merged into a group since the last refresh.
      this.loadGroups();
      group = this.groupOf(block);
      if (!group) throw new DamagedBlock(this, block, 'Its words are not indexed.');
    }
    const { row, base } = rowOf(mark, group.rowBits);
    const body = unpack(asBytes(this.select('words').get(group.id * ROWS_PER_GROUP + row)?.body));
    slotsOf(decodePostings(body, base), mark, found);
    let first = 0;
    let at = 0;
    for (const member of group.members) {
      const set = new Set<number>();
      while (at < found.length && found[at]! < first + member.chunks) set.add(found[at++]! - first);
      first += member.chunks;
      chunks.set(member.block, set);
    }
    return chunks;
  }

  /** Blocks that hold lines of an origin around an offset: those ending after it, or before it, nearest first. */
  spans(
    origin: number,
    offset: number,
    side: 'after' | 'before',
    limit: number,
  ): { block: number; start: number; end: number }[] {
    const select = this.select(side === 'after' ? 'spansAfter' : 'spansBefore');
    return select
      .all(origin, offset, limit)
      .map(row => ({ block: Number(row.block), start: Number(row.start), end: Number(row.end) }));
  }

  query(sql: string, ...values: (string | number | null)[]): SqlRow[] {
    return this.connection.prepare(sql).all(...values);
  }

  close(): void {
    this.connection.close();
  }

  private select(name: keyof typeof SQL): Statement {
    let statement = this.statements.get(name);
    if (!statement) {
      // Tables of one format are not in files of the other.
      statement = this.connection.prepare(SQL[name]);
      this.statements.set(name, statement);
    }
    return statement;
  }

  private chunkKey(block: number, index: number): string {
    return `${this.day}b${block}.${index}`;
  }

  private groupOf(block: number): Group | undefined {
    let low = 0;
    let high = this.groups.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.groups[middle]!.members.at(-1)!.block < block) low = middle + 1;
      else high = middle;
    }
    const group = this.groups[low];
    return group && group.members[0]!.block <= block ? group : undefined;
  }

  private loosePostings(block: number): Uint32Array | undefined {
    const key = `${this.day}w${block}`;
    const known = this.cache.get(key)?.value;
    if (known) return known as Uint32Array;
    const row = this.select('words').get(-block);
    if (!row) return undefined;
    const postings = decodePostings(unpack(asBytes(row.body)));
    this.cache.set(key, postings, postings.byteLength);
    return postings;
  }

  private cached<T extends Cached>(key: string, block: number, make: () => [T, number]): CacheEntry<T> {
    const known = this.cache.get(key);
    if (known) return known as CacheEntry<T>;
    const [value, bytes] = this.ofBlock(block, make);
    return this.cache.set(key, value, bytes) as CacheEntry<T>;
  }

  /** Runs what reads a block; whatever its bytes make go wrong means that the block is damaged. */
  private ofBlock<T>(block: number, read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      if (thrown instanceof DeadairError && thrown.code !== 'store.damaged') throw thrown;
      throw new DamagedBlock(this, block, thrown instanceof Error ? thrown.message : messageOf(thrown));
    }
  }
}

/** A sealed block; what it decoded lies in the cache and may leave it. */
export class BlockUnit implements Unit {
  private headEntry: CacheEntry<BlockHead> | undefined;
  private columnsEntry: CacheEntry<DecodedColumns> | undefined;
  private readonly chunkEntries: (CacheEntry<Chunk> | undefined)[] = [];
  /** Handed out by `peek`, kept by nobody. */
  private peeked: { index: number; chunk: Chunk; whole: boolean } | undefined;

  constructor(
    readonly file: DayFile,
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

  /** A scan of everything must not push out what is used, nor leave its dead chunks to the garbage collector. */
  peek(index: number, sieve?: ShapeSieve): Chunk {
    const known = alive(this.chunkEntries[index]) ?? this.file.cachedChunk(this.entry.id, index)?.value;
    if (known) return known;
    // What is displayed otherwise than it is stored may hold a text that its shape has not.
    const sifted =
      sieve !== undefined && this.head().shapes !== undefined && !this.head().chunks[index]!.rewritten;
    if (this.peeked?.index === index && (sifted || this.peeked.whole)) return this.peeked.chunk;
    this.peeked = { index, chunk: this.load(index, sifted ? sieve : undefined), whole: !sifted };
    return this.peeked.chunk;
  }

  letGo(index: number): void {
    if (this.peeked?.index !== index) return;
    const { raw, text } = this.peeked.chunk;
    this.peeked = undefined;
    releaseMemory(raw);
    if (text.buffer !== raw.buffer) releaseMemory(text);
  }

  private load(index: number, sieve?: ShapeSieve): Chunk {
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
    const { raw, starts } = this.file.chunkLines(block, index, head, () => this.columns().times, sieve);
    return info.rewritten ? makeChunk(raw, starts, flags()) : { raw, rawStarts: starts, text: raw, starts };
  }

  findings(): Map<number, Finding> {
    return this.file.findings(this.entry.id, this.head()).value!;
  }

  counts(): Buffer {
    return this.file.counts(this.entry.id).value!;
  }
}

function alive<V>(entry: CacheEntry<V> | undefined): V | undefined {
  if (entry?.value === undefined) return undefined;
  entry.used = true;
  return entry.value;
}
