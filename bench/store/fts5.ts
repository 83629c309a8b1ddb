import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  type Connection,
  defaultDriver,
  openDatabase,
  type SqlValue,
} from '../../src/store/embedded/driver.js';
import { generateBatches } from './batches.js';

/**
 * `node dist/bench/store/fts5.js [LINES]`: the same lines in SQLite FTS5, a row a line: the row for comparison that needs
 * nothing to be installed. What bench.ts prints of the embedded store stands against it.
 */
const LINES = Number(process.argv[2] ?? 2_000_000);
const BATCH = 2000;

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const row = (name: string, ...values: string[]) =>
  console.log(`| ${name.padEnd(34)} | ${values.map(value => value.padStart(9)).join(' | ')} |`);

function fill(db: Connection): void {
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE lines (id INTEGER PRIMARY KEY, time REAL, agent TEXT, level INTEGER, text TEXT);
    CREATE VIRTUAL TABLE words USING fts5(text, content='lines', content_rowid='id', tokenize='ascii')`);
  const line = db.prepare('INSERT INTO lines (id, time, agent, level, text) VALUES (?, ?, ?, ?, ?)');
  const word = db.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)');
  let id = 0;
  for (const { appends } of generateBatches(LINES, BATCH)) {
    db.exec('BEGIN');
    for (const { source, records } of appends) {
      const { bytes, starts, times, levels, count } = records!;
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let i = 0; i < count; i++) {
        const own = text.toString('latin1', starts[i]!, starts[i + 1]! - 1);
        line.run(++id, times[i]!, source.agent, levels[i]!, own);
        word.run(id, own);
      }
    }
    db.exec('COMMIT');
  }
}

const QUERIES: [string, string, SqlValue[]][] = [
  ['rare word, newest 100', found(100), ['overrun']],
  ['common word, newest 100', found(100), ['session']],
  ['phrase, newest 100', found(100), ['"connection reset by peer"']],
  ['substring over everything', "SELECT * FROM lines WHERE text LIKE '%wheretobe%' LIMIT 100", []],
  [
    'histogram a minute and agent',
    'SELECT CAST(time / 60000 AS INTEGER) m, agent, count(*) FROM lines GROUP BY m, agent',
    [],
  ],
  [
    'histogram of a common word',
    'SELECT CAST(time / 60000 AS INTEGER) m, count(*) FROM words JOIN lines ON lines.id = words.rowid WHERE words MATCH ? GROUP BY m',
    ['retries'],
  ],
];

/** Ids rise with time here, so the newest are the last ones: the cheapest order FTS5 has. */
function found(limit: number): string {
  return `SELECT lines.* FROM words JOIN lines ON lines.id = words.rowid WHERE words MATCH ? ORDER BY words.rowid DESC LIMIT ${limit}`;
}

const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-bench-fts5-'));
const file = path.join(directory, 'lines.db');
let made = cpu();
for (const batch of generateBatches(LINES, BATCH)) void batch;
made = cpu() - made;
const db = openDatabase(file, { driver: defaultDriver });
const before = cpu();
fill(db);
const spent = cpu() - before - made;
db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
console.log(`SQLite FTS5, a row a line: ${LINES} lines, Node ${process.version}\n`);
row('ingest: CPU-s per million lines', ((spent / LINES) * 1e6).toFixed(2));
row('stored bytes a line', (statSync(file).size / LINES).toFixed(1));
row('query', 'CPU-ms', 'rows');
for (const [name, sql, values] of QUERIES) {
  const statement = db.prepare(sql);
  const took: number[] = [];
  let rows = 0;
  for (let i = 0; i < 3; i++) {
    const since = cpu();
    rows = statement.all(...values).length;
    took.push((cpu() - since) * 1000);
  }
  row(name, took.sort((a, b) => a - b)[1]!.toFixed(1), String(rows));
}
db.close();
rmSync(directory, { recursive: true, force: true });
