import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createWebApp, listen, type RunningServer } from '../../src/http/server.js';
import { SystemClock } from '../../src/platform/clock.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { reportRoutes } from '../../src/report/routes.js';
import { sourcesOf } from './recorded-report.js';
import { type StoredRuns, storeRecordedRuns } from './recorded-run.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
let stored: StoredRuns;
let server: RunningServer;
let folder: string;

before(async () => {
  stored = await storeRecordedRuns(['04-kill9-one']);
  folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-postmortem-'));
  const settings = { bind: '127.0.0.1', port: 0 };
  const routes = reportRoutes(sourcesOf(stored), new SystemClock());
  server = await listen(createWebApp({ settings, routes }), settings);
});
after(async () => {
  await server.stop();
  await stored.close();
  rmSync(folder, { recursive: true, force: true });
});

async function deadair(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, DEADAIR_URL: server.url, NO_COLOR: '1' };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env });
    return { code: 0, out: stdout, err: stderr };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

test('the newest run is reported as Markdown in the terminal', async () => {
  const { out } = await deadair('postmortem');
  assert.match(out, /^# Run config\.yaml failed because agent-3 was lost: its process died/);
});

test("a file's ending tells its format", async () => {
  const html = path.join(folder, 'report.html');
  assert.equal((await deadair('postmortem', 'config.yaml', '--output', html)).out, `Wrote ${html}.\n`);
  assert.match(readFileSync(html, 'utf8'), /^<!doctype html>/);
});

test('JSON gives the verdict to programs', async () => {
  const { out } = await deadair('postmortem', '--json');
  assert.match((JSON.parse(out) as { verdict: string }).verdict, /agent-3 was lost/);
});

test('a run that is not there, a file that can not be written: what is wrong, exit status 2', async () => {
  const run = await deadair('postmortem', 'nightly');
  assert.equal(run.code, 2);
  assert.match(run.err, /There is no run "nightly"; the newest runs are config\.yaml/);
  const file = await deadair('postmortem', '--output', path.join(folder, 'none', 'x.html'));
  assert.equal(file.code, 2);
  assert.match(file.err, /can't be written \(ENOENT\)/);
});

test('the page shows it with scripts forbidden', async () => {
  const response = await fetch(`${server.url}/v1/postmortem`);
  assert.match(response.headers.get('content-type')!, /^text\/html/);
  assert.equal(
    response.headers.get('content-security-policy'),
    "default-src 'none'; style-src 'unsafe-inline'",
  );
});
