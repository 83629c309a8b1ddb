import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { derivedId } from '../../src/platform/ids.js';
import { SourceParser } from '../../src/records/parser.js';
import { addTallies, MAX_SKELETONS, type Tally, TallyMaker } from '../../src/skeletons/tally.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { countPatterns } from '../../src/templates/count.js';
import fc from '../property.js';

const T = Date.parse('2026-11-23T12:00:00Z');
const SPAN = 60_000;

interface Line {
  text: string;
  at: number;
  agent: number;
}

function count(lines: readonly Line[]): Tally {
  const maker = new TallyMaker(T, T + SPAN);
  for (const { text, at, agent } of lines) {
    const bytes = Buffer.from(text);
    maker.add(bytes, 0, bytes.length, T + at, agent, 3, 0, 0);
  }
  return maker.result(number => `agent-${number}`);
}

test('the sum of parts is the same however the lines are divided and ordered', () => {
  const line = fc.record({
    text: fc.constantFrom(
      'started 1',
      'started 2',
      'stopped 1',
      'x /a/b',
      'user bob is here',
      'user ann is here',
    ),
    at: fc.integer({ min: 0, max: SPAN - 1 }),
    agent: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), fc.integer({ min: 0, max: 60 }), (lines, cut) => {
      // Of lines of one moment any may be the example.
      const distinct = lines.map((one, i) => ({ ...one, at: (one.at + i * 1000) % SPAN }));
      const whole = count(distinct);
      const parts = addTallies([count(distinct.slice(cut)), count(distinct.slice(0, cut))]);
      const plain = ({ skeletons, ...rest }: Tally) => ({
        ...rest,
        skeletons: skeletons.map(({ example: _, ...one }) => one),
      });
      assert.deepEqual(plain(parts), plain(whole));
    }),
    { numRuns: 100 },
  );
});

test('words without end do not take memory without end, and new kinds of lines are still told', () => {
  const letters = (number: number) => [...String(number)].map(digit => 'abcdefghij'[Number(digit)]).join('');
  const lines = Array.from({ length: MAX_SKELETONS + 500 }, (_, i) => ({
    text: `login of ${letters(i)} by form`,
    at: 0,
    agent: 1,
  }));
  const tally = count([...lines, { text: 'disk of the server is broken', at: 1, agent: 1 }]);
  assert.ok(tally.skeletons.length <= MAX_SKELETONS + 502);
  assert.ok(tally.skeletons.some(one => one.text === 'disk of the server <…>'));
  assert.equal(
    tally.skeletons.reduce((total, one) => total + one.count, 0),
    lines.length + 1,
  );
});

test('a store counts what its pages hold, before and after it is sealed', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-tally-'));
  const store = await openEmbeddedStore({ directory, readers: 2, sliceMs: 0 });
  try {
    for (const agent of ['a-1', 'a-2']) {
      const text = Array.from({ length: 3000 }, (_, i) => {
        const time = new Date(T + i * 10).toISOString();
        return i % 7 === 0
          ? `\x1b[2m${time}\x1b[0m \x1b[31mERROR\x1b[0m worker ${i} lost "queue"\r\n`
          : `${time} INFO handled ${i} in ${i}ms\n`;
      }).join('');
      const bytes = new Uint8Array(Buffer.from(text));
      const source = { id: derivedId(agent), agent, host: 'h', path: '/l', head: { length: 0, hash: '' } };
      const records = new SourceParser().push(bytes, 0, { observedAt: T });
      await store.append([{ source, from: 0, to: bytes.length, observedAt: T, ingestedAt: T, records }]);
    }
    const request = { query: { kind: 'all' as const }, from: T, to: T + SPAN };
    const narrow = {
      ...request,
      query: { kind: 'level' as const, op: '>=' as const, level: 'error' as const },
    };
    const pages = { search: store.search.bind(store) };
    for (const wanted of [request, narrow]) {
      const expected = await countPatterns(pages, wanted);
      assert.deepEqual(await countPatterns(store, wanted), expected);
      assert.equal(expected.skeletons.length, wanted === request ? 2 : 1);
    }
    await store.compact();
    assert.deepEqual(await countPatterns(store, request), await countPatterns(pages, request));
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
