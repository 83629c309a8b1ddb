import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type RunContext, type RunSettings, runProgram } from '../../../collectors/run/runner.js';
import { SystemClock } from '../../../src/platform/clock.js';

function scene() {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-run-'));
  const terminal = new PassThrough();
  const shown: Buffer[] = [];
  terminal.on('data', bytes => shown.push(bytes));
  const notices: string[] = [];
  const signals = new EventEmitter();
  const context: RunContext = {
    clock: new SystemClock(),
    terminal,
    notice: message => notices.push(message),
    signals,
    terminalSendsInterrupt: false,
  };
  const log = path.join(folder, 'agent-1.log');
  const run = (command: string[], more: Partial<RunSettings> = {}) =>
    runProgram({ command, log, ...more }, context);
  return { folder, log, notices, signals, run, shown: () => Buffer.concat(shown).toString() };
}

const withoutMarks = (text: string) =>
  text
    .split('\n')
    .filter(line => !line.includes('deadair run:'))
    .join('\n');

test('terminal and file get both streams in the order they were written', async () => {
  const s = scene();
  const status = await s.run(['sh', '-c', 'for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done']);
  assert.equal(status, 0);
  const expected = [1, 2, 3, 4, 5].map(i => `out ${i}\nerr ${i}\n`).join('');
  assert.equal(s.shown(), expected);
  assert.equal(withoutMarks(readFileSync(s.log, 'utf8')), expected);
});

test('bytes pass through as they are, invalid UTF-8 and NUL included', async () => {
  const s = scene();
  await s.run(['printf', '\\000\\377\\303(x\\r50%%\\r100%%'], { marks: false });
  assert.deepEqual(readFileSync(s.log), Buffer.from('\x00\xff\xc3(x\r50%\r100%', 'latin1'));
});

for (const [name, command, expected] of [
  ['the program’s own', ['sh', '-c', 'exit 7'], 7],
  ['128 + signal for a killed program', ['sh', '-c', 'kill -9 $$'], 137],
  ['127 for a command that is not there', ['no-such-program-here'], 127],
] as const) {
  test(`the exit status is ${name}`, async () => {
    assert.equal(await scene().run([...command]), expected);
  });
}

test('start and exit are marked on lines of their own, also after an unfinished line', async () => {
  const s = scene();
  await s.run(['printf', 'no newline at the end']);
  const lines = readFileSync(s.log, 'utf8').split('\n');
  assert.match(lines[0]!, /^\d{4}-\S+Z {2}INFO deadair run: started pid \d+: printf no newline at the end$/);
  assert.equal(lines[1], 'no newline at the end');
  assert.match(lines[2]!, /INFO deadair run: exited with status 0 after \d+\.\d s$/);
});

test('the log is appended to, or emptied when asked', async () => {
  const s = scene();
  await s.run(['echo', 'first'], { marks: false });
  await s.run(['echo', 'second'], { marks: false });
  assert.equal(readFileSync(s.log, 'utf8'), 'first\nsecond\n');
  await s.run(['echo', 'third'], { marks: false, truncate: true });
  assert.equal(readFileSync(s.log, 'utf8'), 'third\n');
});

for (const [name, message, expected] of [
  ['a taken port', 'Error: Address already in use (os error 98)', /port in use: .*ss -ltnp/],
  ['missing credentials', 'botocore: Unable to locate credentials', /missing or wrong credentials/],
  [
    'a directory it may not write',
    "mkdir: can't create /logs/x: Permission denied",
    /permission denied: .*chown/,
  ],
] as const) {
  test(`an immediate exit for ${name} is explained with the last lines`, async () => {
    const s = scene();
    await s.run(['sh', '-c', `echo "${message}" >&2; exit 1`]);
    assert.match(s.notices.join('\n'), expected);
    assert.ok(s.notices.includes(`  | ${message}`));
    assert.match(readFileSync(s.log, 'utf8'), /exited immediately\), likely cause: /);
  });
}

test('a signal to deadair reaches the program, whose own end counts', async () => {
  const s = scene();
  const running = s.run([
    'sh',
    '-c',
    'trap "echo stopping; exit 3" TERM; echo ready; while :; do sleep 0.05; done',
  ]);
  while (!(existsSync(s.log) && readFileSync(s.log, 'utf8').includes('ready\n')))
    await once(s.signals, 'tick', { signal: AbortSignal.timeout(20) }).catch(() => {});
  s.signals.emit('SIGTERM');
  assert.equal(await running, 3);
  assert.match(s.shown(), /stopping/);
});

test('a full disk is said and does not stop the program', async t => {
  if (!existsSync('/dev/full')) return t.skip('skipped: no /dev/full here');
  const s = scene();
  const status = await s.run(['sh', '-c', 'echo one; echo two; exit 4'], { log: '/dev/full' });
  assert.equal(status, 4);
  assert.equal(s.shown(), 'one\ntwo\n');
  assert.match(s.notices.join('\n'), /disk of \/dev\/full is full; the program goes on/);
  assert.match(s.notices.join('\n'), /bytes of output never reached \/dev\/full/);
});

test('a log that cannot be written is refused before the program starts', async () => {
  const s = scene();
  writeFileSync(path.join(s.folder, 'file'), '');
  await assert.rejects(
    s.run(['touch', path.join(s.folder, 'ran')], { log: path.join(s.folder, 'file', 'x.log') }),
    /Cannot write the log .*--log/,
  );
  assert.ok(!existsSync(path.join(s.folder, 'ran')));
});

test('with --survive the program outlives a hang-up of the terminal', async () => {
  const s = scene();
  const worker = path.join(path.dirname(fileURLToPath(import.meta.url)), 'survivor.js');
  const go = path.join(s.folder, 'go');
  const child = spawn(process.execPath, [worker, s.log, go], { stdio: 'ignore' });
  const contains = async (text: string) => {
    while (!(existsSync(s.log) && readFileSync(s.log, 'utf8').includes(text)))
      await once(s.signals, 'tick', { signal: AbortSignal.timeout(20) }).catch(() => {});
  };
  await contains('ready\n');
  child.kill('SIGHUP');
  writeFileSync(go, '');
  await contains('done\n');
  await once(child, 'exit');
  assert.equal(child.exitCode, 0);
});
