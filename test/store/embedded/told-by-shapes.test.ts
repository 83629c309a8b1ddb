import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { LEVELS } from '../../../src/model/vocabulary.js';
import { parseQuery } from '../../../src/query/parser.js';
import { addTallies, TallyMaker } from '../../../src/skeletons/tally.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { TestSource } from '../lines.js';

const START = Date.UTC(2026, 10, 28, 10);
const END = START + 86_400_000;
const LINES = 3000;
const levelOf = (i: number) => (i % 5 === 0 ? 'error' : 'info') as (typeof LEVELS)[number];
/** Shapes that tell, shapes that do not, lines that are their own shape, and such as are displayed otherwise than they are stored. */
const text = (i: number) =>
  `${levelOf(i)} step ${i}` +
  (i % 3 === 0 ? ' session closed' : '') +
  (i % 7 === 0 ? ` id 3fa9c0de${i % 10}a` : '') +
  (i % 11 === 0 ? ' dead-beef-00112233' : '') +
  (i % 13 === 0 ? ' \x01closed' : '') +
  (i % 17 === 0 ? ' \x1b[31msession\x1b[0m' : '') +
  (i % 19 === 0 ? ' sessions of größe' : '') +
  (i % 200 === 0 ? ` own-${'abcdefghij'[i % 9]}${'klmnopqrst'[i % 7]} closed` : '');
const shown = (i: number) => text(i).replaceAll(/\x1b\[\d+m/g, '');
const word = (name: string) => new RegExp(`(?<![\\w\\x80-\\uffff])${name}(?![\\w\\x80-\\uffff])`);
const QUERIES: Record<string, (line: string, i: number) => boolean> = {
  session: line => word('session').test(line),
  'sess*': line => /(?<!\w)sess/.test(line),
  'session -closed': line => word('session').test(line) && !word('closed').test(line),
  'session level>=error': (line, i) => word('session').test(line) && levelOf(i) === 'error',
  'session or dead': line => word('session').test(line) || word('dead').test(line),
  dead: line => word('dead').test(line),
  'not session': line => !word('session').test(line),
  '/step [0-9]+ session/': line => /step [0-9]+ session/.test(line),
  '/step [0-9]+7 session/': line => /step [0-9]+7 session/.test(line),
  '/[a-z]+ion closed$/': line => /[a-z]+ion closed$/.test(line),
  '(agent:agent-1 session) or (agent:agent-0 closed)': (line, i) =>
    i % 2 === 1 ? word('session').test(line) : word('closed').test(line),
};

describe('lines of which their shapes tell whether they match', () => {
  let directory: string;
  let store: EmbeddedStore;

  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-told-'));
    store = await openEmbeddedStore({ directory });
    const sources = [0, 1].map(i => new TestSource(`agent-${i}`));
    for (const [first, end] of [
      [0, 1200],
      [1200, 1300],
      [1300, LINES],
    ] as const) {
      for (const [agent, source] of sources.entries()) {
        const lines = [];
        for (let i = first; i < end; i++)
          if (i % 2 === agent) lines.push({ text: text(i), time: START + i * 1000, level: levelOf(i) });
        await store.append([source.append(lines, { at: START + end * 1000 })]);
      }
      await store.compact();
    }
  });
  after(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const [asked, matches] of Object.entries(QUERIES))
    it(`are found, counted by level and by kind as a plain scan would: ${asked}`, async () => {
      const query = parseQuery(asked);
      const expected = Array.from({ length: LINES }, (_, i) => i).filter(i => matches(shown(i), i));
      const rows = [];
      for (let cursor: string | undefined; ; ) {
        const page = await store.search({ query, order: 'oldest', limit: 700, ...(cursor && { cursor }) });
        rows.push(...page.rows);
        cursor = page.cursor;
        if (cursor === undefined) break;
      }
      assert.deepEqual(
        rows.map(({ time }) => (time - START) / 1000),
        expected,
      );
      const span = { query, from: START, to: END };
      const { series } = await store.histogram({ ...span, interval: 86_400_000, by: 'level' });
      const levels = new Map<string, number>();
      for (const i of expected) levels.set(levelOf(i), (levels.get(levelOf(i)) ?? 0) + 1);
      assert.deepEqual(new Map(series.map(({ key, counts }) => [key, counts[0]])), levels);
      const maker = new TallyMaker(START, END);
      for (const i of expected) {
        const bytes = Buffer.from(shown(i));
        maker.add(bytes, 0, bytes.length, START + i * 1000, i % 2, LEVELS.indexOf(levelOf(i)), 0, 0);
      }
      const tally = await store.tally(span);
      const plain = addTallies([maker.result(origin => `agent-${origin}`)]);
      assert.deepEqual(
        tally.skeletons.map(({ text: kind, count, agents, slices }) => ({ kind, count, agents, slices })),
        plain.skeletons.map(({ text: kind, count, agents, slices }) => ({ kind, count, agents, slices })),
      );
    });
});
