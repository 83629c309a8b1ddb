import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DeadairError } from '../../platform/errors.js';
import type { BuiltBlock } from './block-builder.js';
import { pack, RAW, unpack } from './codec.js';
import { syncFolder } from './disk.js';
import type { DriverKind } from './driver.js';
import { asBytes, type Connection, openDatabase, type Statement } from './driver.js';
import { FileWatch } from './file-watch.js';
import { isThere } from './is-there.js';
import { PostingSorter } from './posting-list.js';
import {
  CHUNKS_PER_BLOCK,
  DAY_SCHEMA,
  formatOf,
  prepareSchema,
  SHAPE_ROWS,
  shapeRow,
  transaction,
  upgradeDay,
  WRITE_PRAGMAS,
} from './schema.js';
import { unpackShapes } from './text/shape-codec.js';
import { MAX_BLOCKS, SharedShapes } from './text/shared-shapes.js';
import {
  decodePostings,
  encodeMembers,
  encodePostings,
  GROUP_BLOCKS,
  GROUP_SLOTS,
  mergeGroup,
} from './word-index.js';

export interface OriginRow {
  id: number;
  source: string;
  agent: string;
  host: string;
  path: string;
  descriptor: string;
}

const TABLES = {
  block: `INSERT INTO blocks (id, seq0, seq1, t0, t1, lines, bytes, chunks, levels, classes, marks, head)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  columns: 'INSERT INTO columns (block, body) VALUES (?, ?)',
  body: 'INSERT INTO bodies (id, body) VALUES (?, ?)',
  counts: 'INSERT INTO counts (block, body) VALUES (?, ?)',
  words: 'INSERT INTO words (id, body) VALUES (?, ?)',
  span: 'INSERT OR REPLACE INTO spans (origin, end, block, start) VALUES (?, ?, ?, ?)',
  shapes: 'INSERT INTO shapes (id, body) VALUES (?, ?)',
  origin:
    'INSERT OR REPLACE INTO origins (id, source, agent, host, path, descriptor) VALUES (?, ?, ?, ?, ?, ?)',
  meta: 'INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)',
};

const LOOSE = 'id > coalesce((SELECT max(block1) FROM word_groups), 0)';

/**
 * Makes a day's file under another name first: a crash in between must not leave an empty one, which would be taken for
 * damaged. What is left of such an attempt, and a write-ahead log that lost its database, is thrown away.
 */
function createDay(file: string, driver: DriverKind, pageSize: number | undefined): void {
  const fresh = `${file}.new`;
  for (const stale of [
    fresh,
    `${fresh}-journal`,
    `${fresh}-wal`,
    `${fresh}-shm`,
    `${file}-wal`,
    `${file}-shm`,
  ])
    rmSync(stale, { force: true });
  const connection = openDatabase(fresh, { driver });
  try {
    prepareSchema(connection, DAY_SCHEMA, pageSize);
  } finally {
    connection.close();
  }
  renameSync(fresh, file);
  syncFolder(path.dirname(file));
}

/** Puts sealed blocks into a day's file: each in a transaction of its own with the mark up to where `hot` is sealed. */
export class DayWriter {
  private readonly connection: Connection;
  private readonly watch: FileWatch;
  private readonly insert: Record<keyof typeof TABLES, Statement>;
  private readonly origins = new Set<number>();
  private nextBlock: number;
  private shared: SharedShapes | undefined;
  /** Postings of blocks that are not in a group yet: at most a group's, some 4 MB. */
  private readonly loose = new Map<number, Uint32Array>();
  private readonly sorter = new PostingSorter();

  constructor(
    readonly file: string,
    driver: DriverKind,
    pageSize?: number,
  ) {
    if (!isThere(file)) createDay(file, driver, pageSize);
    this.connection = openDatabase(file, { driver });
    try {
      formatOf(this.connection);
    } catch (thrown) {
      this.connection.close();
      throw thrown;
    }
    this.connection.exec(WRITE_PRAGMAS);
    this.watch = new FileWatch(file);
    upgradeDay(this.connection);
    this.insert = Object.fromEntries(
      Object.entries(TABLES).map(([name, sql]) => [name, this.connection.prepare(sql)]),
    ) as Record<keyof typeof TABLES, Statement>;
    const last = this.connection.prepare('SELECT max(id) AS id FROM blocks').get()?.id;
    this.nextBlock = Number(last ?? 0) + 1;
    for (const row of this.connection.prepare('SELECT id FROM origins').all())
      this.origins.add(Number(row.id));
  }

  /** Durable when it returns. `through`: highest hot.id whose lines are in these blocks or earlier ones. */
  add(blocks: BuiltBlock[], through: number, originRow: (id: number) => OriginRow): void {
    this.watch.check();
    const first = this.nextBlock;
    const added = new Set<number>();
    try {
      transaction(this.connection, () => {
        for (const block of blocks) this.write(block, originRow, added);
        this.insert.meta.run('sealed', through);
      });
      this.watch.check();
      for (const id of added) this.origins.add(id);
    } catch (thrown) {
      this.nextBlock = first;
      // What the blocks added to the dictionary is not in the file.
      this.shared = undefined;
      throw thrown;
    }
    this.group();
  }

  /** The dictionary that the next block goes on with. */
  shapes(): SharedShapes {
    this.shared ??= loadShapes(this.connection);
    return this.shared;
  }

  /** Says up to which hot.id all is sealed. */
  seal(through: number): void {
    this.insert.meta.run('sealed', through);
  }

  /** Lines that are in the file. */
  lines(): number {
    return Number(this.connection.prepare('SELECT total(lines) AS lines FROM blocks').get()?.lines);
  }

  /**
   * What is not worth its bytes once the day is whole: a spare of the dictionary that one block alone rests on, which
   * itself is there once.
   */
  dropSpares(): void {
    if (Number(this.connection.prepare('SELECT count(*) AS blocks FROM blocks').get()?.blocks) > 1) return;
    this.connection.exec(`DELETE FROM shapes WHERE id % ${SHAPE_ROWS} >= ${SHAPE_ROWS / 2}`);
  }

  checkpoint(): void {
    this.watch.check();
    this.connection.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)');
    this.watch.settle();
  }

  close(): void {
    this.connection.close();
  }

  private write(block: BuiltBlock, originRow: (id: number) => OriginRow, added: Set<number>): void {
    const id = this.nextBlock++;
    const { insert } = this;
    insert.block.run(
      id,
      block.seq0,
      block.seq1,
      block.t0,
      block.t1,
      block.lines,
      block.bytes,
      block.chunkCount,
      block.levels,
      block.classes,
      block.marks,
      block.head,
    );
    insert.columns.run(id, block.columns);
    insert.body.run(id * CHUNKS_PER_BLOCK, block.texts);
    if (block.shapes) {
      const { dictionary, part, body } = block.shapes;
      // Many blocks rest on it, and it is small.
      for (const copy of [0, 1] as const) insert.shapes.run(shapeRow(dictionary, part, copy), body);
    }
    insert.counts.run(id, block.counts);
    insert.words.run(-id, pack(encodePostings(block.postings), RAW));
    this.loose.set(id, block.postings);
    for (const { origin, start, end } of block.spans) {
      insert.span.run(origin, end, id, start);
      if (this.origins.has(origin) || added.has(origin)) continue;
      const row = originRow(origin);
      insert.origin.run(row.id, row.source, row.agent, row.host, row.path, row.descriptor);
      added.add(origin);
    }
  }

  /**
   * Merges the word rows of what is left outside of groups, when the day is over: a search looks into each of them, and days
   * are many.
   */
  finish(): void {
    this.watch.check();
    this.group(2);
    this.watch.check();
  }

  /** Blocks that are in no group. */
  static loose(connection: Connection): number {
    return Number(connection.prepare(`SELECT count(*) AS blocks FROM blocks WHERE ${LOOSE}`).get()?.blocks);
  }

  /**
   * Merges the word rows of blocks that are not in a group yet, when there are enough.
   * @param least so many make a group that is not full
   */
  private group(least = GROUP_BLOCKS): void {
    const loose = this.connection.prepare(`SELECT id, chunks FROM blocks WHERE ${LOOSE} ORDER BY id`);
    const rows = loose.all().map(row => ({ block: Number(row.id), chunks: Number(row.chunks) }));
    const members: { block: number; chunks: number }[] = [];
    let slots = 0;
    for (const row of rows) {
      if (members.length === GROUP_BLOCKS || slots + row.chunks > GROUP_SLOTS) {
        this.mergeMembers(members);
        members.length = 0;
        slots = 0;
      }
      members.push(row);
      slots += row.chunks;
    }
    if (members.length >= least) this.mergeMembers(members);
  }

  private mergeMembers(members: { block: number; chunks: number }[]): void {
    const read = this.connection.prepare('SELECT body FROM words WHERE id = ?');
    const { rowBits, rows } = mergeGroup(
      members.map(({ block, chunks }) => ({
        chunks,
        postings: this.loose.get(block) ?? decodePostings(unpack(asBytes(read.get(-block)?.body))),
      })),
      this.sorter,
    );
    transaction(this.connection, () => {
      const group = Number(
        this.connection
          .prepare('INSERT INTO word_groups (block0, block1, slots) VALUES (?, ?, ?) RETURNING id')
          .get(members[0]!.block, members.at(-1)!.block, encodeMembers(rowBits, members))?.id,
      );
      rows.forEach((row, index) => {
        this.insert.words.run(group * ROWS_PER_GROUP + index, pack(row, RAW));
      });
      this.connection
        .prepare('DELETE FROM words WHERE id >= ? AND id <= ?')
        .run(-members.at(-1)!.block, -members[0]!.block);
    });
    for (const { block } of members) this.loose.delete(block);
  }
}

/** The last dictionary of a day's file, to go on with; a new one where it can't be read. */
function loadShapes(connection: Connection): SharedShapes {
  const last = connection.prepare('SELECT max(id) AS id FROM shapes').get()?.id;
  if (last === null || last === undefined) return new SharedShapes();
  const dictionary = Math.floor(Number(last) / SHAPE_ROWS);
  const rows = connection
    .prepare('SELECT id, body FROM shapes WHERE id >= ? AND id < ? ORDER BY id')
    .all(shapeRow(dictionary, 0, 0), shapeRow(dictionary, 0, 1));
  const blocks =
    Number(rows.at(-1)?.id ?? shapeRow(dictionary, MAX_BLOCKS, 0)) - shapeRow(dictionary, 0, 0) + 1;
  const shapes = new SharedShapes(dictionary, blocks);
  try {
    for (const row of rows) unpackShapes(asBytes(row.body), shapes.table);
    shapes.restored();
    return shapes;
  } catch (thrown) {
    if (thrown instanceof DeadairError && thrown.code !== 'store.damaged') throw thrown;
    return new SharedShapes(dictionary + 1);
  }
}

/** Row `n` of a group has id `group * ROWS_PER_GROUP + n`. */
export const ROWS_PER_GROUP = 4096;
