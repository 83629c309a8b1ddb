import { existsSync } from 'node:fs';
import { DeadairError } from '../../platform/errors.js';
import { asBytes, type Connection, openDatabase, type Statement } from './driver.js';
import { unpackParts } from './hot-row.js';
import { HotUnit } from './hot-unit.js';
import type { Origin, WorkerSetup } from './messages.js';
import { formatOf, mainFile } from './schema.js';

export interface HotView {
  /** Hot batches and open lines, in order of arrival. */
  units: HotUnit[];
  /** `hot.id` up to which everything lies in blocks, as main.db knows it. */
  sealed: number;
}

/** What a reader knows of main.db: hot batches decoded once, origins, and small tables read when asked. */
export class MainReader {
  readonly connection: Connection;
  /** By hot.id: a row's batches. */
  private readonly hot = new Map<number, HotUnit[]>();
  private readonly open = new Map<number, HotUnit>();
  private readonly origins = new Map<number, Origin>();
  private readonly statements: Record<
    'hot' | 'open' | 'openBody' | 'sealed' | 'origins' | 'originsOf',
    Statement
  >;
  private lastHot = 0;
  private lastOrigin = 0;

  constructor(setup: WorkerSetup) {
    const file = mainFile(setup.directory);
    // libsql opens for reading by making what is not there.
    const none = new DeadairError(
      'not-found',
      `${setup.directory} holds no store: is this the service's --data directory?`,
      { subject: setup.directory },
    );
    if (!existsSync(file)) throw none;
    this.connection = openDatabase(file, { driver: setup.driver, readOnly: true });
    if (formatOf(this.connection) === undefined) throw none;
    const prepare = (sql: string) => this.connection.prepare(sql);
    this.statements = {
      hot: prepare('SELECT id, seq, body FROM hot WHERE id > ? ORDER BY id'),
      open: prepare('SELECT source, seq, origin FROM open_lines'),
      openBody: prepare('SELECT body FROM open_lines WHERE source = ?'),
      sealed: prepare("SELECT value FROM meta WHERE key = 'sealed'"),
      originsOf: prepare('SELECT id FROM origins WHERE source = ?'),
      origins: prepare('SELECT id, source, agent, host, path FROM origins WHERE id > ? ORDER BY id'),
    };
  }

  /** Hot batches and open lines as of one moment. */
  view(): HotView {
    return this.atOnce(() => {
      const sealed = Number(this.statements.sealed.get()?.value ?? 0);
      for (const id of this.hot.keys()) if (id <= sealed) this.hot.delete(id);
      for (const row of this.statements.hot.all(Math.max(this.lastHot, sealed))) {
        const id = Number(row.id);
        const parts = unpackParts(asBytes(row.body));
        this.hot.set(
          id,
          parts.map(({ origin, body }, i) => new HotUnit(`h${id}.${i}`, Number(row.seq), origin, body, id)),
        );
        this.lastHot = id;
      }
      const units = [...this.hot.values()].flat();
      const present = new Set<number>();
      for (const row of this.statements.open.all()) {
        const source = Number(row.source);
        present.add(source);
        let unit = this.open.get(source);
        if (unit?.seq !== Number(row.seq)) {
          const body = asBytes(this.statements.openBody.get(source)?.body);
          unit = new HotUnit(`o${source}.${row.seq}`, Number(row.seq), Number(row.origin), body, Infinity);
          this.open.set(source, unit);
        }
        if (unit.lines > 0) units.push(unit);
      }
      for (const source of this.open.keys()) if (!present.has(source)) this.open.delete(source);
      return { units, sealed };
    });
  }

  originOf(id: number): Origin {
    let origin = this.origins.get(id);
    if (!origin) {
      for (const row of this.statements.origins.all(this.lastOrigin)) {
        const made = row as unknown as Origin;
        this.origins.set(made.id, made);
        this.lastOrigin = made.id;
      }
      origin = this.origins.get(id);
      if (!origin) throw new DeadairError('store.damaged', `The store's main.db names no origin ${id}.`);
    }
    return origin;
  }

  /** Every origin of a source: one, or more when its file was renamed. */
  originsOf(source: string): Set<number> {
    return new Set(this.statements.originsOf.all(source).map(row => Number(row.id)));
  }

  /** Several reads of one state of the database. */
  atOnce<T>(read: () => T): T {
    this.connection.exec('BEGIN');
    try {
      return read();
    } finally {
      this.connection.exec('COMMIT');
    }
  }

  close(): void {
    this.connection.close();
  }
}
