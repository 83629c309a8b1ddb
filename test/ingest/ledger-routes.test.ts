import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDoors } from '../../src/access/open.js';
import { createWebApp, listen } from '../../src/http/server.js';
import { ledgerRoutes } from '../../src/ingest/ledger-routes.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { silentLogger } from '../../src/platform/logger.js';
import type { SourceState } from '../../src/store/store.js';
import { MemoryDocuments } from '../alerts/memory-documents.js';
import { source } from './frames.js';

function state(name: string): SourceState {
  return { ...source(name), position: 0, firstSeenAt: 0, lastIngestedAt: 0, lines: 0 };
}

test('sources come in pages that together hold each one once, though one begins between two pages', async () => {
  const clock = new VirtualClock(0);
  const states = Array.from({ length: 25 }, (_, n) => state(`agent-${n}`));
  const routes = ledgerRoutes({
    store: { sources: async () => states, gaps: async () => [] },
    hosts: () => [],
  });
  const { access } = await openDoors({ documents: new MemoryDocuments(), clock, logger: silentLogger });
  const web = { bind: '127.0.0.1', port: 0 };
  const server = await listen(createWebApp({ settings: web, routes, access, checkReplies: true }), web);
  try {
    const ask = async (query: string) => {
      const reply = await fetch(`${server.url}/v1/sources?${query}`);
      return {
        status: reply.status,
        ...((await reply.json()) as { sources: { source: string }[]; cursor?: string }),
      };
    };
    const whole = await ask('');
    assert.equal(whole.sources.length, 25);
    assert.equal(whole.cursor, undefined);
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page = await ask(`limit=10&cursor=${cursor}`);
      assert.ok(page.sources.length <= 10);
      seen.push(...page.sources.map(one => one.source));
      cursor = page.cursor;
      if (states.length === 25) states.unshift(state('a late one'));
    }
    assert.equal(new Set(seen).size, seen.length);
    for (const { source: id } of whole.sources) assert.ok(seen.includes(id));
    assert.equal((await ask('agent=agent-3&limit=1')).cursor, undefined);
    assert.equal((await ask('limit=0')).status, 400);
  } finally {
    await server.stop(100);
  }
});
