import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Client, errors } from '@elastic/elasticsearch';
import { SystemClock, type Timer } from '../../../src/platform/clock.js';
import { BulkWriter } from '../../../src/store/elasticsearch/bulk.js';
import { Committer } from '../../../src/store/elasticsearch/committer.js';
import { Book } from '../../../src/store/elasticsearch/home/book.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import type { AppendReceipt, SourceAppend } from '../../../src/store/store.js';
import { MemoryDocuments } from '../../alerts/memory-documents.js';
import fc from '../../property.js';
import { batchOf, sourceId } from '../lines.js';

const LINES = 40;
const SOURCES = 3;
/** `line NN` and a newline. */
const WIDTH = 8;

/** What becomes of one bulk request. */
const fate = fc.oneof(
  { weight: 6, arbitrary: fc.constant('stored' as const) },
  fc.constantFrom('refused', 'busy in part', 'answer lost', 'half stored, answer lost', 'forbidden'),
);

interface Search {
  query: {
    bool: {
      filter: [{ term: { 'deadair.source': string } }, { range: { 'deadair.offset': { gte: number } } }];
    };
  };
  search_after?: [number];
}

/** An Elasticsearch of one data stream, which rolls over: an id is unique within a backing index only. */
class Server {
  readonly backing: Set<string>[] = [new Set()];
  private requests = 0;

  constructor(
    private readonly fates: readonly string[],
    private readonly rollovers: ReadonlySet<number>,
  ) {}

  get ids(): string[] {
    return this.backing.flatMap(index => [...index]);
  }

  get client(): Client {
    const tick = () => new Promise<void>(resolve => setImmediate(resolve));
    return {
      indices: { refresh: async () => {} },
      search: async ({ query, search_after: [after] = [-1] }: Search) => {
        await tick();
        const [{ term }, { range }] = query.bool.filter;
        const source = term['deadair.source'];
        const from = range['deadair.offset'].gte;
        const hits = this.ids
          .map(id => ({ _id: id, sort: [Number(id.split(':')[1])] }))
          .filter(({ _id, sort: [at] }) => _id.startsWith(`${source}:`) && at! >= from && at! > after)
          .sort((a, b) => a.sort[0]! - b.sort[0]!);
        return { hits: { hits } };
      },
      transport: {
        request: async ({ bulkBody }: { bulkBody: Buffer }) => {
          const n = this.requests++;
          const lot = this.fates[n % this.fates.length]!;
          const ids = [...String(bulkBody).matchAll(/"create":\{"_id":"([^"]+)"/g)].map(([, id]) => id!);
          for (let wait = n % 3; wait >= 0; wait--) await tick();
          if (this.rollovers.has(n)) this.backing.push(new Set());
          if (lot === 'refused' || lot === 'forbidden') throw answer(lot === 'refused' ? 503 : 403);
          const taken = lot === 'stored' || lot === 'answer lost' ? ids : ids.slice(0, ids.length >> 1);
          const items = ids.map(id => {
            if (!taken.includes(id)) return { create: { status: 429 } };
            const index = this.backing.at(-1)!;
            const status = index.has(id) ? 409 : 201;
            index.add(id);
            return { create: { status } };
          });
          if (lot.endsWith('answer lost')) throw new errors.ConnectionError('socket hang up');
          return { items };
        },
      },
    } as unknown as Client;
  }
}

function answer(statusCode: number): Error {
  return new errors.ResponseError({ statusCode, body: { error: { reason: 'said no' } } } as never);
}

/** Pauses are over at once, and the time goes on by them. */
class HastyClock extends SystemClock {
  private passed = 0;
  override now(): number {
    return 1_800_000_000_000 + this.passed;
  }
  override monotonic(): number {
    return this.passed;
  }
  override after(ms: number, run: () => void): Timer {
    this.passed += ms;
    const handle = setImmediate(run);
    return { cancel: () => clearImmediate(handle) };
  }
}

const names = indexNames('default');
const sources = Array.from({ length: SOURCES }, (_, i) => sourceId(`source ${i}`));

function lines(source: string, first: number, count: number): SourceAppend {
  const texts = Array.from({ length: count }, (_, i) => `line ${String(first + i).padStart(2, '0')}`);
  const records = batchOf(
    texts.map((text, i) => ({
      text,
      time: 1000 + first + i,
      ...((first + i) % 10 === 3 ? { class: 'disconnect' as const, rule: 'test/reset' } : {}),
    })),
    first * WIDTH,
  );
  const [from, to] = [first * WIDTH, (first + count) * WIDTH];
  const descriptor = { id: source, agent: 'a', host: 'h', path: '/a.log', head: { length: 0, hash: '' } };
  return { source: descriptor, from, to, observedAt: 1, ingestedAt: 1, records };
}

it('several commits at once, of the same sources, too, store each line once: answers lost, rollovers, failures, crashes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fate, { minLength: 5, maxLength: 25 }),
      fc.uniqueArray(fc.nat(40), { maxLength: 6 }),
      // How many lines of which source, how many of them in one call, and whether the next waits for it.
      fc.array(
        fc.record({
          source: fc.nat(SOURCES - 1),
          count: fc.integer({ min: 1, max: 7 }),
          together: fc.boolean(),
          wait: fc.boolean(),
          crash: fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, fc.constant(true)),
        }),
        { minLength: 5, maxLength: 60 },
      ),
      // Nothing was there when the book began, and it says so.
      fc.boolean(),
      async (fates, rollovers, steps, complete) => {
        // Something gets through in the end.
        const server = new Server([...fates, ...fates.map(() => 'stored')], new Set(rollovers));
        const documents = new MemoryDocuments();
        const acknowledged = new Map<string, number>();
        if (complete) await (await Book.open(documents)).begins(true);
        const open = async () => {
          const book = await Book.open(documents);
          const { client } = server;
          const clock = new HastyClock();
          const settings = { bulkSize: 400, bulkRequests: 3 };
          const bulk = new BulkWriter({ client, clock, random: () => 0, settings });
          const deps = { client, names, bulk, ledger: book, clock, seq: book.newest, writer: 'w' };
          return { book, committer: new Committer(deps) };
        };
        let { book, committer } = await open();
        let next = new Map<string, number>();
        let seqs: number[] = [];
        let flying: Promise<void>[] = [];
        const settled = async () => {
          await Promise.all(flying);
          flying = [];
          next = new Map(sources.map(id => [id, (book.position(id) ?? 0) / WIDTH]));
          for (const [id, position] of acknowledged)
            assert.ok(book.position(id)! >= position, 'what was acknowledged stays so');
        };
        const send = (appends: SourceAppend[]) => {
          const told = (receipt: AppendReceipt) => {
            seqs.push(receipt.seq);
            for (const { source, to } of appends) acknowledged.set(source.id, to);
          };
          flying.push(
            committer.append(appends).then(told, () => {
              failed = true;
            }),
          );
        };
        let failed = false;
        const go = async (appends: SourceAppend[], wait: boolean) => {
          if (appends.length === 0) return;
          send(appends);
          // What runs ahead of a failure is refused, and goes on from the book.
          if (wait || flying.length > 4) await settled();
          else for (let turns = 0; turns < 3; turns++) await new Promise(resolve => setImmediate(resolve));
          if (!failed) return;
          await settled();
          failed = false;
        };
        await settled();
        let appends: SourceAppend[] = [];
        for (const { source, count, together, wait, crash } of steps) {
          if (crash) {
            // The process is gone in the middle of what it does: its book stays as it is, what it sent may yet arrive.
            const left = flying;
            documents.beforeWrite = () => {
              throw new Error('gone');
            };
            flying = [];
            appends = [];
            seqs = [];
            await Promise.all(left);
            documents.beforeWrite = () => {};
            ({ book, committer } = await open());
            await settled();
            failed = false;
          }
          const id = sources[source]!;
          const first = next.get(id)!;
          const some = Math.min(count, LINES - first);
          if (some > 0) {
            appends.push(lines(id, first, some));
            next.set(id, first + some);
          }
          if (together) continue;
          await go(appends, wait);
          appends = [];
        }
        await go(appends, true);
        for (let tries = 0; tries < 200 && sources.some(id => next.get(id)! < LINES); tries++) {
          const rest = sources.filter(id => next.get(id)! < LINES);
          await go(
            rest.map(id => lines(id, next.get(id)!, LINES - next.get(id)!)),
            true,
          );
        }
        await committer.close();
        const expected = sources.flatMap(id => Array.from({ length: LINES }, (_, i) => `${id}:${i * WIDTH}`));
        assert.deepEqual(server.ids.sort(), expected.sort());
        assert.ok(
          book.all().every(({ document }) => !document.state.pending),
          'no claim is left',
        );
        assert.deepEqual(
          seqs,
          [...seqs].sort((a, b) => a - b),
          'acknowledged in order',
        );
        const marks = await book.marks.read({ limit: 1000 });
        assert.deepEqual(
          marks.map(({ source, offset }) => `${source}:${offset}`).sort(),
          expected.filter(id => (Number(id.split(':')[1]) / WIDTH) % 10 === 3).sort(),
        );
      },
    ),
    { numRuns: Number(process.env.DEADAIR_COMMITTER_RUNS ?? 150) },
  );
});
