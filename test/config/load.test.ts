import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { ConfigError, loadConfig, problemText } from '../../src/config/load.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-config-'));
after(() => rmSync(folder, { recursive: true }));

function fileOf(yaml: string): string {
  const file = path.join(folder, 'deadair.yaml');
  writeFileSync(file, yaml);
  return file;
}

function problems(yaml: string, env: NodeJS.ProcessEnv = {}, flags: Record<string, unknown> = {}): string[] {
  try {
    loadConfig({ file: fileOf(yaml), env, flags });
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems.map(problemText);
    throw thrown;
  }
  return [];
}

test('without anything set the defaults of the manual stand', () => {
  const { settings } = loadConfig({ file: fileOf(''), env: {} });
  assert.deepEqual(
    [
      settings.data,
      settings.server.listen,
      settings.server.port,
      settings.silence.after,
      settings.alerts.channels[0]?.kind,
    ],
    ['./data', '127.0.0.1', 7707, 60_000, 'log'],
  );
});

test('flags outweigh variables, variables the file, the file the defaults', () => {
  const file = fileOf('data: /from/file\nserver: {port: 1001}\nsilence: {after: 2m}\n');
  const env = { DEADAIR_PORT: '1002', DEADAIR_WATCH: '/a, /b', DEADAIR_DATA: '' };
  const { settings } = loadConfig({ file, env, flags: { 'server.port': 1003, data: undefined } });
  assert.equal(settings.server.port, 1003);
  assert.deepEqual(settings.collect.watch, ['/a', '/b']);
  assert.equal(settings.data, '/from/file', 'an empty variable counts as not set');
  assert.equal(settings.silence.after, 120_000);
});

const WRONG: [name: string, yaml: string, expected: (string | RegExp)[]][] = [
  [
    'a misspelt setting names the one that was meant',
    'server:\n  prot: 80\n',
    ['deadair.yaml:2: server.prot: there is no such setting; did you mean port?'],
  ],
  [
    'a misspelt setting inside a list is found by its place',
    'alerts:\n  channels:\n    - {name: hook, kind: webhook, url: "http://x", singingKey: abc}\n',
    ['deadair.yaml:3: alerts.channels[0].singingKey: there is no such setting; did you mean signingKey?'],
  ],
  [
    'a wrong kind lists what there is',
    'alerts:\n  channels:\n    - name: hook\n      kind: webhok\n',
    [
      "deadair.yaml:4: alerts.channels[0].kind: must be one of 'log' | 'webhook' | 'slack' | 'email' | 'alertmanager' | 'command'",
    ],
  ],
  [
    'a value of another type is told from what was expected',
    'server: {port: seven}\n',
    ['deadair.yaml:1: server.port: must be a number, not a text'],
  ],
  [
    'a time span without a unit says how to write one',
    'silence:\n  after: "60"\n',
    ['deadair.yaml:2: silence.after: "60" is no time span; write for example 30s, 15m, 2h or 7d'],
  ],
  [
    'every problem is named, not the first alone',
    'sever: {}\nserver: {port: 70000}\n',
    [
      'deadair.yaml:2: server.port: must be at most 65535',
      'deadair.yaml:1: sever: there is no such setting; did you mean server?',
    ],
  ],
  ['broken YAML names line and column', 'server:\n  port: [1\n', [/deadair\.yaml:3:1: .*deadair\.yaml: .*/]],
];
for (const [name, yaml, expected] of WRONG)
  test(name, () => {
    const found = problems(yaml);
    assert.equal(found.length, expected.length, found.join('\n'));
    for (const [index, line] of expected.entries()) {
      if (line instanceof RegExp) assert.match(found[index]!, line);
      else assert.equal(found[index], line);
    }
  });

test('a wrong variable or flag is named as it was written', () => {
  assert.deepEqual(problems('', { DEADAIR_PORT: 'http' }), [
    'DEADAIR_PORT: server.port: must be a number, not a text',
  ]);
  assert.match(
    problems('', {}, { 'server.port': 99_999 })[0]!,
    /^--port: server\.port: must be at most 65535/,
  );
});

test('listening beyond this host without a token is refused and says how to get one', () => {
  const [problem] = problems('server: {listen: 0.0.0.0}\n');
  assert.match(problem!, /server\.token: listening on 0\.0\.0\.0 needs a token.*DEADAIR_TOKEN/);
  assert.deepEqual(problems('server: {listen: 0.0.0.0}\n', { DEADAIR_TOKEN: 'long-enough' }), []);
});

test('the token of the service is what a collector sends, unless it has one of its own', () => {
  const env = { DEADAIR_TOKEN: 'token-of-the-service' };
  assert.equal(loadConfig({ file: fileOf(''), env }).settings.collect.token, 'token-of-the-service');
  const own = loadConfig({ file: fileOf('collect: { tokenFile: /run/token }'), env }).settings.collect;
  assert.deepEqual([own.token, own.tokenFile], [undefined, '/run/token']);
});

test('the token may lie in a file; a file without one is an error', () => {
  const tokenFile = path.join(folder, 'token');
  writeFileSync(tokenFile, 'secret-of-the-file\n');
  const { settings } = loadConfig({ file: fileOf(''), env: { DEADAIR_TOKEN_FILE: tokenFile } });
  assert.equal(settings.server.token, 'secret-of-the-file');
  writeFileSync(tokenFile, '\n');
  assert.throws(() => loadConfig({ file: fileOf(''), env: { DEADAIR_TOKEN_FILE: tokenFile } }), {
    code: 'config.invalid',
    subject: 'server.tokenFile',
  });
});

test('DEADAIR_TOKEN is also what a collector shows, unless it has a token of its own', () => {
  const env = { DEADAIR_TOKEN: 'secret-of-both' };
  assert.equal(loadConfig({ file: fileOf(''), env }).settings.collect.token, 'secret-of-both');
  const own = loadConfig({ file: fileOf('collect: { token: another-one }'), env });
  assert.equal(own.settings.collect.token, 'another-one');
  const inFile = loadConfig({ file: fileOf('collect: { tokenFile: /run/token }'), env });
  assert.equal(inFile.settings.collect.token, undefined);
});

test('aliases that fill the memory, and aliases of nothing, are problems of the file that say what to do', () => {
  const nine = (name: string) => `[${Array(9).fill(name)}]`;
  const bomb = `a: &a ${nine('x')}\nb: &b ${nine('*a')}\nc: &c ${nine('*b')}\nd: &d ${nine('*c')}\n`;
  for (const text of [bomb, 'data: *nothing'])
    assert.throws(
      () => loadConfig({ file: fileOf(text), env: {} }),
      (error: ConfigError) => {
        assert.equal(error.code, 'config.invalid');
        assert.match(error.problems[0]!.message, /alias/i);
        return true;
      },
    );
});

test('a variable that is probably misspelt is warned of', () => {
  const { warnings } = loadConfig({ file: fileOf(''), env: { DEADAIR_TOKN: 'x', DEADAIR_URL: 'http://y' } });
  assert.deepEqual(warnings, ['DEADAIR_TOKN is no variable of Deadair; did you mean DEADAIR_TOKEN?']);
});

test('a settings file that is named and missing is an error', () => {
  assert.throws(() => loadConfig({ file: path.join(folder, 'none.yaml'), env: {} }), {
    code: 'config.unreadable',
  });
});
