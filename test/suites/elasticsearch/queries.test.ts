import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LogRow } from '../../../src/model/log-row.js';
import { SystemClock } from '../../../src/platform/clock.js';
import { RowMatcher } from '../../../src/query/matcher.js';
import { displayText } from '../../../src/records/text.js';
import { exampleText } from '../../../src/skeletons/line-skeletons.js';
import { RowTally } from '../../../src/skeletons/row-tally.js';
import {
  type ElasticsearchStore,
  openElasticsearchStore,
} from '../../../src/store/elasticsearch/elasticsearch-store.js';
import fc from '../../property.js';
import { TestSource } from '../../store/lines.js';
import { headed, line, queryOfTexts, T0 } from '../../store/random-data.js';
import { anyServer, settingsFor } from './server.js';

const LINES = 1500;
const QUERIES = 150;
const WIDE = { from: T0 - 86_400_000, to: T0 + 20 * 86_400_000 };

const server = await anyServer();
after(() => server?.stop());

/** On a busy machine an answer's time is over before everything was looked at: here it never is. */
class StandingClock extends SystemClock {
  override monotonic(): number {
    return 0;
  }
}

describe('random queries over random lines, on a real server', { skip: !server }, () => {
  let store: ElasticsearchStore;
  let rows: LogRow[];

  before(async () => {
    store = await openElasticsearchStore({ settings: settingsFor(server!.url), clock: new StandingClock() });
    const lines = fc.sample(headed(line), LINES);
    for (const [i, agent] of ['agent-1', 'agent-2', 'odd-12'].entries()) {
      const own = lines.filter((_, at) => at % 3 === i);
      await store.append([new TestSource(agent).append(own)]);
    }
    await store.refresh();
    rows = (await store.search({ query: { kind: 'all' }, order: 'oldest', limit: 10_000 })).rows;
    assert.equal(rows.length, LINES);
  });
  after(() => store?.close());

  it('finds, counts and tells the kinds of exactly those lines that match', async () => {
    let found = 0;
    for (const one of fc.sample(queryOfTexts, QUERIES)) {
      const about = JSON.stringify(one);
      const matcher = new RowMatcher(one);
      const expected = rows.filter(row => matcher.matchesRow(row));
      const page = await store.search({ query: one, order: 'oldest', limit: 10_000 });
      assert.deepEqual(
        page.rows.map(({ id }) => id),
        expected.map(({ id }) => id),
        about,
      );
      const counted = await store.histogram({ query: one, ...WIDE, interval: 86_400_000 });
      assert.equal(counted.total, expected.length, about);
      const tally = new RowTally(WIDE);
      for (const row of expected) tally.add(row);
      const told = await store.tally({ query: one, ...WIDE });
      assert.deepEqual(kinds(told), kinds(tally.result()), about);
      const lines = new Set(expected.map(row => `${row.time} ${exampleText(displayText(row.raw))}`));
      for (const { first, example } of told.skeletons)
        assert.ok(lines.has(`${first} ${example}`), `${about}: ${example} is an earliest line`);
      found += expected.length;
    }
    assert.ok(found > 1000, 'the queries find something');
  });
});

/** Times of the last line are whole milliseconds; which of several classes a kind has, and which of its earliest lines is shown, is left open. */
function kinds({ lines, skeletons }: ReturnType<RowTally['result']>) {
  return {
    lines,
    skeletons: skeletons.map(({ last, class: _, slices: __, example: ___, ...one }) => ({
      ...one,
      last: Math.floor(last),
    })),
  };
}
