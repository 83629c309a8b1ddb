import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { areFiles, lastLines } from '../../src/cli/local-tail.js';
import { packageRoot } from '../../src/platform/package-root.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');

function place(): { folder: string; file: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-tail-'));
  return { folder, file: path.join(folder, 'agent-1.log') };
}

test('tail FILE follows without a service: last lines first, faults named, bytes that two writes split kept', async () => {
  const { folder, file } = place();
  writeFileSync(file, 'first\n2026-11-23T16:58:42Z ERROR connect: Connection refused (os error 111)\n');
  const child = spawn(process.execPath, [MAIN, 'tail', file, '-n', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let said = '';
  const until = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`"${text}" did not come: ${said}`)), 20_000);
      const look = () => {
        if (!said.includes(text)) return;
        clearTimeout(timer);
        child.stdout.off('data', look);
        resolve();
      };
      child.stdout.on('data', look);
      look();
    });
  child.stdout.on('data', chunk => {
    said += chunk;
  });
  try {
    await until('refused connect: Connection refused');
    assert.doesNotMatch(said, /first/);
    const [a, b] = [Buffer.from('größer\n').subarray(0, 3), Buffer.from('größer\n').subarray(3)];
    appendFileSync(file, a!);
    appendFileSync(file, b!);
    await until('größer');
    assert.match(said, /agent-1/);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a file that is not there is said, and not looked for in the logs of all hosts', () => {
  const { folder, file } = place();
  try {
    writeFileSync(file, '');
    assert.equal(areFiles([file]), true);
    for (const words of [
      [],
      ['refused'],
      ['/refused|reset/'],
      ['/a b/'],
      ['path:/var/log'],
      ['1.5'],
      ['host:10.0.0.1'],
    ])
      assert.equal(areFiles(words), false, words.join(' '));
    for (const words of [['./gone.log'], ['/var/log/gone.log'], ['~/gone.log'], [file, 'gone.log']])
      assert.throws(() => areFiles(words), { code: 'not-found', message: /gone\.log/ }, words.join(' '));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

for (const [text, count, expected] of [
  ['a\nb\nc\n', 2, 'b\nc\n'],
  ['a\nb\nc\n', 9, 'a\nb\nc\n'],
  ['a\nb\nopen', 1, 'b\n'],
  ['', 3, ''],
] as const)
  test(`the last ${count} lines of ${JSON.stringify(text)} are ${JSON.stringify(expected)}`, () => {
    const { folder, file } = place();
    writeFileSync(file, text);
    assert.equal(Buffer.from(lastLines(file, count).bytes).toString(), expected);
    rmSync(folder, { recursive: true, force: true });
  });

test('completion: bash completes commands, their options and sub-commands', () => {
  const script = spawnSync(process.execPath, [MAIN, 'completion', 'bash'], { encoding: 'utf8' }).stdout;
  const complete = (...words: string[]) =>
    spawnSync(
      'bash',
      [
        '-c',
        `${script}\nCOMP_WORDS=(deadair ${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _deadair; echo "\${COMPREPLY[@]}"`,
      ],
      { encoding: 'utf8' },
    ).stdout.trim();
  assert.match(complete('sea'), /^search$/);
  assert.match(complete('search', '--la'), /--last/);
  assert.match(complete('rules', 'b'), /backtest/);
  for (const shell of ['zsh', 'fish'])
    assert.match(
      spawnSync(process.execPath, [MAIN, 'completion', shell], { encoding: 'utf8' }).stdout,
      /search/,
    );
  assert.equal(spawnSync(process.execPath, [MAIN, 'completion', 'tcsh']).status, 2);
});

/** `patterns level>=warn` wrote a file: what stands in README and help must be what a shell takes for words. */
test('no example of a query in README or help redirects into a file', () => {
  const readme = spawnSync('cat', [path.join(packageRoot, 'README.md')], { encoding: 'utf8' }).stdout;
  const helps = ['search', 'tail', 'patterns', 'classify', 'explain', 'incidents'].map(
    name => spawnSync(process.execPath, [MAIN, name, '--help'], { encoding: 'utf8' }).stdout,
  );
  const commands = [readme, ...helps].flatMap(
    text => text.match(/\bdeadair (?:search|tail|patterns) [^`\n]*/g) ?? [],
  );
  assert.ok(commands.length > 5);
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-words-'));
  for (const command of commands) {
    const { status } = spawnSync('bash', ['-c', `deadair() { :; }; jq() { cat; }; ${command}; ls -A`], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.equal(status, 0, command);
    assert.equal(spawnSync('ls', ['-A', folder], { encoding: 'utf8' }).stdout, '', command);
  }
  rmSync(folder, { recursive: true, force: true });
});
