import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { LineThread } from '../../src/ingest/line-thread.js';
import type { DeadairError } from '../../src/platform/errors.js';
import { bytes, frame, source } from './frames.js';

const a = source('agent-1');
const text = 'line one\nline two\nline three\n';
const deaths: DeadairError[] = [];
const thread = new LineThread({ maxRawBytes: 100_000, zone: 'UTC', packs: [] }, error => deaths.push(error));
after(() => thread.stop());

const take = (from: number, to?: number) =>
  thread.take({ body: frame(a, bytes(text, from, to)), encoding: 'identity', ingestedAt: 1 });

test('a thread that ended is replaced at the next reset and goes on from what is stored', async () => {
  thread.reset([]);
  const first = await take(0, 13);
  const [append] = first.appends;
  assert.equal(append!.to, 13);

  // What a rule or a parser gone mad would do to it; there is no polite way in from outside.
  const { worker } = (thread as unknown as { client: { worker: Worker } }).client;
  worker.emit('error', new Error('out of memory'));
  await worker.terminate();
  assert.equal(deaths.length, 1);
  await assert.rejects(take(13), { code: 'internal' }, 'without its state it must not guess positions');

  const { records, parserState } = append!;
  const openBytes = records!.bytes.slice(records!.starts[records!.count]);
  thread.reset([
    {
      agent: 'a',
      heardAt: 0,
      id: a.id,
      host: a.host,
      position: 13,
      ended: false,
      parserState: parserState!,
      openBytes,
    },
  ]);
  const { appends } = await take(13);
  const { base, starts, count, bytes: raw } = appends[0]!.records!;
  assert.deepEqual([base + starts[0]!, count], [9, 2], 'the open line is completed, not cut');
  assert.equal(Buffer.from(raw).toString(), 'line two\nline three\n');
});

test('lines come with the program that wrote them, from the batch on in which it is recognised', async () => {
  const b = source('agent-2');
  const plain = 'one\ntwo\n';
  const marked = 'sai3bench-agent listening (PLAINTEXT) on 0.0.0.0:7761\n';
  const all = plain + marked + plain;
  const part = async (from: number, to: number) => {
    const body = frame(b, bytes(all, from, to));
    const { appends } = await thread.take({ body, encoding: 'identity', ingestedAt: 1 });
    return appends[0]!.program;
  };
  thread.reset([]);
  const ends = [plain.length, plain.length + marked.length, all.length] as const;
  assert.deepEqual(
    [await part(0, ends[0]), await part(ends[0], ends[1]), await part(ends[1], ends[2])],
    [undefined, 'sai3-bench', 'sai3-bench'],
  );
});
