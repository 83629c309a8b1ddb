import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { seeded } from '../../bench/store/lines.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';

const START = Date.UTC(2026, 0, 1);
const appender = fileURLToPath(new URL('./appender.js', import.meta.url));

/** Kills the appender `times` times at random moments; after each, all that was acknowledged must be there once. */
export async function killAndCheck(
  times: number,
  seed: number,
): Promise<{ lines: number; slowestOpenMs: number }> {
  const random = seeded(seed);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-kill-'));
  const acknowledged = new Map<string, number>();
  let slowestOpenMs = 0;
  try {
    for (let kill = 0; kill < times; kill++) {
      await runAndKill(directory, 30 + random() * 700, acknowledged);
      const since = performance.now();
      const store = await openEmbeddedStore({ directory });
      slowestOpenMs = Math.max(slowestOpenMs, performance.now() - since);
      try {
        await check(store, acknowledged);
      } finally {
        await store.close();
      }
    }
    return { lines: [...acknowledged.values()].reduce((a, b) => a + b, 0), slowestOpenMs };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function runAndKill(directory: string, afterMs: number, acknowledged: Map<string, number>): Promise<void> {
  const child = spawn(process.execPath, [appender, directory, String(START), '400'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      // The clock of the kill runs from the moment the store is open.
      if (line === 'opened') setTimeout(() => child.kill('SIGKILL'), afterMs);
      else {
        const [agent, to] = line.split(' ');
        acknowledged.set(agent!, Number(to));
      }
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`the appender ended by itself: ${code} ${signal}`)),
    );
  });
}

type Store = Awaited<ReturnType<typeof openEmbeddedStore>>;

async function check(store: Store, acknowledged: Map<string, number>): Promise<void> {
  for (const state of await store.sources()) {
    assert.ok(
      state.position >= (acknowledged.get(state.agent) ?? 0),
      `${state.agent} stands at ${state.position}, acknowledged was ${acknowledged.get(state.agent)}`,
    );
    // Every byte up to the position is there once: offsets follow each other, numbers rise by one.
    let offset = 0;
    let lines = 0;
    let cursor: string | undefined;
    do {
      const page = await store.search({
        query: { kind: 'field', field: 'agent', pattern: state.agent },
        order: 'oldest',
        limit: 10_000,
        ...(cursor ? { cursor } : {}),
      });
      for (const row of page.rows) {
        if (row.offset !== offset) assert.equal(row.offset, offset);
        const start = `${state.agent} line ${String(lines).padStart(9, '0')} `;
        if (!row.raw.startsWith(start)) assert.fail(`line ${lines} of ${state.agent} is: ${row.raw}`);
        offset += row.length;
        lines++;
      }
      cursor = page.cursor;
    } while (cursor);
    assert.equal(offset, state.position);
    assert.equal(lines, state.lines);
  }
  assert.deepEqual((await store.stats()).damaged, []);
}
