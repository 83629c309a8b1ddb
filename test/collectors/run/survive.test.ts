import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { packageRoot } from '../../../src/platform/package-root.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-survive-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a line, waits for a file to be there, writes on: what happens between is the test's. */
const PROGRAM = 'echo one; while [ ! -e "$0" ]; do sleep 0.05; done; echo two; echo three; exit 3';

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function until(file: string, pattern: RegExp): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const text = read(file);
    if (pattern.test(text)) return text;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`${file} never held ${pattern}: ${read(file)}`);
}

test('a reader that closes the pipe (| head -1) neither ends the log nor changes the status', async () => {
  const log = path.join(folder, 'pipe.log');
  const go = path.join(folder, 'pipe.go');
  const child = spawn(process.execPath, [MAIN, 'run', '--log', log, '--', 'sh', '-c', PROGRAM, go], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>(resolve => child.on('close', resolve));
  await new Promise(resolve => child.stdout.once('data', resolve));
  child.stdout.destroy();
  spawnSync('touch', [go]);
  assert.equal(await ended, 3);
  assert.match(read(log), /one\ntwo\nthree\n.*exited with status 3/s);
});

const script = spawnSync('script', ['--version']).status === 0;

for (const survive of [true, false])
  test(`a terminal that vanishes ${survive ? 'leaves the program alone with --survive' : 'ends the program, and the log says how'}`, {
    skip: script ? false : 'script(1), which makes a terminal, is not here',
  }, async () => {
    const log = path.join(folder, `pty-${survive}.log`);
    const go = path.join(folder, `pty-${survive}.go`);
    const command = [
      process.execPath,
      MAIN,
      'run',
      '--log',
      log,
      ...(survive ? ['--survive'] : []),
      '--',
      'sh',
      '-c',
    ];
    const line = `${command.join(' ')} '${PROGRAM}' ${go}`;
    const terminal = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await until(log, /^one$/m);
    terminal.kill('SIGKILL');
    if (survive) spawnSync('touch', [go]);
    const text = await until(log, /deadair run: (exited|killed)/);
    assert.match(text, survive ? /two\nthree\n.*exited with status 3/s : /killed by SIGHUP/);
  });
