import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';

const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-with-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A PATH on which the command `deadair` is this checkout's. */
const bin = path.join(folder, 'bin');
mkdirSync(bin);
writeFileSync(
  path.join(bin, 'deadair'),
  `#!/bin/sh\nexec "${process.execPath}" "${path.resolve('dist/src/cli/main.js')}" "$@"\n`,
);
chmodSync(path.join(bin, 'deadair'), 0o755);

/** Runs deploy/with-log.sh; `signal` is sent when the program has said "ready". */
function withLog(
  name: string,
  script: string,
  options: { deadair: boolean; signal?: NodeJS.Signals },
): Promise<{ status: number | null; output: string; log: string; kept: string }> {
  const log = path.join(folder, `${name}.log`);
  const kept = path.join(folder, `${name}.status`);
  const plain = process.env
    .PATH!.split(':')
    .filter(one => !one.includes('node_modules'))
    .join(':');
  const child = spawn('sh', ['deploy/with-log.sh', '--status', kept, log, 'sh', '-c', script], {
    env: { ...process.env, PATH: options.deadair ? `${bin}:${plain}` : plain },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let sent = false;
  child.stdout.on('data', bytes => {
    output += String(bytes);
    if (options.signal && !sent && output.includes('ready')) {
      sent = true;
      child.kill(options.signal);
    }
  });
  return new Promise(resolve => {
    child.on('close', status =>
      resolve({ status, output, log: readFileSync(log, 'utf8'), kept: readFileSync(kept, 'utf8').trim() }),
    );
  });
}

for (const deadair of [false, true])
  describe(`deploy/with-log.sh ${deadair ? 'with deadair run' : 'with tee'}`, () => {
    const name = (what: string) => `${what}-${deadair}`;

    it('keeps output, order and exit status', async () => {
      const ended = await withLog(name('plain'), 'echo one; echo two >&2; echo three; exit 7', { deadair });
      assert.equal(ended.status, 7);
      assert.equal(ended.kept, '7');
      assert.match(ended.output, /one\ntwo\nthree\n/);
      assert.match(ended.log, /one\ntwo\nthree\n/);
      assert.equal(/deadair run: started pid/.test(ended.log), deadair);
    });

    it('passes SIGTERM on, waits for the program and keeps the status it chose', async () => {
      const script = 'trap "echo going; sleep 0.2; exit 5" TERM; echo ready; while :; do sleep 0.05; done';
      const ended = await withLog(name('term'), script, { deadair, signal: 'SIGTERM' });
      assert.equal(ended.status, 5);
      assert.equal(ended.kept, '5');
      assert.match(ended.log, /ready\ngoing\n/);
    });

    it('tells a program that was killed from one that ended', async () => {
      const ended = await withLog(name('killed'), 'echo alive; kill -9 $$', { deadair });
      assert.equal(ended.status, 137);
      assert.match(ended.log, /alive\n/);
    });
  });
