import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { WitnessJournal } from '../../../src/incidents/live/journal.js';
import { VirtualClock } from '../../../src/platform/clock.js';
import type { Heartbeat } from '../../../src/wire/protocol.js';

const START = Date.UTC(2026, 10, 23, 12);

function rig(
  context: { after(run: () => void): void },
  limits = { bytes: 1e6, ageMs: 86_400_000, fileMs: 60_000 },
) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'deadair-witnesses-'));
  context.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const clock = new VirtualClock(START);
  return { folder, clock, journal: new WitnessJournal(folder, clock, undefined, limits) };
}

const beat = (host: string, files = 1): Heartbeat => ({
  version: 1,
  collector: 'c',
  host,
  agents: [host],
  sentAt: START,
  program: 'deadair',
  startedAt: START,
  diskFree: 1,
  files: Array.from({ length: files }, (_, index) => ({
    path: `/logs/${index}.log`,
    agent: host,
    size: 1,
    position: 1,
    mtime: index,
    error: null,
  })),
});

test('what was witnessed is read back word by word, over restarts and files, by time', async context => {
  const { folder, clock, journal } = rig(context);
  for (let minute = 0; minute < 5; minute++) {
    journal.heartbeat(beat('node1'), clock.now());
    journal.note({
      at: clock.now(),
      probe: { agent: 'node1', address: 'node1:1', at: clock.now(), outcome: 'open' },
    });
    await journal.flush();
    clock.advance(60_000);
  }
  await journal.close();
  assert.ok(fs.readdirSync(folder).length > 1, 'files are begun anew');
  const again = new WitnessJournal(folder, clock);
  const all = await again.between(START, clock.now());
  assert.equal(all.length, 10);
  assert.deepEqual((all[0] as { heartbeat: Heartbeat }).heartbeat, beat('node1'));
  assert.equal((await again.between(START + 60_000, START + 119_999)).length, 2);
});

test('a torn file is read up to where it is whole, and what follows goes into another', async context => {
  const { folder, clock, journal } = rig(context);
  journal.heartbeat(beat('node1'), clock.now());
  await journal.flush();
  journal.heartbeat(beat('node1'), clock.now() + 1);
  await journal.close();
  const [name] = fs.readdirSync(folder);
  const file = path.join(folder, name!);
  fs.truncateSync(file, fs.statSync(file).size - 7);
  const found = await new WitnessJournal(folder, clock).between(START, START + 10);
  assert.ok(found.length >= 1);
});

test('it is bounded: old files go, of thousands of files the newest are kept', async context => {
  const { folder, clock, journal } = rig(context, { bytes: 1500, ageMs: 86_400_000, fileMs: 1000 });
  for (let round = 0; round < 20; round++) {
    journal.heartbeat(beat(`node${round}`, 500), clock.now());
    await journal.flush();
    clock.advance(2000);
  }
  await journal.close();
  const sizes = fs.readdirSync(folder).map(name => fs.statSync(path.join(folder, name)).size);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 1500 + 2 * Math.max(...sizes), String(sizes));
  const [last] = (await journal.between(START, clock.now())).slice(-1);
  assert.equal((last as { heartbeat: Heartbeat }).heartbeat.files.length, 100);
});
