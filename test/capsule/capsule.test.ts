import assert from 'node:assert/strict';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { importCapsule } from '../../src/capsule/import.js';
import { openCapsule } from '../../src/capsule/open.js';
import { packCapsule } from '../../src/capsule/pack.js';
import { bytesOf, linesOf } from '../../src/capsule/stretches.js';
import { tarHeader } from '../../src/capsule/tar.js';
import { DOCUMENT_KINDS } from '../../src/model/document-kinds.js';
import type { LogRow } from '../../src/model/log-row.js';
import type { Run } from '../../src/model/run.js';
import { isImported } from '../../src/platform/ids.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { type StoredRuns, storeRecordedRuns } from '../report/recorded-run.js';
import { TestSource } from '../store/lines.js';

const RUN = '04-kill9-one';
const NOW = Date.UTC(2026, 10, 24);

describe('a capsule', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-capsule-'));
  const opened: EmbeddedStore[] = [];
  let recorded: StoredRuns;
  let run: Run;
  let capsule: string;
  const empty = async (): Promise<EmbeddedStore> => {
    const store = await openEmbeddedStore({
      directory: mkdtempSync(path.join(folder, 'store-')),
      readers: 1,
    });
    opened.push(store);
    return store;
  };
  before(async () => {
    recorded = await storeRecordedRuns([RUN]);
    run = recorded.engine.runs()[0]!;
    const { documents } = recorded.store;
    await documents.put(DOCUMENT_KINDS.run, run.id, run);
    for (const incident of recorded.engine.incidents())
      await documents.put(DOCUMENT_KINDS.incident, incident.id, incident);
    await documents.put('notification', 'n1', {
      channel: 'slack',
      incidents: [recorded.engine.incidents()[0]!.id],
      status: 'pending',
    });
    capsule = await pack(recorded.store as EmbeddedStore, path.join(folder, 'run.capsule.tar.gz'), {
      from: run.startedAt - 15_000,
      to: (run.endedAt ?? run.startedAt + 7_200_000) + 60_000,
    });
  });
  after(async () => {
    for (const store of opened) await store.close();
    await recorded.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function pack(
    store: EmbeddedStore,
    file: string,
    span: { from: number; to: number },
    name = RUN,
  ): Promise<string> {
    const archive = packCapsule(store, { name, span, ...(name === RUN ? { run } : {}) }, { now: NOW });
    await pipeline(Readable.from(archive), createGzip(), createWriteStream(file));
    return file;
  }

  /** Everything a line is, but for where it was stored. */
  const essence = ({ id: _, seq: __, source: ___, exact: ____, ...row }: LogRow) => row;
  const everything = async (store: EmbeddedStore) => {
    const { rows } = await store.search({ query: { kind: 'all' }, order: 'oldest', limit: 10_000 });
    return rows
      .map(essence)
      .sort((a, b) => a.agent.localeCompare(b.agent) || a.path.localeCompare(b.path) || a.offset - b.offset);
  };

  it('brings every line, mark, gap and incident of a run to another store', async () => {
    const target = await empty();
    const result = await importCapsule(await openCapsule(capsule), target, { now: NOW });
    const [here, there] = [await everything(recorded.store as EmbeddedStore), await everything(target)];
    assert.ok(here.length > 400, `${here.length} lines`);
    assert.deepEqual(there, here);
    assert.equal(result.stored, here.length);
    assert.equal(result.present, 0);
    const marks = async (store: EmbeddedStore) =>
      (await store.marks({ limit: 5000 }))
        .map(({ seq: _, source: __, ...mark }) => mark)
        .sort((a, b) => a.time - b.time || a.agent.localeCompare(b.agent) || a.offset - b.offset);
    assert.deepEqual(await marks(target), await marks(recorded.store as EmbeddedStore));
    const incidents = await target.documents.list<{ evidence: { record?: string }[] }>(
      DOCUMENT_KINDS.importedIncident,
    );
    assert.equal(incidents.length, recorded.engine.incidents().length);
    // The evidence leads to the lines, under their ids here.
    const records = incidents.flatMap(({ doc }) => doc.evidence.flatMap(({ record }) => record ?? []));
    assert.ok(records.length > 0);
    for (const record of records) {
      const [source = '', offset] = record.split(':');
      assert.ok(isImported(source));
      const page = await target.context({ source, offset: Number(offset), before: 0, after: 0 });
      assert.equal(page.at, 0);
    }
    const [alert] = await target.documents.list<{ status: string }>('imported-notification');
    assert.equal(alert?.doc.status, 'dropped', 'what was still to be sent there is not sent here');
    assert.ok(await target.documents.get(DOCUMENT_KINDS.pinnedRun, run.id));
  });

  it('changes nothing when it is imported a second time, or where its lines were collected', async () => {
    const target = await empty();
    const checked = await openCapsule(capsule);
    await importCapsule(checked, target, { now: NOW });
    const before = await everything(target);
    const sources = await target.sources();
    const again = await importCapsule(checked, target, { now: NOW + 1 });
    assert.equal(again.stored, 0);
    assert.equal(again.present, before.length);
    assert.deepEqual(await everything(target), before);
    assert.deepEqual(await target.sources(), sources);
    const home = await importCapsule(checked, recorded.store, { now: NOW });
    assert.equal(home.stored, 0);
    assert.equal(home.runHere, run.id);
  });

  it('goes on where an import was broken off, whatever had been stored', async () => {
    for (const failAt of [1, 3, 9]) {
      const target = await empty();
      const checked = await openCapsule(capsule);
      let calls = 0;
      const append = target.append.bind(target);
      const failing = Object.assign(Object.create(target) as EmbeddedStore, {
        append: (appends: Parameters<typeof append>[0]) => {
          if (++calls === failAt) throw new Error('crash');
          return append(appends);
        },
      });
      await assert.rejects(importCapsule(checked, failing, { now: NOW }), /crash/);
      await importCapsule(checked, target, { now: NOW });
      assert.deepEqual(await everything(target), await everything(recorded.store as EmbeddedStore));
    }
  });

  it('joins with a capsule that overlaps it, each line once', async () => {
    const target = await empty();
    const middle = (run.startedAt + (run.endedAt ?? run.startedAt)) / 2;
    const parts = [
      { from: run.startedAt, to: middle + 20_000 },
      { from: middle - 20_000, to: 8e15 },
      { from: 0, to: middle },
    ];
    for (const [i, span] of parts.entries()) {
      const file = await pack(
        recorded.store as EmbeddedStore,
        path.join(folder, `part-${i}.gz`),
        span,
        'part',
      );
      await importCapsule(await openCapsule(file), target, { now: NOW });
    }
    assert.deepEqual(await everything(target), await everything(recorded.store as EmbeddedStore));
  });

  it('keeps bytes that are no UTF-8, an unfinished last line, and named gaps', async () => {
    const store = await empty();
    const target = await empty();
    const source = new TestSource('odd');
    await store.append([source.append([{ text: 'first', time: NOW }])]);
    const odd = source.append([{ text: 'xxxx', time: NOW + 1, flags: 64 }]);
    odd.records!.bytes.set([0xff, 0xfe, 0x00], 0);
    await store.append([odd]);
    const at = source.position;
    await store.append([
      {
        source: source.source,
        from: at,
        to: at + 100,
        observedAt: NOW + 2,
        ingestedAt: NOW + 2,
        gap: { from: at, to: at + 100, reason: 'truncated-before-read' },
      },
    ]);
    source.position = at + 100;
    await store.append([
      source.append([{ text: 'after the gap', time: NOW + 3 }], {
        partial: { text: 'unfini', time: NOW + 4 },
      }),
    ]);
    const file = await pack(store, path.join(folder, 'odd.gz'), { from: NOW, to: NOW + 1000 }, 'odd');
    const checked = await openCapsule(file);
    assert.equal(checked.summary.missing, 0, 'a named gap is not missing');
    await importCapsule(checked, target, { now: NOW });
    assert.deepEqual(await everything(target), await everything(store));
    const [there] = await target.sources();
    assert.equal(there?.position, source.position);
    const bytes: Buffer[] = [];
    for await (const rows of linesOf(target, there!.id, 0, source.position))
      bytes.push(...rows.map(row => Buffer.from(bytesOf(row))));
    assert.deepEqual(
      [...Buffer.concat(bytes)],
      [...Buffer.from('first\n'), 0xff, 0xfe, 0x00, ...Buffer.from('x\nafter the gap\nunfini')],
    );
    assert.deepEqual(
      (await target.gaps()).map(({ from, to, reason }) => ({ from, to, reason })),
      [{ from: at, to: at + 100, reason: 'truncated-before-read' }],
    );
  });

  it('packs a log whose lines all arrived at once', async () => {
    const store = await empty();
    const source = new TestSource('short');
    await store.append([source.append([{ text: 'the only words', time: NOW }])]);
    const file = await pack(
      store,
      path.join(folder, 'short.tar.gz'),
      { from: NOW - 1, to: NOW + 1 },
      'short',
    );
    const target = await empty();
    const { stored } = await importCapsule(await openCapsule(file), target, { now: NOW });
    assert.equal(stored, 1);
    assert.deepEqual(await everything(target), await everything(store));
  });

  it('packs a source that many others write between, whole, and says what is not stored any more', async () => {
    const DAY = 86_400_000;
    const store = await empty();
    const target = await empty();
    const [quiet, busy] = [new TestSource('quiet'), new TestSource('busy')];
    for (let round = 0; round < 24; round++) {
      const at = NOW + Math.floor(round / 8) * DAY;
      const line = (i: number) => ({ text: `round ${round} line ${i}`, time: at + i });
      await store.append([
        quiet.append([line(0)], { at }),
        busy.append(
          Array.from({ length: 200 }, (_, i) => line(i)),
          { at },
        ),
      ]);
      if (round < 22) await store.compact();
    }
    const span = { from: NOW, to: NOW + 10 * DAY };
    const whole = await openCapsule(await pack(store, path.join(folder, 'whole.gz'), span, 'whole'));
    assert.equal(whole.summary.missing, 0);
    const { stored } = await importCapsule(whole, target, { now: NOW });
    assert.equal(stored, 24 * 201);
    assert.deepEqual(await everything(target), await everything(store));
    // The day in the middle is gone, and named.
    await store.retain({ maxBytes: 1, pinned: [{ from: NOW, to: NOW + 1000 }] });
    const holed = await openCapsule(await pack(store, path.join(folder, 'holed.gz'), span, 'holed'));
    assert.equal(holed.summary.lines, 16 * 201);
    assert.ok(holed.summary.missing > 0);
    const again = await importCapsule(whole, store, { now: NOW });
    assert.equal(again.stored, 8 * 201, 'what retention took comes back');
    assert.deepEqual(await everything(store), await everything(target));
  });

  it('can be packed again from where it was imported, and is the same run', async () => {
    const target = await empty();
    await importCapsule(await openCapsule(capsule), target, { now: NOW });
    const again = await pack(target, path.join(folder, 'again.gz'), { from: 0, to: 8e15 });
    const back = await importCapsule(await openCapsule(again), recorded.store, { now: NOW });
    assert.equal(back.stored, 0);
  });

  describe('from elsewhere is not trusted', () => {
    const forged = (bytes: Buffer) => {
      const file = path.join(folder, 'forged.gz');
      writeFileSync(file, bytes);
      return file;
    };
    const tar = (...entries: [name: string, text: string][]) =>
      gzipSync(
        Buffer.concat([
          ...entries.flatMap(([name, text]) => [
            tarHeader(name, text.length, 0),
            Buffer.from(text),
            Buffer.alloc((512 - (text.length % 512)) % 512),
          ]),
          Buffer.alloc(1024),
        ]),
      );
    const link = () => {
      const header = tarHeader('logs/x.log', 0, 0);
      header.write('2', 156);
      // The sum of the header grows with what was changed.
      header.write(
        `${(Number.parseInt(header.toString('latin1', 148, 154), 8) + 2).toString(8).padStart(6, '0')}`,
        148,
      );
      return gzipSync(Buffer.concat([header, Buffer.alloc(1024)]));
    };
    const flipped = () => {
      const plain = gunzipSync(readFileSync(capsule));
      const at = plain.indexOf('logs/') + 700;
      plain[at] = plain[at]! ^ 1;
      return gzipSync(plain);
    };
    const cases: [what: string, bytes: () => Buffer, code: string, says: RegExp][] = [
      [
        'that is cut short',
        () => readFileSync(capsule).subarray(0, 10_000),
        'capsule.damaged',
        /unexpected end|cut short/,
      ],
      ['with a changed byte in a log', flipped, 'capsule.damaged', /checksum|JSON|size|line/],
      ['that is no gzip', () => Buffer.from('hello'), 'capsule.damaged', /incorrect header/],
      ['that climbs out of its folder', () => tar(['../../etc/passwd', 'x']), 'capsule.damaged', /no place/],
      ['with an absolute path', () => tar(['/etc/passwd', 'x']), 'capsule.damaged', /no place/],
      ['with a link', link, 'capsule.damaged', /plain file/],
      ['without its head', () => tar(['gaps.jsonl', '']), 'capsule.damaged', /capsule\.json/],
      [
        'of a newer version',
        () => tar(['capsule.json', '{"format":"deadair-capsule","version":9}']),
        'capsule.version',
        /format 9.*up to 1/,
      ],
      [
        'that is of something else',
        () => tar(['capsule.json', '{"a":1}']),
        'capsule.damaged',
        /does not say/,
      ],
    ];
    for (const [what, bytes, code, says] of cases)
      it(`refuses one ${what}`, async () => {
        await assert.rejects(openCapsule(forged(bytes())), (error: { code: string; message: string }) => {
          assert.equal(error.code, code, error.message);
          assert.match(error.message, says);
          return true;
        });
      });

    it('refuses one that unpacks to more than the limit', async () => {
      await assert.rejects(openCapsule(capsule, { maxBytes: 100_000 }), { code: 'capsule.too-large' });
    });

    it('says that there is no such file', async () => {
      await assert.rejects(openCapsule(path.join(folder, 'none')), { code: 'not-found' });
    });
  });
});
