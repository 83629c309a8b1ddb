import assert from 'node:assert/strict';
import { it } from 'node:test';
import { VirtualClock } from '../../../src/platform/clock.js';
import { parseQuery } from '../../../src/query/parser.js';
import type { Hit } from '../../../src/store/elasticsearch/hits.js';
import { type LineDocument, LineWriter } from '../../../src/store/elasticsearch/line-document.js';
import type { LineRequests } from '../../../src/store/elasticsearch/line-requests.js';
import { LineScan, type Look } from '../../../src/store/elasticsearch/line-scan.js';

import { batchOf, TestSource } from '../lines.js';

const T = Date.UTC(2026, 10, 23, 12);
const { source } = new TestSource('agent-1');

/** `count` lines, a second apart, the newest first. */
function hitsOf(count: number, from: number): Hit[] {
  const batch = batchOf(
    Array.from({ length: count }, (_, i) => ({ text: `line ${from + i}`, time: T - (from + i) * 1000 })),
    0,
  );
  const writer = new LineWriter(batch, { source, seq: 7, observedAt: T, ingestedAt: T }, () => undefined);
  return Array.from({ length: count }, (_, i) => {
    const _source = JSON.parse(writer.json(i)) as LineDocument;
    return { _source, sort: [_source['@timestamp'], source.path, i] } as unknown as Hit;
  });
}

it('ends where the server could not look any further in the time that was left, and says so', async () => {
  const clock = new VirtualClock(T);
  const limits: number[] = [];
  const requests = {
    hits: async ({ size }: { size: number }) => {
      clock.advance(2000);
      return hitsOf(size, 0);
    },
    hitsWithin: async (_body: unknown, ms: number) => {
      limits.push(ms);
      return undefined;
    },
  } as unknown as LineRequests;
  const look: Look = {};
  // Of such an expression the server can't tell whether a line matches.
  const query = parseQuery('/e \\d+$/');
  const found = [];
  for await (const { key } of new LineScan({ clock }, requests).rows(
    { query, limit: 10, order: 'newest' },
    look,
    { page: 10 },
  ))
    found.push(key);
  assert.equal(found.length, 1000);
  assert.deepEqual(look.stoppedAt, found.at(-1));
  assert.deepEqual(limits, [4000]);
});
