import { statSync } from 'node:fs';
import type { Finding } from '../../model/finding.js';
import { DeadairError, messageOf } from '../../platform/errors.js';
import { type BlockHead, type DecodedColumns, decodeColumns, decodeHead } from './block-format.js';
import { BlockTexts, type Dictionary, type TextRows } from './block-texts.js';
import { type BlockEntry, type BlockFile, BlockUnit } from './block-unit.js';
import { ByteCache, type CacheEntry } from './cache.js';
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
import { CHUNKS_PER_BLOCK, formatOf, readMeta } from './schema.js';
import type { ChunkLines } from './text/line-unpacker.js';
import type { ShapeSieve } from './text/shape-sieve.js';
import type { Chunk } from './unit.js';
import { readCounts, type WordCount } from './word-counts.js';
import { decodeMembers, decodePostings, type GroupMember, PostingRow, rowOf, slotsOf } from './word-index.js';

export type Cached =
  | Chunk
  | BlockHead
  | DecodedColumns
  | Map<number, Finding>
  | PostingRow
  | Buffer
  | Dictionary;
/** What was found in a block, as long as it is remembered: small, and kept apart from what a scan of everything washes through. */
export type Answer = Uint32Array | WordCount[];

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
  words: 'SELECT body FROM words WHERE id = ?',
  groups: 'SELECT id, slots FROM word_groups WHERE id > ? ORDER BY id',
  marks: 'SELECT CAST(body AS BLOB) AS body FROM marks WHERE block = ?',
  spansAfter: 'SELECT block, start, end FROM spans WHERE origin = ? AND end > ? ORDER BY end LIMIT ?',
  spansBefore: 'SELECT block, start, end FROM spans WHERE origin = ? AND end <= ? ORDER BY end DESC LIMIT ?',
  version: 'PRAGMA data_version',
};

/** One day's file as a reader sees it: block entries in memory, everything else fetched and cached. */
export class DayFile implements BlockFile {
  blocks: BlockEntry[] = [];
  /** `hot.id` up to which this file's blocks reach. */
  sealed = 0;
  lines = 0;
  rawBytes = 0;
  t0 = Infinity;
  t1 = -Infinity;
  private readonly connection: Connection;
  private readonly statements = new Map<keyof typeof SQL, Statement>();
  private readonly texts: BlockTexts;
  private groups: Group[] = [];
  private readonly units = new Map<number, WeakRef<BlockUnit>>();
  private version = -1;
  private readonly bad = new Set<number>();

  constructor(
    readonly day: number,
    readonly file: string,
    driver: DriverKind,
    readonly cache: ByteCache<string, Cached>,
    private readonly answers = new ByteCache<string, Answer>(0),
  ) {
    if (statSync(file).size === 0)
      throw new DeadairError('store.damaged', `${file} is empty.`, { subject: file });
    this.connection = openDatabase(file, { driver, readOnly: true });
    try {
      if (formatOf(this.connection) === undefined)
        throw new DeadairError('store.damaged', `${file} holds no tables.`, { subject: file });
      this.texts = new BlockTexts(this.textRows(), file);
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

  matches(block: number, plan: number): Uint32Array | undefined {
    return this.answers.get(`${this.day}m${block}.${plan}`)?.value as Uint32Array | undefined;
  }

  keepMatches(block: number, plan: number, lines: Uint32Array): void {
    this.answers.set(`${this.day}m${block}.${plan}`, lines, lines.byteLength + 200);
  }

  wordCounts(block: number, word: string): WordCount[] | undefined {
    const key = `${this.day}k${block}.${word}`;
    const known = this.answers.get(key)?.value as WordCount[] | undefined;
    if (known) return known;
    const counts: WordCount[] = [];
    const counted = readCounts(this.counts(block).value!, Buffer.from(word), (cell, lines) =>
      counts.push({ ...cell, lines }),
    );
    if (!counted) return undefined;
    this.answers.set(key, counts, counts.length * 60 + 200);
    return counts;
  }

  private counts(block: number): CacheEntry<Buffer> {
    return this.cached(`${this.day}n${block}`, block, () => {
      const counts = unpack(asBytes(this.select('counts').get(block)?.body));
      return [counts, counts.length + 100];
    });
  }

  cachedChunk(block: number, index: number): CacheEntry<Chunk> | undefined {
    return this.cache.get(this.chunkKey(block, index)) as CacheEntry<Chunk> | undefined;
  }

  keepChunk(block: number, index: number, chunk: Chunk): CacheEntry<Chunk> {
    const shown = chunk.text === chunk.raw ? 0 : chunk.text.length;
    const bytes = chunk.raw.length + shown + CHUNK_OVERHEAD;
    return this.cache.set(this.chunkKey(block, index), chunk, bytes) as CacheEntry<Chunk>;
  }

  plainText(block: number, index: number): Buffer {
    const id = block * CHUNKS_PER_BLOCK + index;
    return this.ofBlock(block, () => unpack(asBytes(this.select('body').get(id)?.body)));
  }

  chunkLines(
    block: number,
    index: number,
    head: BlockHead,
    times: () => Float64Array,
    verdicts: Uint8Array | undefined,
  ): ChunkLines {
    return this.ofBlock(block, () => this.texts.lines(block, index, head, times, verdicts));
  }

  verdicts(block: number, index: number, head: BlockHead, sieve: ShapeSieve): Uint8Array {
    return this.ofBlock(block, () => this.texts.verdicts(block, index, head, sieve));
  }

  private textRows(): TextRows {
    const key = (dictionary: number) => `${this.day}s${dictionary}`;
    return {
      texts: block => asBytes(this.select('body').get(block * CHUNKS_PER_BLOCK)?.body),
      shapes: (first, end) =>
        this.select('shapes')
          .all(first, end)
          .map(row => ({ id: Number(row.id), body: asBytes(row.body) })),
      held: dictionary => this.cache.get(key(dictionary))?.value as Dictionary | undefined,
      keep: (number, dictionary) => this.cache.set(key(number), dictionary, dictionary.table.size),
    };
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

  /** What the index says of a word: the chunks that may hold it, for all blocks of the group that `block` is in. */
  wordChunks(block: number, mark: number): Map<number, Set<number>> {
    const chunks = new Map<number, Set<number>>();
    const found: number[] = [];
    let group = this.groupOf(block);
    if (!group) {
      const postings = this.loosePostings(block);
      if (postings) {
        postings.slotsOf(mark, found);
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

  private loosePostings(block: number): PostingRow | undefined {
    const key = `${this.day}w${block}`;
    const known = this.cache.get(key)?.value;
    if (known) return known as PostingRow;
    const row = this.select('words').get(-block);
    if (!row) return undefined;
    const postings = new PostingRow(unpack(asBytes(row.body)));
    this.cache.set(key, postings, postings.size);
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
