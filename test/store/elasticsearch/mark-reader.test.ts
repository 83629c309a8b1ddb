import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hit } from '../../../src/store/elasticsearch/hits.js';
import { MarkReader } from '../../../src/store/elasticsearch/mark-reader.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import type { Recovered } from '../../../src/store/elasticsearch/positions.js';
import type { Dsl } from '../../../src/store/elasticsearch/query-dsl.js';
import fc from '../../property.js';

interface StoredMark {
  source: string;
  offset: number;
  seq: number;
}

/** What the reader asks of a server: lines by number, source and offset, and what sources say of attempts that broke off. */
class Server {
  readonly lines: StoredMark[] = [];
  readonly positions = new Map<string, number>();
  readonly recovered = new Map<string, Recovered[]>();
  readonly names = indexNames('test');
  readonly reader = new MarkReader(
    {
      names: this.names,
      positions: async () => this.positions,
      client: { indices: { refresh: async () => {} } } as never,
      clock: undefined as never,
    },
    async body => this.answer(body) as never,
  );

  private answer(body: Dsl): unknown {
    if (body.index === this.names.sources) {
      const after = (body.query as { range: { 'state.recovered.at': { gt: number } } }).range[
        'state.recovered.at'
      ].gt;
      const hits = [...this.recovered].filter(([, spans]) => spans.some(({ at }) => at > after));
      return { hits: { hits: hits.map(([id, recovered]) => ({ _source: { state: { id, recovered } } })) } };
    }
    const { filter } = (body.query as { bool: { filter: Record<string, Record<string, unknown>>[] } }).bool;
    const fits = (mark: StoredMark) =>
      filter.every(({ range, term }) => {
        if (term) return term['deadair.source'] === mark.source;
        const within = (value: number, { gt, gte, lt, lte }: Record<string, number>) =>
          !(value <= (gt ?? -2)) &&
          !(value < (gte ?? -2)) &&
          !(value >= (lt ?? 1e9)) &&
          !(value > (lte ?? 1e9));
        if (range?.['event.sequence']) return within(mark.seq, range['event.sequence'] as never);
        if (range?.['deadair.offset']) return within(mark.offset, range['deadair.offset'] as never);
        return true;
      });
    const key = ({ seq, source, offset }: StoredMark) =>
      [seq, source, offset].map(part => String(part).padStart(6, '0')).join();
    const after = body.search_after as [number, string, number] | undefined;
    const from = after && key({ seq: after[0], source: after[1], offset: after[2] });
    const hits = this.lines
      .filter(fits)
      .filter(mark => from === undefined || key(mark) > from)
      .sort((a, b) => (key(a) < key(b) ? -1 : 1))
      .slice(0, body.size as number);
    return { hits: { hits: hits.map(hitOf) } };
  }

  async follow(limit: number, from: { seq: number; seen: string[] }): Promise<void> {
    for (;;) {
      const page = await this.reader.read({ afterSeq: from.seq, limit });
      for (const mark of page) {
        assert.ok(mark.seq > from.seq, 'nothing is told of a commit that was read');
        from.seen.push(`${mark.source}:${mark.offset}`);
      }
      for (const [i, mark] of page.entries()) assert.ok(i === 0 || mark.seq >= page[i - 1]!.seq, 'in order');
      from.seq = page.at(-1)?.seq ?? from.seq;
      if (page.length < limit) return;
    }
  }
}

function hitOf({ source, offset, seq }: StoredMark): Hit {
  const time = '2026-11-28T00:00:00.000Z';
  const line = {
    '@timestamp': time,
    message: 'x',
    event: { sequence: seq, created: time, ingested: time },
    agent: { id: source },
    host: { name: 'h' },
    log: { file: { path: '/l' } },
    deadair: { source, offset, length: 1, class: 'timeout', timeKind: 'own', rule: 'r' },
  };
  return { _id: `${source}:${offset}`, _source: line as never, sort: [seq, source, offset] };
}

/** A commit of some sources' next lines; `breaks`: it broke off when so many of each were stored, and is made again later. */
const commit = fc.record({
  sources: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
  lines: fc.integer({ min: 1, max: 4 }),
  breaks: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  looks: fc.boolean(),
});

test('each mark is read once, whenever and in whatever pages, also where an attempt broke off and was made again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(commit, { maxLength: 14 }),
      fc.integer({ min: 1, max: 9 }),
      async (commits, limit) => {
        const server = new Server();
        const follower = { seq: -1, seen: [] as string[] };
        const pending = new Map<string, { seq: number; stored: number }[]>();
        const all: string[] = [];
        for (const [n, { sources, lines, breaks, looks }] of commits.entries()) {
          const seq = 10 + n;
          for (const source of sources) {
            const start = server.positions.get(source) ?? 0;
            const there = Math.max(0, ...(pending.get(source) ?? []).map(({ stored }) => stored));
            const upTo = breaks === undefined ? lines : Math.min(breaks, lines);
            for (let i = there; i < upTo; i++) server.lines.push({ source, offset: start + i, seq });
            if (breaks !== undefined) {
              pending.set(source, [...(pending.get(source) ?? []), { seq, stored: Math.max(there, upTo) }]);
              continue;
            }
            // Sent again is at least what was sent before: nothing of an attempt is left behind.
            const to = start + Math.max(lines, there);
            for (let offset = start; offset < to; offset++) all.push(`${source}:${offset}`);
            const taken = (pending.get(source) ?? []).map(one => ({
              seq: one.seq,
              at: seq,
              from: start,
              to,
            }));
            if (taken.length > 0)
              server.recovered.set(source, [...(server.recovered.get(source) ?? []), ...taken]);
            pending.delete(source);
            server.positions.set(source, to);
          }
          if (looks) await server.follow(limit, follower);
        }
        await server.follow(limit, follower);
        assert.deepEqual(follower.seen.sort(), all.toSorted());
        const late = { seq: -1, seen: [] as string[] };
        await server.follow(limit, late);
        assert.deepEqual(late.seen.sort(), all.toSorted());
      },
    ),
  );
});
