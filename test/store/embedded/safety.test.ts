import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { VirtualClock } from '../../../src/platform/clock.js';
import { defaultDriver, openDatabase } from '../../../src/store/embedded/driver.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { planRetention } from '../../../src/store/embedded/retention.js';
import { dayFile, dayName } from '../../../src/store/embedded/schema.js';
import { TestSource } from '../lines.js';

const DAY = 86_400_000;
const D1 = Date.UTC(2026, 10, 20, 12);

describe('the embedded store stays safe', () => {
  let directory: string;
  const opened: EmbeddedStore[] = [];
  const open = async (more: object = {}) => {
    const store = await openEmbeddedStore({ directory, ...more });
    opened.push(store);
    return store;
  };
  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-safety-'));
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    for (const folder of [directory, `${directory}-copy`]) rmSync(folder, { recursive: true, force: true });
  });
  const texts = async (store: EmbeddedStore) =>
    (await store.search({ query: { kind: 'all' }, order: 'oldest', limit: 1000 })).rows.map(row => row.raw);
  const day = (at: number) => dayFile(directory, Math.floor(at / DAY));

  /** Three days with one sealed line each. */
  const threeDays = async (store: EmbeddedStore, source = new TestSource('days')) => {
    for (let i = 0; i < 3; i++) {
      await store.append([source.append([{ text: `line of day ${i}`, time: D1 + i * DAY }])]);
      await store.compact();
    }
    return source;
  };

  it('refuses a second service on its directory and says who holds it', async () => {
    const store = await open();
    await assert.rejects(openEmbeddedStore({ directory }), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'store.locked');
      assert.match(error.message, new RegExp(`process ${process.pid}`));
      return true;
    });
    await store.close();
    await (await open()).close();
  });

  it('refuses a second service that is another process, and lets it in when the first was killed', async () => {
    const module = JSON.stringify(
      new URL('../../../src/store/embedded/embedded-store.js', import.meta.url).href,
    );
    const script = `
      const { openEmbeddedStore } = await import(${module});
      try { await openEmbeddedStore({ directory: ${JSON.stringify(directory)} }); console.log('opened'); process.kill(process.pid, 'SIGKILL'); }
      catch (error) { console.log(error.code); process.exit(0); }`;
    const child = () =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    const store = await open();
    assert.equal(child().stdout.trim(), 'store.locked');
    await store.close();
    assert.equal(child().stdout.trim(), 'opened');
    await open();
  });

  it('lets others read beside it, who see what is added', async () => {
    const store = await open();
    const source = await threeDays(store);
    const beside = await open({ readOnly: true });
    assert.equal((await texts(beside)).length, 3);
    await store.append([source.append([{ text: 'added', time: D1 + 3 * DAY }])]);
    assert.equal((await texts(beside)).at(-1), 'added');
    await store.compact();
    assert.equal((await texts(beside)).at(-1), 'added');
    await assert.rejects(beside.append([]), { code: 'store.read-only' });
    await assert.rejects(beside.documents.put('a', 'b', 1), { code: 'store.read-only' });
  });

  it('says that there is no store where there is none to read', async () => {
    await assert.rejects(openEmbeddedStore({ directory, readOnly: true }), { code: 'not-found' });
  });

  it('refuses a newer format with a sentence that names both versions', async () => {
    await (await open()).close();
    const main = openDatabase(path.join(directory, 'main.db'), {});
    main.exec('PRAGMA user_version = 99');
    main.close();
    await assert.rejects(openEmbeddedStore({ directory }), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'store.version');
      assert.match(error.message, /format 99.*up to 2/);
      return true;
    });
  });

  it('refuses a directory it cannot make or write, naming it', async () => {
    writeFileSync(path.join(directory, 'file'), '');
    await assert.rejects(openEmbeddedStore({ directory: path.join(directory, 'file', 'store') }), {
      code: 'store.read-only',
    });
  });

  it('goes on when the clock steps back over midnight', async () => {
    const store = await open();
    const source = new TestSource('clock');
    const midnight = Math.ceil(D1 / DAY) * DAY;
    for (const [i, at] of [midnight - 1000, midnight + 1000, midnight - 500, midnight + 1500].entries()) {
      await store.append([source.append([{ text: `line ${i}`, time: D1 + i }], { at })]);
      if (i !== 2) await store.compact();
    }
    assert.deepEqual(await texts(store), ['line 0', 'line 1', 'line 2', 'line 3']);
    assert.equal(readdirSync(path.join(directory, 'days')).filter(name => name.endsWith('.db')).length, 2);
    await store.close();
    assert.deepEqual(await texts(await open()), ['line 0', 'line 1', 'line 2', 'line 3']);
  });

  it('seals what is left of a day when the day is over', async () => {
    const clock = new VirtualClock(D1);
    const store = await open({ clock });
    await store.append([new TestSource('over').append([{ text: 'yesterday', time: D1 }])]);
    clock.advance(DAY);
    const deadline = performance.now() + 10_000;
    while (!existsSync(day(D1)) && performance.now() < deadline)
      await new Promise(resolve => setImmediate(resolve));
    assert.ok(existsSync(day(D1)));
    assert.deepEqual(await texts(store), ['yesterday']);
  });

  for (const [how, damage] of [
    ['is no database any more', (file: string) => writeFileSync(file, 'not a database '.repeat(1000))],
    ['is empty', (file: string) => writeFileSync(file, '')],
  ] as const)
    it(`sets a day's file aside that ${how}, names it, and serves the rest`, async () => {
      const first = await open();
      await threeDays(first);
      await first.close();
      damage(day(D1 + DAY));
      const store = await open();
      assert.deepEqual(await texts(store), ['line of day 0', 'line of day 2']);
      const { damaged } = await store.stats();
      assert.equal(damaged.length, 1);
      assert.match(
        damaged[0]!.file,
        new RegExp(`^days/${dayName(Math.floor((D1 + DAY) / DAY))}\\.db\\.damaged-`),
      );
      assert.ok(existsSync(path.join(directory, damaged[0]!.file)));
      assert.ok(!existsSync(day(D1 + DAY)));
    });

  it('leaves a damaged block out, names it, and serves the rest', async () => {
    const first = await open();
    const source = new TestSource('block');
    for (let i = 0; i < 3; i++) {
      const noise = () => Array.from({ length: 200 }, () => Math.random().toString(36).slice(2)).join(' ');
      await first.append([
        source.append(
          Array.from({ length: 50 }, (_, j) => ({ text: `block ${i} ${noise()}`, time: D1 + i * 100 + j })),
        ),
      ]);
      await first.compact();
    }
    await first.close();
    // Bytes in the middle of the second block's text, as a bad sector leaves them.
    const file = openDatabase(day(D1), {});
    const { at } = file.prepare('SELECT length(body) AS at FROM bodies WHERE id = 2048').get() as {
      at: number;
    };
    file
      .prepare(
        'UPDATE bodies SET body = CAST(substr(body, 1, ?) || zeroblob(64) || substr(body, ?) AS BLOB) WHERE id = 2048',
      )
      .run(Math.floor(at / 2), Math.floor(at / 2) + 65);
    file.close();
    const store = await open();
    const lines = await texts(store);
    assert.equal(lines.filter(text => text.startsWith('block 0')).length, 50);
    assert.equal(lines.filter(text => text.startsWith('block 1')).length, 0);
    assert.equal(lines.filter(text => text.startsWith('block 2')).length, 50);
    const report = await store.check();
    assert.ok(report.some(({ problems }) => problems.some(problem => /block 2.*checksum/.test(problem))));
  });

  it('rebuilds the ledger from the days when main.db is damaged, so that collectors send only what is missing', async () => {
    const first = await open();
    const source = await threeDays(first);
    const sealedTo = source.position;
    await first.append([source.append([{ text: 'not sealed', time: D1 + 3 * DAY }])]);
    await first.close();
    const main = path.join(directory, 'main.db');
    const handle = openSync(main, 'r+');
    writeSync(handle, Buffer.alloc(statSync(main).size, 0x5a), 0, undefined, 0);
    closeSync(handle);
    const store = await open();
    assert.equal((await texts(store)).length, 3);
    const [state] = await store.sources();
    assert.equal(state?.position, sealedTo);
    assert.equal(state?.agent, 'days');
    assert.match((await store.stats()).damaged[0]!.file, /^main\.db\.damaged-/);
    const again = new TestSource('days');
    again.position = sealedTo;
    await store.append([again.append([{ text: 'not sealed', time: D1 + 3 * DAY }])]);
    assert.equal((await texts(store)).at(-1), 'not sealed');
  });

  it('does not apply a write-ahead log that has lost its database', async () => {
    const first = await open();
    await first.append([new TestSource('wal').append([{ text: 'in the log', time: D1 }])]);
    const wal = path.join(directory, 'kept-wal');
    copyFileSync(path.join(directory, 'main.db-wal'), wal);
    await first.close();
    rmSync(path.join(directory, 'main.db'));
    copyFileSync(wal, path.join(directory, 'main.db-wal'));
    const store = await open();
    assert.deepEqual(await texts(store), []);
    assert.match((await store.stats()).damaged[0]!.reason, /without its main\.db/);
  });

  it('takes no line twice when a crash came between sealing and emptying the hot table', async () => {
    const first = await open();
    const source = new TestSource('between');
    await first.append([source.append([{ text: 'once', time: D1 }])]);
    const saved = ['main.db', 'main.db-wal'].map(
      name => [name, readFileSync(path.join(directory, name))] as const,
    );
    await first.compact();
    await first.close();
    // main.db as it was before it heard of the sealing, beside the day that has the lines.
    rmSync(path.join(directory, 'main.db-shm'), { force: true });
    for (const [name, bytes] of saved) writeFileSync(path.join(directory, name), bytes);
    const store = await open();
    assert.deepEqual(await texts(store), ['once']);
    await store.append([source.append([{ text: 'twice', time: D1 + 1 }])]);
    await store.compact();
    assert.deepEqual(await texts(store), ['once', 'twice']);
  });

  it('drops whole days by age, keeps pinned ones, and says what it dropped', async () => {
    const clock = new VirtualClock(D1 + 2 * DAY);
    const store = await open({ clock });
    await threeDays(store);
    const pinned = [{ from: D1 - 1000, to: D1 + 1000 }];
    const kept = await store.retain({ maxAgeMs: DAY, pinned });
    assert.deepEqual(kept.dropped, []);
    const result = await store.retain({ maxAgeMs: DAY });
    assert.deepEqual(
      result.dropped.map(({ day: name, lines }) => [name, lines]),
      [[dayName(Math.floor(D1 / DAY)), 1]],
    );
    assert.ok(result.dropped[0]!.bytes > 0);
    assert.deepEqual(await texts(store), ['line of day 1', 'line of day 2']);
    assert.ok(!existsSync(day(D1)));
  });

  it('drops the oldest days for size and free disk, never the newest, and warns when that is not enough', () => {
    const days = [1, 2, 3].map(d => ({
      day: d,
      lines: 1,
      rawBytes: 1,
      t0: d * DAY,
      t1: d * DAY,
      bytes: 100,
    }));
    const facts = { now: 4 * DAY, bytes: 320, diskFree: 1000, days };
    const dropped = (policy: Parameters<typeof planRetention>[0]) =>
      planRetention(policy, facts).drop.map(info => info.day);
    assert.deepEqual(dropped({}), []);
    assert.deepEqual(dropped({ maxBytes: 250 }), [1]);
    assert.deepEqual(dropped({ maxBytes: 250, pinned: [{ from: DAY, to: DAY }] }), [2]);
    assert.deepEqual(dropped({ minFreeBytes: 1150 }), [1, 2]);
    assert.deepEqual(dropped({ maxBytes: 1 }), [1, 2]);
    assert.match(planRetention({ maxBytes: 1 }, facts).warning ?? '', /can't be met/);
  });

  it('copies itself as of one moment while lines come in', async () => {
    const store = await open();
    const source = await threeDays(store);
    await store.append([source.append([{ text: 'hot', time: D1 + 3 * DAY }])]);
    await store.documents.put('run', 'r1', { name: 'kept' });
    const target = `${directory}-copy`;
    const going = Array.from({ length: 20 }, (_, i) =>
      store.append([new TestSource(`other-${i}`).append([{ text: `other ${i}`, time: D1 }])]),
    );
    await store.backup(target);
    await Promise.all(going);
    const copy = await openEmbeddedStore({ directory: target });
    opened.push(copy);
    const lines = await texts(copy);
    for (const text of ['line of day 0', 'line of day 1', 'line of day 2', 'hot'])
      assert.equal(lines.filter(line => line === text).length, 1);
    assert.deepEqual((await copy.documents.get('run', 'r1'))?.doc, { name: 'kept' });
  });

  it('syncs fully: the writer and the days run with synchronous FULL in WAL mode', async () => {
    const store = await open();
    await threeDays(store);
    for (const file of [path.join(directory, 'main.db'), day(D1)]) {
      const connection = openDatabase(file, { driver: defaultDriver });
      assert.equal(connection.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal');
      connection.close();
    }
  });
});
