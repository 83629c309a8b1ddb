import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { openCapsule } from '../../src/capsule/open.js';
import { packCapsule } from '../../src/capsule/pack.js';
import { tarHeader } from '../../src/capsule/tar.js';
import { DOCUMENT_KINDS } from '../../src/model/document-kinds.js';
import { type StoredRuns, storeRecordedRuns } from '../report/recorded-run.js';

const RUN = '04-kill9-one';
const NOW = Date.UTC(2026, 10, 24);

type Entry = [name: string, text: Buffer];

function entriesOf(tar: Buffer): Entry[] {
  const found: Entry[] = [];
  for (let at = 0; tar[at] !== 0; ) {
    const name = tar.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    found.push([name, tar.subarray(at + 512, at + 512 + size)]);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

/** A capsule whose checksums fit what it holds: somebody meant it so. */
function sealed(entries: readonly Entry[]): Buffer {
  const rest = entries.filter(([name]) => name !== 'checksums.txt');
  const sums = rest.map(([name, text]) => `${createHash('sha256').update(text).digest('hex')}  ${name}\n`);
  return tarOf([...rest, ['checksums.txt', Buffer.from(sums.join(''))]]);
}

function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(([name, text]) => [
    tarHeader(name, text.length, 0),
    text,
    Buffer.alloc((512 - (text.length % 512)) % 512),
  ]);
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]), { level: 1 });
}

describe('a capsule that somebody forged with care, its checksums right', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-hostile-'));
  let recorded: StoredRuns;
  let entries: Entry[];
  before(async () => {
    recorded = await storeRecordedRuns([RUN]);
    const run = recorded.engine.runs()[0]!;
    const { documents } = recorded.store;
    for (const incident of recorded.engine.incidents())
      await documents.put(DOCUMENT_KINDS.incident, incident.id, incident);
    const incidents = [recorded.engine.incidents()[0]!.id];
    await documents.put('notification', 'n1', { channel: 'c', incidents, status: 'sent', createdAt: NOW });
    const span = { from: run.startedAt - 15_000, to: run.endedAt! + 60_000 };
    const file = path.join(folder, 'good');
    const archive = packCapsule(recorded.store as never, { name: RUN, span, run }, { now: NOW });
    await pipeline(Readable.from(archive), createGzip(), createWriteStream(file));
    entries = entriesOf(gunzipSync(readFileSync(file)));
  });
  after(async () => {
    await recorded.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (bytes: Buffer) => {
    const file = path.join(folder, 'forged');
    writeFileSync(file, bytes);
    return openCapsule(file, { now: NOW });
  };

  it('the same again is taken: what follows is refused for what was changed', async () => {
    assert.equal((await open(sealed(entries))).head.name, RUN);
  });

  // biome-ignore lint/suspicious/noExplicitAny: whatever the schema says, it is broken
  const edits: [what: string, entry: RegExp, edit: (data: any, time: number) => void][] = [
    ['it was made', /^capsule\.json$/, (head, time) => (head.madeAt = time)],
    ['its run began', /^capsule\.json$/, (head, time) => (head.run.startedAt = time)],
    ['its run ended', /^capsule\.json$/, (head, time) => (head.run.endedAt = time)],
    ['lines were read', /^lines\//, (row, time) => (row.observedAt = time)],
    ['lines were stored', /^lines\//, (row, time) => (row.ingestedAt = time)],
    ['a line happened', /^lines\//, (row, time) => (row.lines[0][1] = time)],
    ['an incident began', /^incidents/, (one, time) => (one.startedAt = time)],
    ['an incident was told', /^incidents/, (one, time) => (one.openedAt = time)],
    ['an incident was over', /^incidents/, (one, time) => (one.resolvedAt = time)],
    ['an incident changed', /^incidents/, (one, time) => (one.updatedAt = time)],
    ['an incident is dated', /^incidents/, (one, time) => (one.began = { from: time, to: time })],
    ['its evidence was seen', /^incidents/, (one, time) => (one.evidence[0].at = time)],
    ['an alert was sent', /^alerts/, (one, time) => (one.record.createdAt = time)],
    ['an alert was held', /^alerts/, (one, time) => (one.record.at = time)],
  ];
  const never = [-1, 0, Date.UTC(1999, 11, 31), NOW + 3 * 86_400_000, 8.64e15, 8.64e15 + 1, 1e300];
  for (const [what, entry, edit] of edits)
    it(`refuses a time that can't be, when ${what}`, async () => {
      const at = entries.findIndex(([name, text]) => entry.test(name) && text.length > 0);
      const [name, text] = entries[at]!;
      for (const time of [...never, '"x"']) {
        const [first = '', ...rest] =
          name === 'capsule.json' ? [text.toString()] : text.toString().split('\n');
        const data = JSON.parse(first);
        edit(data, time as number);
        const forged = entries.with(at, [name, Buffer.from([JSON.stringify(data), ...rest].join('\n'))]);
        await assert.rejects(open(sealed(forged)), { code: 'capsule.damaged' }, `${time}`);
      }
    });

  it('refuses an entry that is there twice, its head first of all', async () => {
    for (const name of [
      'capsule.json',
      'incidents.jsonl',
      entries.find(([one]) => one.startsWith('logs/'))![0],
    ]) {
      const again = entries.find(([one]) => one === name)!;
      await assert.rejects(open(sealed([...entries.slice(0, -1), again])), {
        code: 'capsule.damaged',
        message: /twice/,
      });
    }
  });

  it('refuses more entries than a capsule may have at the first too many, without reading on', async () => {
    const head = entries[0]!;
    const blocks = [
      tarHeader(head[0], head[1].length, 0),
      head[1],
      Buffer.alloc((512 - (head[1].length % 512)) % 512),
    ];
    for (let i = 0; i < 210_000; i++) blocks.push(tarHeader(`logs/a${i}`, 0, 0));
    const began = process.memoryUsage().rss;
    await assert.rejects(open(gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]), { level: 1 })), {
      code: 'capsule.too-large',
    });
    assert.ok(process.memoryUsage().rss - began < 512 * 1024 ** 2);
  });
});
