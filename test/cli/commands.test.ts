import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/platform/package-root.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const run = promisify(execFile);

describe('commands against a running service', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-cli-'));
  const logs = path.join(folder, 'logs');
  let service: ChildProcess;
  let url = '';

  const deadair = async (...args: string[]): Promise<{ status: number; out: string; err: string }> => {
    const env = { ...process.env, DEADAIR_URL: url, NO_COLOR: '1', TZ: 'UTC' };
    return run(process.execPath, [MAIN, ...args], { env }).then(
      ({ stdout, stderr }) => ({ status: 0, out: stdout, err: stderr }),
      (failed: { code: number; stdout: string; stderr: string }) => ({
        status: failed.code,
        out: failed.stdout,
        err: failed.stderr,
      }),
    );
  };

  before(async () => {
    mkdirSync(logs);
    const sample = path.join(packageRoot, 'samples', '07-linkdown-permanent');
    for (const name of ['controller', 'agent-4', 'agent-5'])
      copyFileSync(path.join(sample, `${name}.log`), path.join(logs, `${name}.log`));
    service = spawn(
      process.execPath,
      [MAIN, 'up', '--port', '0', '--watch', logs, '--data', path.join(folder, 'data')],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, NO_COLOR: '1', DEADAIR_LOG_LEVEL: 'silent' },
      },
    );
    let said = '';
    for await (const chunk of service.stdout!) {
      said += chunk;
      url = /page +(http:\S+)/.exec(said)?.[1] ?? '';
      if (url) break;
    }
    await eventually(
      async () => (await deadair('status')).out.includes('152 lines'),
      'the logs to be stored',
    );
  });
  after(async () => {
    const ended = new Promise(resolve => service.once('exit', resolve));
    service.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  test('search finds, shows oldest first, and cuts nothing in a pipe', async () => {
    const { status, out, err } = await deadair('search', 'FAILED', 'agent:controller', '--utc');
    assert.equal(status, 0);
    assert.equal(err, '');
    assert.match(
      out,
      /^11-23 16:58:42\.363 controller error disconnect ❌ Agent agent-4 FAILED: .*headers: \{\} \}$/m,
    );
  });

  test('search --json gives ECS documents, one a line', async () => {
    const { out } = await deadair('search', 'class:fault', '--json', '-n', '3');
    const lines = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    assert.equal(lines.length, 3);
    for (const line of lines) assert.equal(line.deadair.class, 'disconnect');
    const times = lines.map(line => line['@timestamp']);
    assert.deepEqual(times, times.toSorted());
  });

  test('a query that can not be read is shown with a caret under the place, exit status 2', async () => {
    const { status, err } = await deadair('search', 'agent:(a or');
    assert.equal(status, 2);
    assert.match(err, /\n {2}agent:\(a or\n {13}\^\n/);
    assert.match(err, /query\.invalid/);
  });

  test('context shows a line in its file', async () => {
    const found = JSON.parse((await deadair('search', '"Starting workload now"', '--json')).out);
    const { out } = await deadair('context', found.event.id, '-B', '1', '-A', '2', '--utc');
    const shown = out.trimEnd().split('\n');
    assert.equal(shown.length, 4);
    assert.match(shown[1]!, /^> .*Starting workload now!$/);
  });

  test('tail shows a line that is written now', async () => {
    const tail = spawn(process.execPath, [MAIN, 'tail', 'marvellous'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, DEADAIR_URL: url, NO_COLOR: '1' },
    });
    // Following has begun when lines come; until then new ones are written.
    const writer = setInterval(
      () => appendFileSync(path.join(logs, 'agent-5.log'), 'WARN something marvellous\n'),
      200,
    );
    let said = '';
    for await (const chunk of tail.stdout!) {
      said += chunk;
      if (said.includes('marvellous')) break;
    }
    clearInterval(writer);
    tail.kill();
    assert.match(said, /agent-5 .*something marvellous/);
  });

  test('status names every agent', async () => {
    const { out } = await deadair('status');
    for (const agent of ['controller', 'agent-4', 'agent-5'])
      assert.match(out, new RegExp(`^${agent} +\\w+`, 'm'));
    assert.match(out, /No open incident\./);
    const json = JSON.parse((await deadair('status', '--json')).out);
    assert.equal(json.agents.length, 3);
  });

  test('runs are marked by hand and listed', async () => {
    assert.match((await deadair('runs', 'start', 'nightly')).out, /The run "nightly" goes on/);
    assert.equal((await deadair('runs', 'start', 'another')).status, 1);
    // Who takes part is known from heartbeats, of which the first may still be on its way.
    const deadline = performance.now() + 60_000;
    while (!/3 agents/.test((await deadair('runs', 'list')).out)) assert.ok(performance.now() < deadline);
    assert.match((await deadair('runs', 'stop', 'nightly')).out, /has ended/);
    assert.match((await deadair('runs', 'list')).out, /^nightly +[\d:]+ +.* completed +3 agents/m);
  });

  for (const [args, expected] of [
    [['context', 'nonsense'], /is not a line's id/],
    [['search', '--limit', 'many'], /--limit takes a whole number/],
    [['search', 'x', '--last', '5m', '--from', '6m'], /not both/],
    [['incidents', '01ARZ3NDEKTSV4RRFFQ69G5FAV'], /incident/],
  ] as const) {
    test(`deadair ${args.join(' ')} is wrong use`, async () => {
      const { status, err } = await deadair(...args);
      assert.equal(status, 2);
      assert.match(err, expected);
    });
  }
});

test('without a service, a client command says how to start one, exit status 1', async () => {
  const env = { ...process.env, DEADAIR_URL: 'http://127.0.0.1:9' };
  await assert.rejects(
    run(process.execPath, [MAIN, 'status'], { env }),
    (failed: { code: number; stderr: string }) => {
      assert.equal(failed.code, 1);
      assert.match(failed.stderr, /No Deadair answers at .*start one with `deadair up`|check the address/);
      return true;
    },
  );
});

async function eventually(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
