import assert from 'node:assert/strict';
import { it } from 'node:test';
import { DOCUMENT_KINDS } from '../../../../src/model/document-kinds.js';
import type { Mark } from '../../../../src/model/finding.js';
import { MarkBook } from '../../../../src/store/elasticsearch/home/mark-book.js';
import { MemoryDocuments } from '../../../alerts/memory-documents.js';

const mark = (seq: number, offset: number, more: Partial<Mark> = {}): Mark => ({
  class: 'timeout',
  rule: 'net/timeout',
  seq,
  agent: 'a1',
  host: 'h1',
  path: '/a1.log',
  source: 'S1',
  offset,
  time: 1000 * seq,
  observedAt: 1000 * seq,
  ingestedAt: 1000 * seq,
  level: 5,
  text: `line ${offset}`,
  ...more,
});

async function keep(book: MarkBook, documents: MemoryDocuments, marks: Mark[]): Promise<void> {
  const chunks = book.chunks(marks);
  await documents.putMany(chunks.map(({ id, marks: doc }) => ({ kind: DOCUMENT_KINDS.bookMarks, id, doc })));
  book.added(chunks);
}

it('marks are read in order of commit, whole commits, with every filter, and again after a restart', async () => {
  const documents = new MemoryDocuments();
  const book = await MarkBook.open(documents);
  await keep(book, documents, [mark(1, 0), mark(2, 10), mark(2, 20, { event: 'run.started' })]);
  await keep(book, documents, [mark(3, 30, { agent: 'a2', class: 'refused' })]);
  for (const one of [book, await MarkBook.open(documents)]) {
    const offsets = async (request: Partial<Parameters<MarkBook['read']>[0]>) =>
      (await one.read({ limit: 100, ...request })).map(({ offset }) => offset);
    assert.deepEqual(await offsets({}), [0, 10, 20, 30]);
    assert.deepEqual(await offsets({ limit: 2 }), [0, 10, 20]);
    assert.deepEqual(await offsets({ afterSeq: 2 }), [30]);
    assert.deepEqual(await offsets({ from: 2000, to: 3000 }), [10, 20]);
    assert.deepEqual(await offsets({ agents: ['a2'] }), [30]);
    assert.deepEqual(await offsets({ classes: ['refused'] }), [30]);
    assert.deepEqual(await offsets({ events: ['run.started'] }), [20]);
    assert.equal(one.newest, 3);
  }
});

it('a commit of many marks takes several documents and comes whole', async () => {
  const documents = new MemoryDocuments();
  const book = await MarkBook.open(documents);
  await keep(
    book,
    documents,
    Array.from({ length: 1203 }, (_, i) => mark(7, i)),
  );
  assert.equal((await book.read({ limit: 1 })).length, 1203);
  assert.equal((await book.read({ afterSeq: 7, limit: 1 })).length, 0);
});

it('the oldest are left to Elasticsearch by whole commits, young ones never', async () => {
  const documents = new MemoryDocuments();
  const book = await MarkBook.open(documents);
  for (let seq = 1; seq <= 30; seq++)
    await keep(
      book,
      documents,
      Array.from({ length: 1000 }, (_, i) => mark(seq, seq * 1000 + i, { ingestedAt: seq * 60_000 })),
    );
  await book.tidy(30 * 60_000);
  assert.equal(book.horizon, -1, 'all are younger than an hour');
  await book.tidy(66 * 60_000);
  assert.equal(book.horizon, 5, 'those of the first five minutes are over an hour old, and more than enough');
  assert.ok(!book.has(mark(5, 5001)) && book.has(mark(6, 6001)));
  const again = await MarkBook.open(documents);
  assert.deepEqual([again.horizon, (await again.read({ limit: 1 }))[0]!.seq], [5, 6]);
});

it('what lies up to where another kept the books is not here any more, also after a crash in between', async () => {
  const documents = new MemoryDocuments();
  const before = await MarkBook.open(documents);
  await keep(before, documents, [mark(1, 0), mark(2, 10)]);
  await keep(before, documents, [mark(9, 90)]);
  const crashed = new MemoryDocuments();
  for (const { id, doc } of await documents.list(DOCUMENT_KINDS.bookMarks))
    await crashed.put(DOCUMENT_KINDS.bookMarks, id, doc);
  await crashed.put(DOCUMENT_KINDS.book, 'marks', { seq: 5 });
  await before.beginAfter(5);
  for (const book of [before, await MarkBook.open(documents), await MarkBook.open(crashed)]) {
    assert.ok(!book.has(mark(1, 0)) && !book.has(mark(2, 10)) && book.has(mark(9, 90)));
    assert.deepEqual(
      (await book.read({ limit: 10 })).map(({ offset }) => offset),
      [90],
    );
  }
  for (const one of [documents, crashed])
    assert.equal((await one.list(DOCUMENT_KINDS.bookMarks)).length, 1, 'its document went, too');
});
