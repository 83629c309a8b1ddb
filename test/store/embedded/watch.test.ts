import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { thorough } from '../../thorough.js';
import { TestSource } from '../lines.js';

const D1 = Date.UTC(2026, 10, 20, 12);

describe('the embedded store watches itself', () => {
  let directory: string;
  const opened: EmbeddedStore[] = [];
  const open = async (more: object = {}) => {
    const store = await openEmbeddedStore({ directory, ...more });
    opened.push(store);
    return store;
  };
  const closeAll = async () => {
    for (const store of opened.splice(0)) await store.close();
  };
  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-watch-'));
  });
  afterEach(async () => {
    await closeAll();
    for (const folder of [directory, `${directory}-away`]) rmSync(folder, { recursive: true, force: true });
  });
  const main = () => path.join(directory, 'main.db');
  const texts = async (store: EmbeddedStore) =>
    (await store.search({ query: { kind: 'all' }, order: 'oldest', limit: 10_000 })).rows.map(row => row.raw);
  const line = (source: TestSource, text: string) => source.append([{ text, time: D1 }]);

  it('acknowledges nothing while its directory is gone, says so, and goes on when it is back', async () => {
    const store = await open();
    const source = new TestSource('gone');
    await store.append([line(source, 'before')]);
    assert.equal(store.trouble(), undefined);
    renameSync(directory, `${directory}-away`);
    const at = source.position;
    await assert.rejects(store.append([line(source, 'away')]), { code: 'store.gone' });
    source.position = at;
    assert.equal(store.trouble()?.code, 'store.gone');
    await assert.rejects(store.documents.put('kind', 'id', {}), { code: 'store.gone' });
    renameSync(`${directory}-away`, directory);
    await store.append([line(source, 'back')]);
    assert.equal(store.trouble(), undefined);
    await closeAll();
    assert.deepEqual(await texts(await open()), ['before', 'back']);
  });

  for (const [how, harm] of [
    ['removed', () => rmSync(main())],
    [
      'replaced by a copy',
      () => {
        const bytes = readFileSync(main());
        renameSync(main(), `${main()}.old`);
        writeFileSync(main(), bytes);
      },
    ],
    ['cut to nothing', () => truncateSync(main(), 0)],
  ] as const)
    it(`acknowledges nothing after main.db was ${how}`, async () => {
      const store = await open();
      const source = new TestSource('harmed');
      await store.append([line(source, 'before')]);
      await store.compact();
      harm();
      await assert.rejects(store.append([line(source, 'after')]), { code: 'store.gone' });
      assert.match(store.trouble()!.message, /main\.db/);
    });

  it('seals nothing into a day whose file was removed, keeps the lines, and names the day', async () => {
    const store = await open();
    const source = new TestSource('day');
    await store.append([line(source, 'sealed')]);
    await store.compact();
    assert.deepEqual(await texts(store), ['sealed']);
    const file = path.join(
      directory,
      'days',
      readdirSync(path.join(directory, 'days')).find(n => n.endsWith('.db'))!,
    );
    renameSync(file, `${directory}-away`);
    await store.append([line(source, 'hot')]);
    await assert.rejects(store.compact(), { code: 'store.gone' });
    assert.deepEqual(await texts(store), ['sealed', 'hot'], 'the reader has the file open');
    const { damaged } = await store.stats();
    assert.match(damaged[0]!.file, /^days\/2026/);
    assert.match(damaged[0]!.reason, /removed or moved away/);
    renameSync(`${directory}-away`, file);
    await store.compact();
    assert.deepEqual(await texts(store), ['sealed', 'hot']);
    assert.deepEqual((await store.stats()).damaged, []);
  });

  it('makes its files for its own user alone, and closes those an older version made', async () => {
    const folder = path.join(directory, 'fresh');
    const first = await open({ directory: folder });
    await first.append([line(new TestSource('mode'), 'x')]);
    await first.compact();
    const modes = () =>
      [folder, ...readdirSync(folder, { recursive: true }).map(name => path.join(folder, String(name)))].map(
        file => statSync(file).mode & 0o077,
      );
    assert.ok(modes().length > 4);
    assert.deepEqual(new Set(modes()), new Set([0]));
    await closeAll();
    chmodSync(folder, 0o755);
    chmodSync(path.join(folder, 'main.db'), 0o644);
    await open({ directory: folder });
    assert.deepEqual(new Set(modes()), new Set([0]));
  });

  it('leaves the modes of a folder alone that is no store yet', async () => {
    mkdirSync(path.join(directory, 'volume'));
    chmodSync(path.join(directory, 'volume'), 0o777);
    await open({ directory: path.join(directory, 'volume') });
    assert.equal(statSync(path.join(directory, 'volume')).mode & 0o777, 0o777);
  });

  /** Documents, sealed lines of two sources, and lines that are still hot. */
  const fill = async (store: EmbeddedStore) => {
    const sources = [new TestSource('a'), new TestSource('b')];
    for (const source of sources) await store.append([line(source, `sealed of ${source.source.id}`)]);
    await store.compact();
    for (let i = 0; i < 40; i++)
      for (const source of sources)
        await store.append([line(source, `hot ${i} ${'0123456789abcdef'.repeat(60)} ${Math.random()}`)]);
    await store.documents.putMany(
      Array.from({ length: 200 }, (_, i) => ({
        kind: `kind-${i % 3}`,
        id: `id-${i}`,
        doc: { i, pad: 'x'.repeat(500) },
      })),
    );
    return sources;
  };

  it('goes on storing and sealing lines of a day whose file is damaged, whichever of its pages', async () => {
    const first = await open();
    const sources = await fill(first);
    await first.compact();
    await closeAll();
    const [name] = readdirSync(path.join(directory, 'days')).filter(one => one.endsWith('.db'));
    const day = path.join(directory, 'days', name!);
    const [whole, books] = [readFileSync(day), readFileSync(main())];
    const pages = whole.length / 4096;
    for (let page = 0; page < pages; page += thorough ? 1 : Math.ceil(pages / 4)) {
      const harmed = Buffer.from(whole);
      harmed.fill(0xa5, page * 4096 + (page % 5) * 700, page * 4096 + (page % 5) * 700 + 1000);
      rmSync(directory, { recursive: true });
      mkdirSync(path.dirname(day), { recursive: true });
      writeFileSync(day, harmed);
      writeFileSync(main(), books);
      const store = await open();
      const source = new TestSource(`c${page}`);
      await store.append([line(source, 'after the damage')]);
      await store.compact();
      assert.ok((await texts(store)).includes('after the damage'), `page ${page}`);
      await closeAll();
    }
    assert.ok(pages > 5 && sources.length > 0);
  });

  it('has a damaged main.db back page by page: what it can, no line twice, positions never past what is there', async () => {
    const first = await open();
    const sources = await fill(first);
    await closeAll();
    const whole = readFileSync(main());
    const pages = whole.length / 4096;
    assert.ok(pages > 20);
    let documents = 0;
    let tried = 0;
    for (let page = 0; page < pages; page += thorough ? 1 : 11) {
      const harmed = Buffer.from(whole);
      // Not the same byte everywhere, and not the whole page: a torn write, a bad sector, a stray editor.
      harmed.fill(0xa5, page * 4096 + (page % 5) * 700, page * 4096 + (page % 5) * 700 + 1000);
      for (const name of readdirSync(directory))
        if (name.startsWith('main.db')) rmSync(path.join(directory, name));
      writeFileSync(main(), harmed);
      const store = await open();
      const found = await texts(store);
      assert.equal(new Set(found).size, found.length, `page ${page}: no line twice`);
      for (const state of await store.sources()) {
        const rows = (await store.context({ source: state.id, offset: 0, before: 0, after: 1000 })).rows;
        const end = rows.reduce((at, row) => {
          assert.equal(row.offset, at, `page ${page}: no hole before the position`);
          return at + row.length;
        }, 0);
        assert.equal(state.position, end, `page ${page}: ${state.id} stands where its lines end`);
        assert.ok(state.position <= sources.find(({ source }) => source.id === state.id)!.position);
      }
      for (const kind of ['kind-0', 'kind-1', 'kind-2'])
        documents += (await store.documents.list(kind)).length;
      tried++;
      await closeAll();
    }
    assert.ok(documents > tried * 200 * 0.9, `${documents} of ${tried * 200} documents were had back`);
  });

  it('names the damaged file and what was had back of it', async () => {
    const first = await open();
    await fill(first);
    await closeAll();
    const handle = openSync(main(), 'r+');
    writeSync(handle, Buffer.alloc(4096, 0x5a), 0, 4096, 0);
    closeSync(handle);
    const store = await open();
    const [damage] = (await store.stats()).damaged;
    assert.match(damage!.file, /^main\.db\.damaged-/);
    assert.ok(existsSync(path.join(directory, damage!.file)));
    assert.match(damage!.reason, /had back of it: 200 documents/);
    assert.equal((await store.documents.list('kind-1')).length, 67);
  });

  for (const [how, harm] of [
    ['emptied', () => truncateSync(main(), 0)],
    ['removed', () => rmSync(main())],
  ] as const)
    it(`tells that main.db was ${how} while the service was down`, async () => {
      const first = await open();
      await fill(first);
      await first.compact();
      await closeAll();
      harm();
      const store = await open();
      const [damage] = (await store.stats()).damaged;
      assert.match(damage!.reason, /main\.db was (?:empty|gone).*documents/);
      assert.equal((await store.sources()).length, 2);
    });

  it('tells of a day that went away while it was closed, until it is back; not of one that retention dropped', async () => {
    const days = path.join(directory, 'days');
    const away = path.join(directory, 'elsewhere');
    const fill = async () => {
      const store = await open();
      const source = new TestSource('days');
      for (const [text, time] of [
        ['on the 20th', D1],
        ['on the 22nd', D1 + 2 * 86_400_000],
      ] as const) {
        await store.append([source.append([{ text, time }])]);
        await store.compact();
      }
      await store.retain({});
      await closeAll();
    };
    await fill();
    const name = readdirSync(days).find(one => /^2026-11-20.*\.db$/.test(one))!;
    const file = path.join(days, name);
    renameSync(file, away);
    let store = await open();
    assert.deepEqual(
      (await store.stats()).damaged.map(one => one.file),
      ['days/2026-11-20.db'],
    );
    assert.match(
      (await store.stats()).damaged[0]!.reason,
      /went away while no service ran.*days\/known\.json/,
    );
    await closeAll();
    store = await open();
    assert.equal((await store.stats()).damaged.length, 1, 'told again at each start');
    await closeAll();
    renameSync(away, file);
    store = await open();
    assert.deepEqual((await store.stats()).damaged, []);
    assert.equal((await texts(store)).length, 2);
    await store.retain({ maxAgeMs: Date.now() - D1 - 86_400_000 });
    await closeAll();
    assert.ok(!existsSync(file));
    store = await open();
    assert.deepEqual((await store.stats()).damaged, []);
  });
});
