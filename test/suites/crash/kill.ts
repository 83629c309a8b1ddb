import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { seeded } from '../../../bench/store/lines.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { DAY_BYTES } from './numbered.js';

const appender = fileURLToPath(new URL('./appender.js', import.meta.url));

export interface KillReport {
  /** Bytes that were acknowledged, all kills together, and days that retention had dropped by then. */
  acknowledgedBytes: number;
  droppedDays: number;
  slowestOpenMs: number;
}

/**
 * Kills the appender `times` times at random moments, every fifth time while it still opens what the kill before left;
 * after each, all that was acknowledged and not dropped by retention must be there once.
 */
export async function killAndCheck(times: number, seed: number): Promise<KillReport> {
  const random = seeded(seed);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-kill-'));
  const acknowledged = new Map<string, number>();
  let slowestOpenMs = 0;
  let droppedDays = 0;
  try {
    for (let kill = 0; kill < times; kill++) {
      if (kill % 5 === 4) await runAndKill(directory, 'started', 100 + random() * 400, acknowledged);
      await runAndKill(directory, 'opened', 30 + random() * 500, acknowledged);
      const since = performance.now();
      const store = await openEmbeddedStore({ directory });
      slowestOpenMs = Math.max(slowestOpenMs, performance.now() - since);
      try {
        droppedDays = await check(store, acknowledged);
      } finally {
        await store.close();
      }
    }
    const acknowledgedBytes = [...acknowledged.values()].reduce((a, b) => a + b, 0);
    return { acknowledgedBytes, droppedDays, slowestOpenMs };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function runAndKill(
  directory: string,
  from: 'started' | 'opened',
  afterMs: number,
  acknowledged: Map<string, number>,
): Promise<void> {
  const child = spawn(process.execPath, [appender, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => setTimeout(() => child.kill('SIGKILL'), afterMs);
  if (from === 'started') kill();
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (line !== 'opened') {
        const [agent, to] = line.split(' ');
        acknowledged.set(agent!, Number(to));
      } else if (from === 'opened') kill();
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`the appender ended by itself: ${code} ${signal}`)),
    );
  });
}

/** @returns days that retention has dropped */
async function check(store: EmbeddedStore, acknowledged: Map<string, number>): Promise<number> {
  const firstDays = new Set<number>();
  for (const state of await store.sources()) {
    assert.ok(
      state.position >= (acknowledged.get(state.agent) ?? 0),
      `${state.agent} stands at ${state.position}, acknowledged was ${acknowledged.get(state.agent)}`,
    );
    // Every byte up to the position is there once: offsets follow each other, numbers rise by one.
    let offset: number | undefined;
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
        if (offset === undefined) {
          // Retention takes whole days only.
          assert.equal(row.offset % DAY_BYTES, 0, `${state.agent} begins within a day, at ${row.offset}`);
          offset = row.offset;
          lines = row.offset / row.length;
          firstDays.add(row.offset / DAY_BYTES);
        }
        if (row.offset !== offset) assert.equal(row.offset, offset);
        const start = `${state.agent} line ${String(lines).padStart(9, '0')} `;
        if (!row.raw.startsWith(start)) assert.fail(`line ${lines} of ${state.agent} is: ${row.raw}`);
        offset += row.length;
        lines++;
      }
      cursor = page.cursor;
    } while (cursor);
    assert.equal(offset ?? 0, state.position);
    assert.equal(lines, state.lines);
  }
  assert.deepEqual((await store.stats()).damaged, []);
  return firstDays.size === 0 ? 0 : Math.min(...firstDays);
}
