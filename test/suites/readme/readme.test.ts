import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packageRoot } from '../../../src/platform/package-root.js';

/** Commands of README.md that end by themselves only with something this test has not. */
const NOT_TRIED = new Map([
  ['deadair pull', 'needs hosts with sshd: npm run test:sshd'],
  ['deadair preflight node1 node2', 'needs hosts with sshd'],
]);
/** `diff` without names needs a healthy run whose lines were counted: that is half a minute after its end. */
const TOO_EARLY = /No healthy run before nightly is known/;
/** Those that go on until they are stopped. */
const ENDLESS = /^(?:DEADAIR_TOKEN=\S+\(.*\) )?deadair (tail|watch|collect|serve)\b/;

/** What stands between backticks in the tables below `## Use`, as a person would copy it. */
function commandsOfReadme(): string[] {
  const readme = readFileSync(path.join(packageRoot, 'README.md'), 'utf8');
  const use = readme.slice(readme.indexOf('## Use'), readme.indexOf('### Searching'));
  return use
    .split('\n')
    .filter(line => line.startsWith('|'))
    .flatMap(line => [...line.replaceAll('\\|', '|').matchAll(/`((?:\w+=\S+\([^)]*\) )?deadair [^`]+)`/g)])
    .map(([, command]) => command!);
}

describe('every command of README.md does what it says, as printed, in bash', { timeout: 230_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-readme-'));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
    DEADAIR_DATA: path.join(folder, 'data'),
    DEADAIR_LOG_LEVEL: 'silent',
    NO_COLOR: '1',
  };
  let service: ChildProcess;
  let lineId = '';

  const bash = (command: string, more: NodeJS.ProcessEnv = {}) =>
    spawnSync('bash', ['-eo', 'pipefail', '-c', command], {
      cwd: folder,
      env: { ...env, ...more },
      encoding: 'utf8',
      timeout: 150_000,
    });

  before(async () => {
    const bin = path.join(folder, 'bin');
    const logs = path.join(folder, 'logs');
    for (const each of [bin, logs]) mkdirSync(each);
    const script = (name: string, text: string): void => {
      writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`);
      chmodSync(path.join(bin, name), 0o755);
    };
    script('deadair', `exec '${process.execPath}' '${path.join(packageRoot, 'dist/src/cli/main.js')}' "$@"`);
    script('sai3bench-agent', 'echo listening');
    symlinkSync(path.join(packageRoot, 'samples'), path.join(folder, 'samples'));
    const sample = path.join(packageRoot, 'samples', '07-linkdown-permanent');
    for (const name of ['controller', 'agent-3', 'agent-4'])
      copyFileSync(path.join(sample, `${name}.log`), path.join(logs, `${name}.log`));
    copyFileSync(path.join(sample, 'agent-4.log'), path.join(folder, 'some.log'));
    writeFileSync(path.join(folder, 'token'), 'not-asked-for-here\n');
    writeFileSync(
      path.join(folder, 'my-rules.yaml'),
      'pack: mine\ntitle: Mine\nrules:\n  - id: one\n    class: timeout\n    phrases: [depot fell silent]\n    samples: { match: [depot fell silent] }\n',
    );
    service = spawn('deadair', ['up', '--port', '0', '--watch', logs], {
      cwd: folder,
      env: { ...env, DEADAIR_BACKUPS: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const chunk of service.stdout!) {
      said += chunk;
      env.DEADAIR_URL = /page +(http:\S+)/.exec(said)?.[1];
      if (env.DEADAIR_URL) break;
    }
    bash('until deadair search agent:agent-4 --json > lines && [ -s lines ]; do sleep 0.2; done');
    // Two runs of a name with lines of their own, so that one can be compared with the other.
    for (const words of ['all is well', 'all is well again']) {
      const run = bash(`deadair runs start nightly; echo "${words}" >> logs/agent-9.log
        until deadair search '"${words}"' --json > found && [ -s found ]; do sleep 0.2; done; deadair runs stop nightly; cat found`);
      assert.equal(run.status, 0, run.stderr);
      lineId = /([0-9A-Z]{26}:\d+)/.exec(run.stdout)![1]!;
    }
  });
  after(async () => {
    const ended = new Promise(resolve => service.once('exit', resolve));
    service.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  const commands = commandsOfReadme();
  test('the tables are read', () => assert.ok(commands.length > 25, commands.join('\n')));
  for (const command of commands) {
    const reason = NOT_TRIED.get(command);
    test(command, { skip: reason ?? false }, () => {
      const filled = command
        .replace(/\bID\b/, lineId)
        .replace('runs start NAME', 'runs start weekly')
        .replace('runs stop NAME', 'runs stop weekly')
        .replace('http://CONTROLLER:7707', env.DEADAIR_URL!)
        .replaceAll('/backup/', `${folder}/`);
      // Other services and what wants the store for itself work on a copy of their own.
      const alone = /deadair (serve|store compact)/.exec(filled);
      const endless = ENDLESS.test(filled);
      const apart = alone ? { DEADAIR_PORT: '0', DEADAIR_DATA: path.join(folder, 'other') } : {};
      const { status, stdout, stderr } = bash(
        endless ? filled.replace(/deadair /, 'timeout 2 deadair ') : filled,
        apart,
      );
      if (filled === 'deadair diff' && TOO_EARLY.test(stderr)) return;
      assert.equal(status, endless ? 124 : 0, `${filled}\n${stdout}\n${stderr}`);
    });
  }
});
