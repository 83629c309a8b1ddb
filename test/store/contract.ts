import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LogRow } from '../../src/model/log-row.js';
import { RecordFlag, StreamFlag } from '../../src/model/vocabulary.js';
import type { Query } from '../../src/query/ast.js';
import { RowTally } from '../../src/skeletons/row-tally.js';
import type { SearchRequest, SourceAppend, Store } from '../../src/store/store.js';
import { TestSource } from './lines.js';

/** Makes an empty store; `settle` waits until what was appended can be searched (Elasticsearch refreshes). */
export interface StoreFixture {
  store: Store;
  settle(): Promise<void>;
  /** Closes and opens again what was stored; absent where the store is not ours to restart. */
  reopen?(): Promise<Store>;
  remove(): Promise<void>;
}

const T = Date.UTC(2026, 10, 23, 12);
const word = (text: string): Query => ({ kind: 'word', word: text });

async function all(store: Store, query: Query, more: Partial<SearchRequest> = {}): Promise<LogRow[]> {
  const { rows } = await store.search({ query, order: 'oldest', limit: 1000, ...more });
  return rows;
}

const texts = (rows: LogRow[]) => rows.map(row => row.raw);

/** What every store must do (src/store/store.ts). Each part works on agents of its own. */
export function storeContract(name: string, make: () => Promise<StoreFixture>): void {
  describe(`${name} keeps the store contract`, () => {
    let fixture: StoreFixture;
    let store: Store;
    const put = async (...appends: SourceAppend[]) => {
      const receipt = await store.append(appends);
      await fixture.settle();
      return receipt;
    };
    before(async () => {
      fixture = await make();
      store = fixture.store;
    });
    after(async () => {
      await fixture.remove();
    });

    it('gives back a stored line with everything that was known of it', async () => {
      const source = new TestSource('contract-row');
      const receipt = await put(
        source.append([
          { text: 'first line', time: T },
          {
            text: '\x1b[31mpeer\x1b[0m timed out',
            time: T + 0.125,
            level: 'error',
            class: 'timeout',
            rule: 'net/peer-timeout',
            event: 'agent.failed',
          },
        ]),
      );
      assert.equal(receipt.lines, 2);
      const rows = await all(store, { kind: 'field', field: 'agent', pattern: 'contract-row' });
      assert.deepEqual(texts(rows), ['first line', '\x1b[31mpeer\x1b[0m timed out']);
      const row = rows[1]!;
      assert.deepEqual(row, {
        id: `${source.source.id}:11`,
        seq: receipt.seq,
        time: T + 0.125,
        timeKind: 'own',
        observedAt: T + 0.125,
        ingestedAt: T + 0.125,
        agent: 'contract-row',
        host: 'host-of-contract-row',
        path: '/logs/contract-row.log',
        source: source.source.id,
        offset: 11,
        length: 24,
        level: 'error',
        class: 'timeout',
        rule: 'net/peer-timeout',
        event: 'agent.failed',
        flags: row.flags,
        raw: '\x1b[31mpeer\x1b[0m timed out',
      });
    });

    it('refuses a range that does not begin at the position and stores nothing of the call', async () => {
      const one = new TestSource('contract-gap-a');
      const two = new TestSource('contract-gap-b');
      await put(one.append([{ text: 'kept', time: T }]), two.append([{ text: 'kept', time: T }]));
      const good = one.append([{ text: 'not stored', time: T }]);
      const bad = two.append([{ text: 'not stored', time: T }]);
      await assert.rejects(store.append([good, { ...bad, from: bad.from + 5, to: bad.to + 5 }]), {
        code: 'conflict',
      });
      const states = await store.sources({ host: 'host-of-contract-gap-a' });
      assert.equal(states[0]?.position, 5);
      await fixture.settle();
      assert.deepEqual(await all(store, { kind: 'phrase', text: 'not stored' }), []);
    });

    it('keeps positions, tail, parser state and end of a source', async () => {
      const source = new TestSource('contract-sources');
      const append = source.append([{ text: 'a line', time: T }]);
      await put({ ...append, parserState: '{"x":1}', tail: { length: 4, hash: 'abcd' } });
      await put({
        ...source.append([]),
        records: undefined as never,
        end: { at: source.position, reason: 'rotated' },
      });
      const [state] = await store.sources({ host: source.source.host });
      assert.equal(state?.position, 7);
      assert.equal(state?.parserState, '{"x":1}');
      assert.deepEqual(state?.tail, { length: 4, hash: 'abcd' });
      assert.deepEqual(state?.ended, { at: 7, reason: 'rotated' });
      assert.equal(state?.lines, 1);
      assert.equal(state?.id, source.source.id);
    });

    it('finds an open line and replaces it when it is completed', async () => {
      const source = new TestSource('contract-open');
      await put(
        source.append([{ text: 'whole', time: T }], { partial: { text: 'half of openword', time: T + 1 } }),
      );
      assert.deepEqual(texts(await all(store, word('openword'))), ['half of openword']);
      let [state] = await store.sources({ host: source.source.host });
      assert.equal(Buffer.from(state!.openBytes!).toString(), 'half of openword');
      assert.equal(state!.position, 6 + 16);
      await put(source.append([{ text: 'half of openword, completed', time: T + 1 }]));
      assert.deepEqual(texts(await all(store, word('openword'))), ['half of openword, completed']);
      [state] = await store.sources({ host: source.source.host });
      assert.equal(state!.openBytes, undefined);
      assert.equal(state!.lines, 2);
    });

    it('keeps an open line for good when its file ends there', async () => {
      const source = new TestSource('contract-open-end');
      await put(source.append([], { partial: { text: 'last words strandedword', time: T } }));
      await put({
        source: source.source,
        from: source.position,
        to: source.position,
        observedAt: T,
        ingestedAt: T,
        end: { at: source.position, reason: 'deleted' },
      });
      assert.deepEqual(texts(await all(store, word('strandedword'))), ['last words strandedword']);
    });

    it('names gaps, newest first', async () => {
      const source = new TestSource('contract-gaps');
      await put(source.append([{ text: 'before', time: T }]));
      const at = source.position;
      await put({
        source: source.source,
        from: at,
        to: at + 100,
        observedAt: T,
        ingestedAt: T + 5,
        gap: { from: at, to: at + 100, reason: 'rotated-away' },
      });
      await put({
        source: source.source,
        from: at + 100,
        to: at + 100,
        observedAt: T,
        ingestedAt: T + 9,
        gap: { from: at + 100, to: null, reason: 'deleted-before-read' },
      });
      const gaps = await store.gaps({ agent: 'contract-gaps' });
      assert.deepEqual(
        gaps.map(gap => [gap.from, gap.to, gap.reason, gap.at]),
        [
          [at + 100, null, 'deleted-before-read', T + 9],
          [at, at + 100, 'rotated-away', T + 5],
        ],
      );
      assert.equal((await store.gaps({ source: source.source.id, from: T + 6 })).length, 1);
    });

    describe('search', () => {
      const agent = new TestSource('contract-search');
      const mine: Query = { kind: 'field', field: 'agent', pattern: 'contract-search' };
      const find = async (query: Query) => texts(await all(store, { kind: 'and', parts: [mine, query] }));
      const lines = [
        { text: 'Connection to node-7 refused', level: 'error', class: 'refused', rule: 'net/refused' },
        { text: 'reconnection planned', level: 'warn' },
        { text: 'all fine: connection_id=9', level: 'info' },
        { text: '\x1b[1mcon\x1b[0mnection split by colour', level: 'info' },
        { text: 'Überlauf größer als 5 °C — ÜBERLAUF', level: 'notice' },
        { text: '10 %\r50 %\r100 % done', level: 'none' },
        { text: 'slash/separated.path-with_word', level: 'debug' },
      ] as const;
      before(async () => {
        await put(agent.append(lines.map((line, i) => ({ ...line, time: T + i * 1000 }))));
      });

      for (const [query, expected] of [
        [word('connection'), [0, 3]],
        [word('CONNECTION'), [0, 3]],
        [{ kind: 'prefix', word: 'connect' }, [0, 2, 3]],
        [{ kind: 'substring', text: 'onnect' }, [0, 1, 2, 3]],
        [{ kind: 'phrase', text: 'node-7 refused' }, [0]],
        [{ kind: 'phrase', text: '100 % done' }, [5]],
        // States of a progress bar that were written over are searched, each by itself.
        [word('50'), [5]],
        [{ kind: 'and', parts: [word('10'), word('done')] }, [5]],
        [{ kind: 'phrase', text: '10 % 50' }, []],
        [{ kind: 'regex', source: '^50 %$', ignoreCase: false }, [5]],
        [{ kind: 'substring', text: '0 % do' }, [5]],
        [{ kind: 'prefix', word: '5' }, [4, 5]],
        [{ kind: 'not', part: word('50') }, [0, 1, 2, 3, 4, 6]],
        [word('größer'), [4]],
        [word('grÖßer'), [4]],
        [{ kind: 'phrase', text: 'slash separated', lastIsPrefix: false }, [6]],
        [{ kind: 'phrase', text: 'Fine: conn', lastIsPrefix: true }, [2]],
        [{ kind: 'value', name: 'connection_id', op: '>=', value: '9' }, [2]],
        [{ kind: 'value', name: 'connection_id', op: '>', value: '9' }, []],
        [{ kind: 'value', name: 'connection_id', op: '=', value: '9' }, [2]],
        [word('with_word'), [6]],
        [word('separated'), [6]],
        [{ kind: 'regex', source: 'conn.*\\d$', ignoreCase: true }, [0, 2].slice(1)],
        [{ kind: 'regex', source: 'CONN', ignoreCase: false }, []],
        [{ kind: 'not', part: word('connection') }, [1, 2, 4, 5, 6]],
        [{ kind: 'or', parts: [word('planned'), word('fine')] }, [1, 2]],
        [{ kind: 'and', parts: [word('connection'), word('refused')] }, [0]],
        [{ kind: 'level', op: '>=', level: 'warn' }, [0, 1]],
        [{ kind: 'level', op: '=', level: 'none' }, [5]],
        [{ kind: 'class', classes: ['refused', 'timeout'] }, [0]],
        [{ kind: 'field', field: 'rule', pattern: 'net/*' }, [0]],
        [{ kind: 'field', field: 'path', pattern: '*search.log' }, [0, 1, 2, 3, 4, 5, 6]],
        [{ kind: 'field', field: 'host', pattern: 'nobody' }, []],
        [{ kind: 'time', from: T + 1000, to: T + 3000 }, [1, 2]],
        [{ kind: 'not', part: { kind: 'time', from: T + 1000, to: T + 6000 } }, [0, 6]],
      ] as [Query, number[]][])
        it(`finds ${JSON.stringify(query)}`, async () => {
          assert.deepEqual(
            await find(query),
            expected.map(i => lines[i]!.text),
          );
        });

      describe('by what an envelope tells', () => {
        const docker = new TestSource('contract-envelopes', '/var/log/pods/prod_web-7d9f_0a1b2c3d/app/0.log');
        const ENVELOPED = RecordFlag.enveloped | StreamFlag.stderr;
        const rows = [
          {
            text: '{"log":"lost the peer\\n","stream":"stderr","time":"2026-11-23T12:00:00Z"}',
            flags: ENVELOPED,
          },
          {
            text: '2026-11-23T12:00:01.5Z stdout F all fine',
            flags: RecordFlag.enveloped | StreamFlag.stdout,
          },
          { text: '{"container":"other","msg":"a line of its own"}' },
        ] as const;
        before(async () => {
          await put(docker.append(rows.map((line, i) => ({ ...line, time: T + i * 1000 }))));
        });
        const ask = (field: 'stream' | 'container' | 'pod' | 'namespace', pattern: string): Query => ({
          kind: 'and',
          parts: [
            { kind: 'field', field: 'agent', pattern: 'contract-envelopes' },
            { kind: 'field', field, pattern },
          ],
        });
        for (const [field, pattern, found] of [
          ['stream', 'stderr', ['lost the peer']],
          ['stream', 'std*', ['lost the peer', 'all fine']],
          ['container', 'app', ['lost the peer', 'all fine']],
          ['container', 'other', ['{"container":"other","msg":"a line of its own"}']],
          ['pod', 'web-*', ['lost the peer', 'all fine']],
          ['namespace', 'prod', ['lost the peer', 'all fine']],
          ['namespace', 'test', []],
        ] as const)
          it(`finds ${field}:${pattern}`, async () => {
            const lines = await all(store, ask(field, pattern));
            assert.deepEqual(texts(lines), found);
            for (const line of lines.filter(one => one.stream !== undefined))
              assert.deepEqual([line.container, line.pod, line.namespace], ['app', 'web-7d9f', 'prod']);
          });
      });

      it('gives the newest first when asked, and only the time range asked for', async () => {
        const { rows } = await store.search({
          query: mine,
          order: 'newest',
          limit: 2,
          from: T,
          to: T + 6000,
        });
        assert.deepEqual(texts(rows), [lines[5].text, lines[4].text]);
      });

      it('refuses a regular expression it cannot read', async () => {
        await assert.rejects(find({ kind: 'regex', source: '(', ignoreCase: false }), {
          code: 'query.invalid',
        });
      });

      it('stops a search that is cancelled', async () => {
        const abort = new AbortController();
        abort.abort(new Error('enough'));
        await assert.rejects(
          store.search({ query: mine, order: 'newest', limit: 1 }, abort.signal),
          /enough/,
        );
      });
    });

    it('pages without losing or doubling a line, also among equal times, while lines come in', async () => {
      const one = new TestSource('contract-page', '/logs/one.log');
      const two = new TestSource('contract-page', '/logs/two.log');
      const make = (prefix: string) =>
        Array.from({ length: 25 }, (_, i) => ({ text: `${prefix} ${i}`, time: T + Math.floor(i / 10) }));
      await put(one.append(make('one')), two.append(make('two')));
      const mine: Query = { kind: 'field', field: 'agent', pattern: 'contract-page' };
      for (const order of ['newest', 'oldest'] as const) {
        const whole = texts(await all(store, mine, { order, to: T + 100 }));
        const paged: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.search({
            query: mine,
            order,
            limit: 7,
            to: T + 100,
            ...(cursor ? { cursor } : {}),
          });
          paged.push(...texts(page.rows));
          cursor = page.cursor;
          await put(one.append([{ text: 'later', time: T + 1000 }]));
        } while (cursor);
        assert.equal(whole.length, 50);
        assert.deepEqual(paged, whole);
      }
      await assert.rejects(store.search({ query: mine, order: 'newest', limit: 1, cursor: 'rubbish' }), {
        code: 'request.invalid',
      });
    });

    it('gives only later commits to a live tail, and says when there are some', async () => {
      const source = new TestSource('contract-tail');
      const seen: number[] = [];
      const stop = store.onAppend(receipt => seen.push(receipt.seq));
      const first = await put(source.append([{ text: 'one', time: T }]));
      const second = await put(source.append([{ text: 'two', time: T - 50 }]));
      stop();
      await put(source.append([{ text: 'three', time: T }]));
      assert.deepEqual(seen, [first.seq, second.seq]);
      assert.ok(second.seq > first.seq);
      const mine: Query = { kind: 'field', field: 'agent', pattern: 'contract-tail' };
      assert.deepEqual(texts(await all(store, mine, { afterSeq: first.seq })), ['two', 'three']);
    });

    it('counts by time, and by agent, level or class, with any filter', async () => {
      const a = new TestSource('contract-hist-a');
      const b = new TestSource('contract-hist-b');
      const at = (minutes: number) => T + minutes * 60_000;
      await put(
        a.append([
          { text: 'tick one', time: at(0), level: 'info' },
          { text: 'tick two', time: at(0) + 59_999, level: 'error', class: 'timeout' },
          { text: 'tock', time: at(2), level: 'info' },
        ]),
        b.append([{ text: 'tick three', time: at(1) + 30_000, level: 'info' }]),
      );
      const mine: Query = { kind: 'field', field: 'agent', pattern: 'contract-hist-*' };
      const count = (query: Query, more: object = {}) =>
        store.histogram({ query, from: at(0), to: at(3), interval: 60_000, ...more });
      assert.deepEqual((await count(mine)).series, [{ key: '', counts: [2, 1, 1] }]);
      assert.equal((await count(mine)).total, 4);
      assert.deepEqual((await count(mine, { by: 'agent' })).series, [
        { key: 'contract-hist-a', counts: [2, 0, 1] },
        { key: 'contract-hist-b', counts: [0, 1, 0] },
      ]);
      assert.deepEqual((await count(mine, { by: 'level' })).series, [
        { key: 'error', counts: [1, 0, 0] },
        { key: 'info', counts: [1, 1, 1] },
      ]);
      const tick: Query = { kind: 'and', parts: [mine, word('tick')] };
      assert.deepEqual((await count(tick)).series, [{ key: '', counts: [2, 1, 0] }]);
      assert.deepEqual((await count(tick, { by: 'class' })).series, [
        { key: 'none', counts: [1, 1, 0] },
        { key: 'timeout', counts: [1, 0, 0] },
      ]);
      const finer = await count(mine, { from: at(0) + 30_000, to: at(2) + 1, interval: 30_000 });
      assert.deepEqual(finer.series, [{ key: '', counts: [1, 0, 1, 1] }]);
    });

    it('finds words of a head, phrases out of it into the message, and texts inside of words, and counts them alike', async () => {
      const source = new TestSource('contract-head');
      const heads = ['2026-11-23T12:00:00Z WARN ', '[2026-11-23 12:00:01] WARN: ', 'WARN: ', ''];
      const lines = heads.map((head, i) => ({
        text: `${head}headword lost peer-77${i} after ${i}534ms`,
        time: T + i * 1000,
      }));
      await put(source.append(lines));
      const mine: Query = { kind: 'field', field: 'agent', pattern: 'contract-head' };
      const cases: [Query, number[]][] = [
        [word('warn'), [0, 1, 2]],
        [{ kind: 'phrase', text: 'WARN headword' }, [0, 1, 2]],
        [{ kind: 'phrase', text: '00Z warn headword lost' }, [0]],
        [{ kind: 'phrase', text: 'headword lost' }, [0, 1, 2, 3]],
        [{ kind: 'phrase', text: 'warn lost' }, []],
        [{ kind: 'substring', text: 'eadwor' }, [0, 1, 2, 3]],
        [{ kind: 'not', part: { kind: 'substring', text: '1-23T' } }, [1, 2, 3]],
        [{ kind: 'substring', text: ' WARN headw' }, [0]],
        [{ kind: 'regex', source: String.raw`\d{5}`, ignoreCase: false }, []],
        [{ kind: 'regex', source: String.raw`[12]\d{3}ms`, ignoreCase: false }, [1, 2]],
        [{ kind: 'regex', source: String.raw`peer-\d+1 after`, ignoreCase: false }, [1]],
        [{ kind: 'not', part: { kind: 'regex', source: 'ER-7+0', ignoreCase: true } }, [1, 2, 3]],
      ];
      for (const [query, expected] of cases) {
        const both: Query = { kind: 'and', parts: [mine, query] };
        const found = await all(store, both);
        const about = JSON.stringify(query);
        assert.deepEqual(
          found.map(row => lines.findIndex(one => one.text === row.raw)),
          expected,
          about,
        );
        const counted = await store.histogram({ query: both, from: T, to: T + 60_000, interval: 60_000 });
        assert.equal(counted.total, expected.length, about);
        assert.equal(counted.notLooked, undefined);
      }
    });

    it('counts kinds of lines where they lie as they are counted one by one', async () => {
      const a = new TestSource('contract-kinds-a');
      const b = new TestSource('contract-kinds-b');
      const at = (i: number) => T + i * 1000;
      await put(
        a.append([
          { text: '2026-11-23 12:00:00 INFO took 5ms for kindword', time: at(0), level: 'info' },
          { text: '2026-11-23 12:00:07 ERROR took 7ms for kindword', time: at(7), level: 'error' },
          { text: '   ', time: at(8) },
          { text: '  at kindword (a.js:1:2)', time: at(9), flags: RecordFlag.continuation },
        ]),
        b.append(
          [
            { text: 'took 1534ms for kindword', time: at(3), class: 'timeout' },
            { text: 'kindword "eva" gone', time: at(4) },
          ],
          { partial: { text: 'kindword "adam" gone', time: at(5) } },
        ),
      );
      const agents: Query = { kind: 'field', field: 'agent', pattern: 'contract-kinds-*' };
      const parts: Query[] = [{ kind: 'all' }, word('took'), { kind: 'substring', text: 'indword "e' }];
      for (const part of parts) {
        const query: Query = { kind: 'and', parts: [agents, part] };
        const request = { query, from: T, to: T + 48_000 };
        const tally = await store.tally!(request);
        const rows = new RowTally(request);
        for (const row of await all(store, query)) rows.add(row);
        assert.deepEqual(tally, rows.result());
      }
      await put(b.append([{ text: 'kindword "adam" gone', time: at(5) }]));
    });

    it('shows a line in its place among its neighbours', async () => {
      const source = new TestSource('contract-context');
      const lines = (from: number) =>
        Array.from({ length: 5 }, (_, i) => ({ text: `line ${from + i}`, time: T + from + i }));
      await put(source.append(lines(0)));
      await put(source.append(lines(5)));
      const id = source.source.id;
      const page = await store.context({ source: id, offset: 5 * 7, before: 2, after: 1 });
      assert.deepEqual(texts(page.rows), ['line 3', 'line 4', 'line 5', 'line 6']);
      assert.equal(page.at, 2);
      const edge = await store.context({ source: id, offset: 0, before: 9, after: 1 });
      assert.deepEqual([texts(edge.rows), edge.at], [['line 0', 'line 1'], 0]);
      const between = await store.context({ source: id, offset: 3, before: 0, after: 1 });
      assert.deepEqual([texts(between.rows), between.at], [['line 0', 'line 1'], -1]);
      const unknown = await store.context({ source: '0'.repeat(26), offset: 0, before: 9, after: 9 });
      assert.deepEqual(unknown, { rows: [], at: -1 });
    });

    it('gives marks in commit order, whole commits at a time', async () => {
      const source = new TestSource('contract-marks');
      const mark = (text: string, i: number) => ({
        text,
        time: T + i,
        level: 'error' as const,
        class: 'disconnect' as const,
        rule: 'net/lost',
        event: i === 2 ? 'agent.failed' : '',
      });
      const first = await put(
        source.append([mark('\x1b[31mlost one\x1b[0m', 0), { text: 'plain', time: T }, mark('lost two', 1)]),
      );
      await put(source.append([mark('lost three', 2)]));
      const agents = ['contract-marks'];
      const some = await store.marks({ agents, afterSeq: first.seq - 1, limit: 1 });
      assert.deepEqual(
        some.map(m => m.text),
        ['lost one', 'lost two'],
      );
      assert.equal(some[1]?.offset, 18 + 6);
      assert.equal(some[1]?.seq, first.seq);
      assert.equal(some[1]?.class, 'disconnect');
      assert.equal(some[1]?.rule, 'net/lost');
      const rest = await store.marks({ agents, afterSeq: first.seq, limit: 10 });
      assert.deepEqual(
        rest.map(m => [m.text, m.event]),
        [['lost three', 'agent.failed']],
      );
      const events = await store.marks({ agents, events: ['agent.failed'], limit: 10 });
      assert.equal(events.length, 1);
      const none = await store.marks({ agents, classes: ['dns'], limit: 10 });
      assert.equal(none.length, 0);
      const early = await store.marks({ agents, from: T, to: T + 1, limit: 10 });
      assert.equal(early.length, 1);
    });

    it('keeps documents with versions and refuses to overwrite what somebody else changed', async () => {
      const { documents } = store;
      assert.equal(await documents.get('thing', 'a'), undefined);
      assert.equal(await documents.put('thing', 'a', { n: 1 }, 0), 1);
      await assert.rejects(documents.put('thing', 'a', { n: 2 }, 0), { code: 'conflict' });
      assert.equal(await documents.put('thing', 'a', { n: 2 }, 1), 2);
      assert.deepEqual(await documents.get('thing', 'a'), { id: 'a', version: 2, doc: { n: 2 } });
      await assert.rejects(
        documents.putMany([
          { kind: 'thing', id: 'b', doc: 1 },
          { kind: 'thing', id: 'a', doc: 1, expected: 9 },
        ]),
        { code: 'conflict' },
      );
      assert.equal(await documents.get('thing', 'b'), undefined);
      await documents.putMany(['b', 'c', 'd'].map(id => ({ kind: 'thing', id, doc: id })));
      const ids = async (options: object) => (await documents.list('thing', options)).map(doc => doc.id);
      assert.deepEqual(await ids({}), ['a', 'b', 'c', 'd']);
      assert.deepEqual(await ids({ after: 'b', limit: 1 }), ['c']);
      assert.deepEqual(await ids({ newestFirst: true, after: 'c' }), ['b', 'a']);
      await documents.delete('thing', 'b');
      assert.deepEqual(await ids({}), ['a', 'c', 'd']);
    });

    it('takes many appends at once and answers each', async () => {
      const sources = Array.from({ length: 120 }, (_, i) => new TestSource(`contract-many-${i}`));
      const receipts = await Promise.all(
        sources.map((source, i) => store.append([source.append([{ text: `many ${i}`, time: T + i }])])),
      );
      await fixture.settle();
      assert.equal(new Set(receipts.map(receipt => receipt.seq)).size, 120);
      assert.equal((await all(store, word('many'))).length, 120);
    });

    it('has it all after it was closed and opened again', async () => {
      if (!fixture.reopen) return;
      const before = await all(store, { kind: 'all' });
      const states = await store.sources();
      store = await fixture.reopen();
      assert.deepEqual(await all(store, { kind: 'all' }), before);
      assert.deepEqual(await store.sources(), states);
      const stats = await store.stats();
      assert.equal(
        stats.lines,
        states.reduce((sum, state) => sum + state.lines, 0),
      );
      assert.ok(stats.bytes > 0);
    });
  });
}
