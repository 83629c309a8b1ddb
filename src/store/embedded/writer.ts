import { existsSync } from 'node:fs';
import path from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { DeadairError, messageOf } from '../../platform/errors.js';
import { releaseMemory } from '../../platform/release.js';
import type { Handlers } from '../../platform/worker-calls.js';
import { unpackBatch } from '../../records/packed.js';
import type { AppendReceipt } from '../store.js';
import { syncFolder } from './disk.js';
import { asBytes, type Connection, openDatabase, type Statement } from './driver.js';
import { FileWatch } from './file-watch.js';
import { type HotPart, type HotRow, packParts } from './hot-row.js';
import { SourceLedger } from './ledger.js';
import { removeLeftovers } from './leftovers.js';
import { type StoreLock, takeLock } from './lock.js';
import type { Backlog, DocumentRow, EncodedAppend, WorkerSetup, WriterCalls } from './messages.js';
import { closeToOthers, makePrivateFile, makePrivateFolder } from './private-files.js';
import { inspectMain, recoverMain } from './recovery.js';
import {
  DAY_MS,
  daysFolder,
  MAIN_SCHEMA,
  mainFile,
  prepareSchema,
  readMeta,
  transaction,
  WRITE_PRAGMAS,
} from './schema.js';

interface Written {
  receipt: AppendReceipt;
  row?: HotRow;
}

interface Waiting {
  appends: EncodedAppend[];
  resolve: (value: { receipt: AppendReceipt; backlog: Backlog }) => void;
  reject: (error: unknown) => void;
}

/** The one thread that writes `main.db`. Appends that wait while a commit is synced share the next one. */
export class Writer {
  private readonly lock: StoreLock;
  private readonly main: Connection;
  private readonly watch: FileWatch;
  private readonly ledger: SourceLedger;
  private readonly statements: Record<'hot' | 'open' | 'closeOpen' | 'gap' | 'seq', Statement>;
  private seq: number;
  private nextHot: number;
  private backlog: Backlog;
  /** Rows that are not sealed yet. */
  private hot: Omit<HotRow, 'seq' | 'parts'>[];
  private sealer: MessagePort | undefined;
  private queue: Waiting[] = [];

  constructor(setup: WorkerSetup) {
    const { directory, driver } = setup;
    makeFolder(directory);
    makeFolder(daysFolder(directory));
    this.lock = takeLock(directory, driver);
    closeToOthers([directory, daysFolder(directory)], existsSync(mainFile(directory)));
    try {
      const damage = inspectMain(directory, driver);
      if (damage) recoverMain(directory, driver, damage);
      removeLeftovers(directory);
      this.main = openDatabase(mainFile(directory), { driver });
      prepareSchema(this.main, MAIN_SCHEMA);
      this.main.exec(WRITE_PRAGMAS);
      this.watch = new FileWatch(mainFile(directory));
      this.ledger = new SourceLedger(this.main);
      const prepare = (sql: string) => this.main.prepare(sql);
      this.statements = {
        hot: prepare('INSERT INTO hot (id, seq, day, lines, bytes, body) VALUES (?, ?, ?, ?, ?, ?)'),
        open: prepare('INSERT OR REPLACE INTO open_lines (source, seq, origin, body) VALUES (?, ?, ?, ?)'),
        closeOpen: prepare('DELETE FROM open_lines WHERE source = ?'),
        gap: prepare('INSERT INTO gaps (origin, start, end, reason, at) VALUES (?, ?, ?, ?, ?)'),
        seq: prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('seq', ?)"),
      };
      this.seq = readMeta(this.main, 'seq');
      this.nextHot = this.firstHotId();
      this.hot = this.main
        .prepare('SELECT id, lines, bytes, day FROM hot ORDER BY id')
        .all() as unknown as typeof this.hot;
      this.backlog = sum(this.hot);
    } catch (thrown) {
      this.lock.release();
      throw thrown;
    }
  }

  handlers(): Handlers<WriterCalls> {
    return {
      open: () => this.backlog,
      attach: (_state, sealer) => {
        this.sealer = sealer;
      },
      append: (_state, appends) => this.append(appends),
      documents: (_state, writes) => this.documents(writes),
      sealed: (_state, through) => this.sealed(through),
      damage: (_state, file, reason, at) => this.damaged(file, reason, at),
      forget: (_state, before) => this.forget(before),
      tidy: () => {
        this.watch.check();
        this.main.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)');
        this.watch.settle();
      },
      look: () => this.watch.check(),
      backup: (_state, target) => {
        makePrivateFile(target);
        this.main.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`);
      },
    };
  }

  close(): void {
    this.flush();
    this.sealer?.close();
    this.main.close();
    this.lock.release();
  }

  private damaged(file: string, reason: string, at: number): void {
    this.main
      .prepare('INSERT OR REPLACE INTO damage (file, reason, at) VALUES (?, ?, ?)')
      .run(file, reason, at);
  }

  private append(appends: EncodedAppend[]): Promise<{ receipt: AppendReceipt; backlog: Backlog }> {
    return new Promise((resolve, reject) => {
      // setImmediate runs when all messages that came during the last commit have been taken.
      if (this.queue.length === 0) setImmediate(() => this.flush());
      this.queue.push({ appends, resolve, reject });
    });
  }

  private flush(): void {
    const queue = this.queue;
    this.queue = [];
    const ahead = new Map<string, number>();
    const group = queue.filter(waiting => {
      try {
        this.ledger.check(waiting.appends, ahead);
        return true;
      } catch (thrown) {
        waiting.reject(thrown);
        return false;
      }
    });
    if (group.length === 0) return;
    const { seq, nextHot } = this;
    let written: Written[];
    try {
      this.watch.check();
      written = transaction(this.main, () => {
        const done = group.map(waiting => this.write(waiting.appends));
        this.statements.seq.run(this.seq);
        return done;
      });
    } catch (thrown) {
      this.seq = seq;
      this.nextHot = nextHot;
      this.ledger.load();
      for (const waiting of group) waiting.reject(thrown);
      return;
    }
    for (const { row } of written) if (row) this.hand(row);
    try {
      this.watch.check();
    } catch (thrown) {
      // Committed into a file that nobody will find again: it may come back, but it is not to be acknowledged.
      for (const waiting of group) waiting.reject(thrown);
      return;
    }
    group.forEach((waiting, index) => {
      waiting.resolve({ receipt: written[index]!.receipt, backlog: { ...this.backlog } });
    });
  }

  /** Counts a committed row, and gives it to the sealer, who need not read it back from the file then. */
  private hand(row: HotRow): void {
    const { id, lines, bytes, day } = row;
    this.hot.push({ id, lines, bytes, day });
    this.backlog.lines += lines;
    this.backlog.bytes += bytes;
    this.backlog.day ??= day;
    // Parts of one call share a buffer.
    this.sealer?.postMessage(row, [...new Set(row.parts.map(part => part.body.buffer as ArrayBuffer))]);
  }

  private write(appends: EncodedAppend[]): Written {
    const seq = ++this.seq;
    const parts: HotPart[] = [];
    let [lines, bytes, day] = [0, 0, 0];
    for (const append of appends) {
      const entry = this.ledger.entry(append);
      this.ledger.describe(entry, append.source);
      const before = lines;
      const take = (origin: number, body: Uint8Array, count: number, size: number) => {
        parts.push({ origin, body });
        lines += count;
        bytes += size;
        day = Math.max(day, Math.floor(append.ingestedAt / DAY_MS));
      };
      this.settleOpenLine(entry, append, take);
      const { complete, open } = append;
      if (complete) take(entry.origin, complete.body, complete.lines, complete.bytes);
      if (open && !append.end) {
        this.statements.open.run(entry.id, seq, entry.origin, open.body);
        entry.openFrom = append.base === undefined ? null : append.base + (complete?.bytes ?? 0);
      } else if (open && open.lines > 0) {
        // The generation ends here: its last line will never be completed.
        take(entry.origin, open.body, open.lines, open.bytes);
      }
      if (append.gap)
        this.statements.gap.run(
          entry.origin,
          append.gap.from,
          append.gap.to,
          append.gap.reason,
          append.ingestedAt,
        );
      this.ledger.advance(entry, append, lines - before);
    }
    const receipt = { seq, lines };
    if (parts.length === 0) return { receipt };
    const row: HotRow = { id: this.nextHot++, seq, day, lines, bytes, parts };
    const body = packParts(parts);
    this.statements.hot.run(row.id, seq, day, lines, bytes, body);
    releaseMemory(body);
    return { receipt, row };
  }

  /**
   * An earlier open line is replaced when the batch begins with it, and becomes a line of its own when nothing can
   * complete it any more: after a gap, at the end, or when the batch begins past it.
   */
  private settleOpenLine(
    entry: { id: number; openFrom: number | null },
    append: EncodedAppend,
    take: (origin: number, body: Uint8Array, lines: number, bytes: number) => void,
  ): void {
    if (entry.openFrom === null) return;
    const replaced = append.base !== undefined && append.base <= entry.openFrom;
    const stranded = !replaced && (append.base !== undefined || append.gap || append.end);
    if (!replaced && !stranded) return;
    if (stranded) {
      const held = this.main.prepare('SELECT origin, body FROM open_lines WHERE source = ?').get(entry.id);
      const blob = held && new Uint8Array(asBytes(held.body));
      const body = blob && unpackBatch(blob);
      // A body without a record (bytes the parser had not made a line of) has nothing to show.
      if (body && body.count > 0) take(Number(held?.origin), blob, body.count, body.bytes.length);
    }
    this.statements.closeOpen.run(entry.id);
    entry.openFrom = null;
  }

  private sealed(through: number): Backlog {
    transaction(this.main, () => {
      this.main.prepare('DELETE FROM hot WHERE id <= ?').run(through);
      this.main.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('sealed', ?)").run(through);
    });
    this.hot.splice(0, this.hot.filter(row => row.id <= through).length);
    this.backlog = sum(this.hot);
    return { ...this.backlog };
  }

  private documents(writes: DocumentRow[]): number[] {
    this.watch.check();
    return transaction(this.main, () =>
      writes.map(({ kind, id, doc, expected }) => {
        const row = this.main
          .prepare('SELECT version FROM documents WHERE kind = ? AND id = ?')
          .get(kind, id);
        const current = row ? Number(row.version) : 0;
        if (expected !== undefined && expected !== current)
          throw new DeadairError(
            'conflict',
            `${kind} ${id} is at version ${current}, not ${expected}: somebody else changed it; read it again.`,
            { subject: `${kind}/${id}` },
          );
        if (doc === null) {
          this.main.prepare('DELETE FROM documents WHERE kind = ? AND id = ?').run(kind, id);
          return 0;
        }
        this.main
          .prepare('INSERT OR REPLACE INTO documents (kind, id, version, doc) VALUES (?, ?, ?, ?)')
          .run(kind, id, current + 1, doc);
        return current + 1;
      }),
    );
  }

  /** Drops gaps older than `before`, and ended sources that no collector can still ask for. */
  private forget(before: number): void {
    transaction(this.main, () => {
      this.main.prepare('DELETE FROM gaps WHERE at < ?').run(before);
      const gone = this.main
        .prepare('SELECT id, source FROM sources WHERE ended IS NOT NULL AND last_ingested < ?')
        .all(before - FORGET_AFTER_MS);
      for (const row of gone) {
        this.main.prepare('DELETE FROM sources WHERE id = ?').run(row.id!);
        this.main.prepare('DELETE FROM open_lines WHERE source = ?').run(row.id!);
        this.ledger.forget(String(row.source));
      }
    });
  }

  private firstHotId(): number {
    const highest = Number(this.main.prepare('SELECT max(id) AS id FROM hot').get()?.id ?? 0);
    return Math.max(highest, readMeta(this.main, 'sealed')) + 1;
  }
}

function sum(rows: Omit<HotRow, 'seq' | 'parts'>[]): Backlog {
  const backlog: Backlog = { lines: 0, bytes: 0, day: rows[0]?.day ?? null };
  for (const row of rows) {
    backlog.lines += row.lines;
    backlog.bytes += row.bytes;
  }
  return backlog;
}

/** A rotated file may lie on its host for months; its ledger row is what keeps it from being sent again. */
const FORGET_AFTER_MS = 180 * DAY_MS;

function makeFolder(folder: string): void {
  try {
    makePrivateFolder(folder);
    syncFolder(path.dirname(folder));
  } catch (thrown) {
    throw new DeadairError(
      'store.read-only',
      `The store can't create ${folder} (${messageOf(thrown)}): choose another --data directory or give the service's user the right to write there.`,
      { subject: folder, cause: thrown },
    );
  }
}
