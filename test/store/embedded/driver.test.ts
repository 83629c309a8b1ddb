import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import {
  asBytes,
  type Connection,
  type DriverKind,
  defaultDriver,
  openDatabase,
} from '../../../src/store/embedded/driver.js';

const folder = mkdtempSync(path.join(tmpdir(), 'deadair-driver-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** libsql is there with every Node. */
const kinds = new Set<DriverKind>(['libsql', defaultDriver]);

for (const driver of kinds)
  describe(`SQLite by ${driver}`, () => {
    const fresh = (name: string): Connection => {
      const connection = openDatabase(path.join(folder, `${driver}-${name}.db`), { driver });
      connection.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, words TEXT, number INTEGER, body BLOB)');
      return connection;
    };

    it('gives texts, numbers, blobs and nulls back as they were written, from columns and from expressions', () => {
      const connection = fresh('values');
      const body = Uint8Array.from([0, 255, 116, 98]);
      const insert = connection.prepare('INSERT INTO t (id, words, number, body) VALUES (?, ?, ?, ?)');
      insert.run(1, 'tülle\0b', 2 ** 53 - 1, body);
      insert.run(2, null, null, null);
      insert.run(3, '', -1.5, new Uint8Array());
      const select = connection.prepare(
        `SELECT id, words, number AS n, body, coalesce(words, '{}') AS either, CAST(words AS BLOB) AS cast
         FROM t WHERE id <= ? ORDER BY id DESC LIMIT 3`,
      );
      const rows = select.all(3);
      assert.deepEqual(
        rows.map(({ id, words, n, either }) => [id, words, n, either]),
        [
          [3, '', -1.5, ''],
          [2, null, null, '{}'],
          [1, 'tülle\0b', 2 ** 53 - 1, 'tülle\0b'],
        ],
      );
      assert.deepEqual([...asBytes(rows[2]!.body)], [...body]);
      assert.equal(Buffer.from(asBytes(rows[2]!.cast)).toString(), 'tülle\0b');
      assert.deepEqual([rows[1]!.body, rows[1]!.cast], [null, null]);
      assert.equal(asBytes(rows[0]!.body).length + asBytes(rows[0]!.cast).length, 0);
      assert.equal(select.get(1)?.words, 'tülle\0b');
      assert.equal(select.get(0), undefined);
      assert.equal(connection.prepare('SELECT count(*) AS n FROM t').get()?.n, 3);
      connection.close();
    });

    it('reads a text that is no UTF-8, in whatever column it stands, and lives', () => {
      const connection = fresh('garbled');
      const text = "CAST(x'41ff42' AS TEXT)";
      connection.exec(`INSERT INTO t VALUES (1, ${text}, ${text}, ${text})`);
      const row = connection.prepare('SELECT words, number, body, upper(words) AS big FROM t').get()!;
      assert.deepEqual([row.words, row.number, row.big], ['A\ufffdB', 'A\ufffdB', 'A\ufffdB']);
      // What stands in a blob's place is for a checksum to find.
      assert.ok(row.body !== null);
      connection.close();
    });

    it('says of tables that are not those it made that the file is damaged, and nothing of a mistake of ours', () => {
      const connection = fresh('strange');
      const damaged = { code: 'store.damaged', subject: connection.file };
      assert.throws(() => connection.prepare('SELECT missing FROM t').all(), damaged);
      assert.throws(() => connection.prepare('SELECT id FROM missing').all(), damaged);
      assert.throws(() => connection.prepare('INSERT INTO t (missing) VALUES (1)').run(), damaged);
      assert.throws(() => connection.exec('COMMIT'), /no transaction is active/);
      connection.close();
    });
  });
