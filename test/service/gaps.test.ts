import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { Collector } from '../../collectors/collector.js';
import { statusText } from '../../src/cli/commands/status.js';
import type { StatusReply } from '../../src/web/api/status.js';
import { Harness, until } from './harness.js';

const harness = new Harness();
after(() => harness.close());

interface Account {
  path: string;
  acknowledged: number;
  stored: number;
  missing: number;
  skipped: number;
  gaps: { from: number; to: number | null; reason: string }[];
}

test('a gap is in the ledger, in metrics and in `deadair status`, and opens a log-gap incident; a mere doubt opens none', async () => {
  const settings = harness.settings();
  const service = await harness.start(settings);
  const logs = path.join(harness.folder, 'logs');
  mkdirSync(logs);
  const busy = path.join(logs, 'busy.log');
  const quiet = path.join(logs, 'quiet.log');
  appendFileSync(quiet, 'an old line\n');
  const collector = new Collector({
    settings: { ...settings.collect, watch: [logs], to: service.url, rescan: 300 },
  });
  collector.start();
  const get = async <T>(route: string): Promise<T> => (await (await fetch(service.url + route)).json()) as T;
  const accounts = async () => (await get<{ sources: Account[] }>('/v1/sources')).sources;
  const gaps = async () => (await get<StatusReply>('/v1/status')).missing;

  await until(async () => (await accounts()).length === 1, 'the quiet log');
  // What is older than a second when it is last looked at is quiet.
  await new Promise(resolve => setTimeout(resolve, 1500));
  appendFileSync(busy, 'one\ntwo\n');
  await until(async () => (await accounts()).some(({ stored }) => stored === 8), 'the busy log');
  for (const file of [busy, quiet]) truncateSync(file);
  await until(async () => (await gaps()).length === 2, 'both to be named');

  const named = (await gaps()).map(gap => [path.basename(gap.path), gap.from, gap.to, gap.reason]).sort();
  assert.deepEqual(named, [
    ['busy.log', 8, null, 'truncated-before-read'],
    ['quiet.log', 12, null, 'unseen'],
  ]);
  for (const { acknowledged, stored, missing, skipped } of await accounts())
    assert.equal(acknowledged, stored + missing + skipped);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  assert.match(metrics, /deadair_log_gaps_total\{reason="truncated-before-read"\} 1/);
  assert.match(metrics, /deadair_log_gaps_total\{reason="unseen"\} 1/);
  assert.match(metrics, /deadair_log_behind_bytes 0/);
  const text = statusText(await get<StatusReply>('/v1/status'), { utc: true });
  assert.match(
    text,
    /missing .*busy: an unknown number of bytes after 8 of .*busy\.log \(truncated-before-read\)/,
  );
  assert.match(text, /not known .*quiet: .*after byte 12 while nobody looked/);

  const incidents = async () =>
    (await get<{ incidents: { kind: string; subjects: string[] }[] }>('/v1/incidents')).incidents;
  await until(async () => (await incidents()).length > 0, 'the incident');
  assert.deepEqual(
    (await incidents()).map(({ kind, subjects }) => [kind, ...subjects]),
    [['log-gap', 'busy']],
  );
  await collector.stop();
});
