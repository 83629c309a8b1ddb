import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { readRecording } from '../../src/incidents/replay/recording.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { RecordedService } from '../web/recorded-service.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const GOLDEN = path.join(packageRoot, 'test', 'cli', 'golden');
const run = promisify(execFile);

interface Command {
  name: string;
  args: () => string[];
}

// What the commands print about a recorded run of the real program. UPDATE_GOLDEN=1 writes it anew.
describe('what commands print', () => {
  let service: RecordedService;
  before(async () => {
    service = await RecordedService.start();
    await service.play();
  });
  after(() => service.stop());

  const incident = () => service.engine.incidents()[0]!.id;
  const commands: Command[] = [
    { name: 'status', args: () => ['status', '--utc'] },
    { name: 'search-fault', args: () => ['search', 'class:fault', 'agent:controller', '--utc'] },
    { name: 'search-limited', args: () => ['search', '--agent', 'agent-4', '-n', '4', '--oldest', '--utc'] },
    {
      name: 'search-json',
      args: () => ['search', 'FAILED', 'agent:controller', '--class', 'fault', '--json'],
    },
    { name: 'incidents', args: () => ['incidents', '--utc'] },
    { name: 'incident', args: () => ['incidents', incident(), '--utc'] },
    { name: 'runs', args: () => ['runs', '--utc'] },
    { name: 'help-search', args: () => ['search', '--help'] },
    { name: 'patterns', args: () => ['patterns', 'level>=warn', '--utc'] },
    {
      name: 'backtest-phrase',
      args: () => ['rules', 'backtest', 'Stats writer: Workload failed', '--run', 'latest', '--utc'],
    },
    {
      name: 'backtest-known',
      args: () => ['rules', 'backtest', 'sai3-bench/agent-stream-error', '--run', 'latest', '--utc'],
    },
    {
      name: 'backtest-json',
      args: () => ['rules', 'backtest', '/peer .* evaporated/', '--since', '2026-11-23T16:00', '--json'],
    },
  ];
  for (const { name, args } of commands)
    test(`${name} is as approved`, () => approve(name, args(), service.server.url));
});

describe('what commands print about a run after a healthy one', () => {
  let service: RecordedService;
  before(async () => {
    service = await RecordedService.start();
    await service.playAll(readRecording('samples/01-baseline-mixed-8'));
    await service.play();
    await service.profiles.keepUp();
  });
  after(() => service.stop());

  const commands: Command[] = [
    { name: 'diff', args: () => ['diff', '--utc'] },
    { name: 'patterns-new', args: () => ['patterns', '--run', 'latest', '--new', '--utc', '-n', '8'] },
    {
      name: 'patterns-json',
      args: () => ['patterns', 'FAILED', '--run', 'latest', '--json', '-n', '2'],
    },
  ];
  for (const { name, args } of commands)
    test(`${name} is as approved`, () => approve(name, args(), service.server.url));
});

async function approve(name: string, args: readonly string[], url: string): Promise<void> {
  const { stdout } = await run(process.execPath, [MAIN, ...args], {
    env: { ...process.env, DEADAIR_URL: url, NO_COLOR: '1', TZ: 'Europe/Berlin' },
  });
  const file = path.join(GOLDEN, `${name}.txt`);
  // Disk space and compression differ from machine to machine.
  const text = stdout.replace(
    /in [\d.]+ [KMG]?i?B, [\d.]+ [KMGT]?i?B free; Deadair \S+/,
    'in SIZE, FREE; Deadair VERSION',
  );
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(file, text);
  }
  assert.ok(existsSync(file), `${file} is missing: run with UPDATE_GOLDEN=1 and read what it wrote`);
  assert.equal(text, readFileSync(file, 'utf8'));
}
