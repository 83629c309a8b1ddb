import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { TestSource } from '../lines.js';

const DAY = 86_400_000;
const T = Date.UTC(2026, 10, 23, 12);
const ROUNDS = 30;
const LINES = 7;

describe('context of a source whose lines are few in each of many blocks', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-context-'));
  const quiet = new TestSource('quiet');
  const offsets: number[] = [];
  let store: EmbeddedStore;
  before(async () => {
    store = await openEmbeddedStore({ directory, readers: 1 });
    for (let round = 0; round < ROUNDS; round++) {
      const at = T + Math.floor(round / 12) * DAY;
      const lines = Array.from({ length: LINES }, (_, i) => ({
        text: `round ${round} line ${i}`,
        time: at + i,
      }));
      let offset = quiet.position;
      for (const { text } of lines) {
        offsets.push(offset);
        offset += text.length + 1;
      }
      await store.append([quiet.append(lines, { at })]);
      // The last rounds stay hot: they must not pass for neighbours of what lies many blocks before them.
      if (round < ROUNDS - 4) await store.compact();
    }
  });
  after(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const at of [0, 1, 20, 83, 84, 100, 150, 181, 182, 209])
    for (const [fore, aft] of [
      [0, 0],
      [3, 3],
      [50, 0],
      [0, 50],
      [40, 40],
      [500, 500],
    ] as const)
      it(`gives the ${fore} lines before and ${aft} after line ${at}, none left out`, async () => {
        const page = await store.context({
          source: quiet.source.id,
          offset: offsets[at]!,
          before: fore,
          after: aft,
        });
        assert.deepEqual(
          page.rows.map(row => row.offset),
          offsets.slice(Math.max(0, at - fore), at + aft + 1),
        );
        assert.equal(page.rows[page.at]?.offset, offsets[at]);
      });
});
