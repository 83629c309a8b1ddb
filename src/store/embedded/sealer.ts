import { existsSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { DeadairError } from '../../platform/errors.js';
import { releaseMemory } from '../../platform/release.js';
import type { Handlers } from '../../platform/worker-calls.js';
import { unpackBatch } from '../../records/packed.js';
import { buildBlock } from './block-builder.js';
import { BlockMemory } from './block-memory.js';
import { BLOCK_BYTES, BLOCK_LINES, cutBlocks } from './block-slices.js';
import { DayWriter, type OriginRow } from './day-writer.js';
import { listDays, removeDatabase } from './disk.js';
import { asBytes, type Connection, openDatabase, type Statement } from './driver.js';
import { goneFile } from './file-watch.js';
import { type HotRow, unpackParts } from './hot-row.js';
import { isThere } from './is-there.js';
import type { SealerCalls, WorkerSetup } from './messages.js';
import { makePrivateFile } from './private-files.js';
import { setAside } from './recovery.js';
import { Repacker } from './repack.js';
import { dayFile, formatOf, mainFile, readMeta } from './schema.js';

/**
 * Builds blocks of hot batches and puts them into the day files, over connections of its own: the writer never waits
 * for it. A crash after the day file's commit leaves rows in `hot` that are sealed already; `meta.sealed` of the day
 * tells, and they are dropped.
 */
export class Sealer {
  private readonly directory: string;
  private readonly driver: WorkerSetup['driver'];
  private readonly main: Connection;
  private readonly statements: Record<'hot' | 'origin', Statement>;
  private open: { day: number; writer: DayWriter } | undefined;
  private through: number;
  private readonly memory = new BlockMemory();
  private readonly handed = new Map<number, HotRow>();
  /** Days that this process made or opened, and so must be there. */
  private readonly written = new Set<number>();
  /** Days whose words are all in groups: not looked at again until lines come to them. */
  private readonly grouped = new Set<number>();
  /** A commit may have come through that was taken for failed. */
  private unsure = false;
  private repacker: Repacker | undefined;
  private readonly rows: MessagePort | undefined;

  constructor(setup: WorkerSetup) {
    this.directory = setup.directory;
    this.driver = setup.driver;
    this.main = openDatabase(mainFile(setup.directory), { driver: setup.driver, readOnly: true });
    this.statements = {
      hot: this.main.prepare(
        'SELECT id, seq, day, lines, bytes, body FROM hot WHERE id > ? ORDER BY id LIMIT 1',
      ),
      origin: this.main.prepare(
        `SELECT o.id, o.source, o.agent, o.host, o.path, coalesce(s.descriptor, '{}') AS descriptor
         FROM origins o LEFT JOIN sources s ON s.source = o.source WHERE o.id = ?`,
      ),
    };
    this.through = Math.max(readMeta(this.main, 'sealed'), ...this.sealedInDays());
    this.rows = setup.rows;
    // What was committed before this thread started is read from the file first, and comes here after it was sealed.
    this.rows?.on('message', (row: HotRow) => {
      if (row.id > this.through) this.handed.set(row.id, row);
    });
  }

  handlers(): Handlers<SealerCalls> {
    return {
      seal: (_state, rest) => this.seal(rest),
      truncate: () => this.open?.writer.checkpoint(),
      drop: (_state, day) => this.drop(day),
      repackable: () =>
        listDays(this.directory).filter(day => Repacker.wants(this.directory, day, this.driver)),
      repack: (_state, day) => this.repack(day),
      swap: (_state, day) => this.swap(day),
      unfinished: () => listDays(this.directory).filter(day => this.looseBlocks(day) > 1),
      finish: (_state, day) => this.finish(day),
      setAside: (_state, day) => {
        this.letGo(day);
        this.written.delete(day);
        return setAside(dayFile(this.directory, day));
      },
      backup: (_state, day, target) => {
        const connection = openDatabase(dayFile(this.directory, day), {
          driver: this.driver,
        });
        try {
          makePrivateFile(target);
          connection.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`);
        } finally {
          connection.close();
        }
      },
    };
  }

  close(): void {
    this.rows?.close();
    this.open?.writer.close();
    this.repacker?.abandon();
    this.main.close();
  }

  /**
   * Seals the next batches: as many as fill a block, or, with `rest` or when the day is over, what there is.
   * @returns up to which hot.id all is sealed, and whether another call would find work
   */
  private seal(rest: boolean): { through: number; lines: number; more: boolean } {
    if (this.unsure) {
      this.through = Math.max(this.through, ...this.sealedInDays());
      this.unsure = false;
    }
    const batches: { origin: number; seq: number; body: ReturnType<typeof unpackBatch> }[] = [];
    let [through, lines, bytes] = [this.through, 0, 0];
    let day: number | undefined;
    let complete = rest;
    for (let row = this.next(through); row; row = this.next(through)) {
      if (day !== undefined && row.day !== day) {
        complete = true;
        break;
      }
      day = row.day;
      for (const { origin, body } of row.parts)
        batches.push({ origin, seq: row.seq, body: unpackBatch(body) });
      through = row.id;
      lines += row.lines;
      bytes += row.bytes;
      if (lines >= BLOCK_LINES || bytes >= BLOCK_BYTES) {
        complete = true;
        break;
      }
    }
    if (!complete || day === undefined) return { through: this.through, lines: 0, more: false };
    const origins = new Map<number, OriginRow>();
    const originRow = (id: number) => {
      let row = origins.get(id);
      if (!row) {
        row = this.statements.origin.get(id) as unknown as OriginRow;
        origins.set(id, row);
      }
      return row;
    };
    const writer = this.dayWriter(day);
    const blocks = cutBlocks(batches).map(slices =>
      buildBlock(slices, originRow, this.memory, writer.shapes()),
    );
    this.store(day, blocks, through, originRow);
    this.through = through;
    for (const id of this.handed.keys()) if (id <= through) this.handed.delete(id);
    for (const { texts } of blocks) releaseMemory(texts);
    // The batches of a request are views of one buffer.
    for (const { body } of batches) releaseMemory(body.bytes);
    return { through, lines, more: true };
  }

  private store(
    day: number,
    blocks: Parameters<DayWriter['add']>[0],
    through: number,
    originRow: (id: number) => OriginRow,
  ): void {
    try {
      this.dayWriter(day).add(blocks, through, originRow);
    } catch (thrown) {
      // It may have committed before its file was found gone: what the day holds is read again when it is opened again.
      if (thrown instanceof DeadairError && thrown.code === 'store.gone') {
        this.letGo(day);
        this.unsure = true;
      }
      throw thrown;
    }
  }

  /** The row after `id`: as the writer handed it over, or, after a restart, from the file. */
  private next(id: number): HotRow | undefined {
    const handed = this.handed.get(id + 1);
    if (handed) return handed;
    const row = this.statements.hot.get(id);
    return row && { ...(row as unknown as HotRow), parts: unpackParts(asBytes(row.body)) };
  }

  /** After a crash: rows that are still in `hot` though their day has them. */
  private sealedInDays(): number[] {
    const days = this.main.prepare('SELECT DISTINCT day FROM hot').all();
    return days.map(row => {
      const file = dayFile(this.directory, Number(row.day));
      if (!existsSync(file)) return 0;
      const connection = openDatabase(file, { driver: this.driver, readOnly: true });
      try {
        return formatOf(connection) === undefined ? 0 : readMeta(connection, 'sealed');
      } catch (thrown) {
        // A damaged day is found, set aside and named when the readers open it.
        if (thrown instanceof DeadairError && thrown.code === 'store.damaged') return 0;
        throw thrown;
      } finally {
        connection.close();
      }
    });
  }

  /** Blocks of a day whose words are in no group; none where it will be packed anew. */
  private looseBlocks(day: number): number {
    if (this.grouped.has(day) || Repacker.wants(this.directory, day, this.driver)) return 0;
    const connection = openDatabase(dayFile(this.directory, day), { driver: this.driver, readOnly: true });
    try {
      const loose = DayWriter.loose(connection);
      if (loose < 2) this.grouped.add(day);
      return loose;
    } finally {
      connection.close();
    }
  }

  private finish(day: number): void {
    if (this.open?.day === day) {
      this.open.writer.finish();
      return;
    }
    const file = dayFile(this.directory, day);
    // Retention may have dropped it since it was asked for.
    if (!isThere(file)) return;
    const writer = new DayWriter(file, this.driver);
    try {
      writer.finish();
      writer.checkpoint();
    } finally {
      writer.close();
    }
  }

  private repack(day: number): boolean {
    if (this.repacker?.day !== day) {
      this.repacker?.abandon();
      this.repacker = new Repacker(this.directory, day, this.driver, this.memory);
    }
    try {
      return this.repacker.step();
    } catch (thrown) {
      this.repacker.abandon();
      this.repacker = undefined;
      throw thrown;
    }
  }

  private swap(day: number): boolean {
    const { repacker } = this;
    if (repacker?.day !== day) return false;
    this.repacker = undefined;
    if (this.open?.day === day) {
      this.open.writer.close();
      this.open = undefined;
    }
    return repacker.finish();
  }

  /** Deletes a day's file; readers have let go of it. */
  private drop(day: number): void {
    this.letGo(day);
    this.written.delete(day);
    removeDatabase(dayFile(this.directory, day));
  }

  private letGo(day: number): void {
    if (this.repacker?.day === day) {
      this.repacker.abandon();
      this.repacker = undefined;
    }
    if (this.open?.day !== day) return;
    this.open.writer.close();
    this.open = undefined;
  }

  private dayWriter(day: number): DayWriter {
    this.grouped.delete(day);
    if (this.open?.day !== day) {
      this.open?.writer.finish();
      this.open?.writer.checkpoint();
      this.open?.writer.close();
      this.open = undefined;
      const file = dayFile(this.directory, day);
      if (this.written.has(day) && !existsSync(file)) throw goneFile(file, 'was removed or moved away');
      this.written.add(day);
      this.open = { day, writer: new DayWriter(file, this.driver) };
    }
    return this.open.writer;
  }
}
