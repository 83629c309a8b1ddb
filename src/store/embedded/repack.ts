import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DeadairError } from '../../platform/errors.js';
import type { UnpackedBatch } from '../../records/packed.js';
import { buildBlock } from './block-builder.js';
import type { BlockMemory } from './block-memory.js';
import { BLOCK_BYTES, BLOCK_LINES, type Slice } from './block-slices.js';
import type { BlockUnit } from './block-unit.js';
import { ByteCache } from './cache.js';
import { type Packings, THRIFTY_PACKINGS, USUAL_PACKINGS } from './codec.js';
import { DayFile } from './day-file.js';
import { DayWriter, type OriginRow } from './day-writer.js';
import { removeDatabase, syncFile, syncFolder } from './disk.js';
import { type DriverKind, openDatabase, type SqlRow } from './driver.js';
import { UNFINISHED } from './leftovers.js';
import { dayFile, dayFileOf, generationsOf, PAGE_SIZE, pageSizeFor, readMeta } from './schema.js';
import { FOUND } from './unit.js';

/** Blocks are joined up to a little more than the usual size, so that few are left that hold little. */
const MAX_LINES = BLOCK_LINES * 1.25;
/** A day is worth it when its blocks could be half as many. */
const TOO_MANY = 2;
const CACHE_BYTES = 8 * 1024 * 1024;

/**
 * Packs a day anew: blocks of an older format as they are written today, many small ones into few, a small day in small pages. The copy is made beside
 * the day, a block a step, so that other work goes on in between, and takes its place when it is whole.
 */
export class Repacker {
  /** The day as it is, and as it will be. */
  private readonly file: string;
  private readonly fresh: string;
  private readonly source: DayFile;
  private readonly target: DayWriter;
  private readonly packings: Packings;
  private readonly origins = new Map<number, OriginRow>();
  private next = 0;

  constructor(
    directory: string,
    readonly day: number,
    driver: DriverKind,
    private readonly memory: BlockMemory,
  ) {
    const generation = Math.max(...generationsOf(directory, day));
    this.file = dayFileOf(directory, day, generation);
    this.fresh = dayFileOf(directory, day, generation + 1);
    removeDatabase(this.fresh + UNFINISHED);
    this.source = new DayFile(day, this.file, driver, new ByteCache(CACHE_BYTES));
    const [row] = this.source.query(PAGES);
    const pageSize = pageSizeFor(...pagesOf(row));
    this.packings = pageSize < PAGE_SIZE ? THRIFTY_PACKINGS : USUAL_PACKINGS;
    this.target = new DayWriter(this.fresh + UNFINISHED, driver, pageSize);
    for (const row of this.source.query('SELECT id, source, agent, host, path, descriptor FROM origins'))
      this.origins.set(Number(row.id), row as unknown as OriginRow);
  }

  /** Whether a day would gain. */
  static wants(directory: string, day: number, driver: DriverKind): boolean {
    const connection = openDatabase(dayFile(directory, day), { driver, readOnly: true });
    try {
      const row = connection.prepare('SELECT count(*) AS blocks, total(lines) AS lines FROM blocks').get();
      const blocks = Number(row?.blocks);
      if (blocks === 0) return false;
      const version = Number(connection.prepare('PRAGMA user_version').get()?.user_version);
      const [bytes, pageSize] = pagesOf(connection.prepare(PAGES).get());
      return (
        version === 1 ||
        pageSizeFor(bytes, pageSize) !== pageSize ||
        readMeta(connection, 'old') > 0 ||
        blocks > TOO_MANY * Math.ceil(Number(row?.lines) / BLOCK_LINES)
      );
    } finally {
      connection.close();
    }
  }

  /** Packs the next block. @returns false when there is none left */
  step(): boolean {
    const { blocks } = this.source;
    const from = this.next;
    if (from >= blocks.length) return false;
    let lines = 0;
    let bytes = 0;
    while (this.next < blocks.length) {
      const entry = blocks[this.next]!;
      if (this.next > from && (lines + entry.lines > MAX_LINES || bytes + entry.bytes > BLOCK_BYTES)) break;
      lines += entry.lines;
      bytes += entry.bytes;
      this.next++;
    }
    const slices = blocks.slice(from, this.next).flatMap(entry => slicesOf(this.source.unit(entry)));
    const originOf = (id: number) => this.originOf(id);
    const block = buildBlock(slices, originOf, this.memory, this.target.shapes(), this.packings);
    this.target.add([block], 0, originOf);
    return true;
  }

  /**
   * Puts the copy in the day's place; nobody else has the day open. @returns false where the day has got new lines meanwhile:
   * the copy is thrown away then
   */
  finish(): boolean {
    const { source, target, file, fresh } = this;
    source.refresh();
    const whole = this.next >= source.blocks.length && target.lines() === source.lines;
    target.seal(source.sealed);
    target.finish();
    target.dropSpares();
    source.close();
    target.checkpoint();
    target.close();
    if (!whole) {
      removeDatabase(fresh + UNFINISHED);
      return false;
    }
    syncFile(fresh + UNFINISHED);
    for (const suffix of ['-wal', '-shm']) rmSync(fresh + UNFINISHED + suffix, { force: true });
    renameSync(fresh + UNFINISHED, fresh);
    syncFolder(path.dirname(fresh));
    removeDatabase(file);
    return true;
  }

  /** Throws the copy away. */
  abandon(): void {
    this.source.close();
    this.target.close();
    removeDatabase(this.fresh + UNFINISHED);
  }

  private originOf(id: number): OriginRow {
    const row = this.origins.get(id);
    if (!row)
      throw new DeadairError('store.damaged', `${this.file} names no origin ${id}.`, { subject: this.file });
    return row;
  }
}

const PAGES = 'SELECT page_size, page_count FROM pragma_page_size, pragma_page_count';

/** @returns bytes of a database, and of one page */
function pagesOf(row: SqlRow | undefined): [number, number] {
  return [Number(row?.page_size) * Number(row?.page_count), Number(row?.page_size)];
}

/** A block's lines as they came: a slice a piece. */
function slicesOf(unit: BlockUnit): Slice[] {
  const { pieces, chunks } = unit;
  const columns = unit.columns();
  const findings = unit.findings();
  const slices: Slice[] = [];
  let chunk = 0;
  for (let piece = 0; piece < pieces.count; piece++) {
    const first = pieces.line0[piece]!;
    const end = piece + 1 < pieces.count ? pieces.line0[piece + 1]! : unit.lines;
    while (chunks[chunk]!.line0 + chunks[chunk]!.lines <= first) chunk++;
    const { raw, rawStarts } = unit.chunk(chunk);
    const line0 = chunks[chunk]!.line0;
    const start = rawStarts[first - line0]!;
    const own = new Map(
      [...findings]
        .filter(([line]) => line >= first && line < end)
        .map(([line, found]) => [line - first, found]),
    );
    const body: UnpackedBatch = {
      count: end - first,
      base: pieces.base[piece]!,
      observedAt: pieces.observedAt[piece]!,
      ingestedAt: pieces.ingestedAt[piece]!,
      times: columns.times.subarray(first, end),
      starts: rawStarts.slice(first - line0, end - line0 + 1).map(at => at - start),
      timeKinds: columns.timeKinds.subarray(first, end),
      levels: columns.levels.subarray(first, end),
      classes: columns.classes.subarray(first, end).map(signal => signal & ~FOUND),
      flags: columns.flags.subarray(first, end),
      bytes: raw.subarray(start, rawStarts[end - line0]!),
      findings: own,
    };
    slices.push({ origin: pieces.origin[piece]!, seq: pieces.seq[piece]!, body, from: 0, to: end - first });
  }
  return slices;
}
