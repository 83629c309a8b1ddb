import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/platform/package-root.js';
import { RecordedService } from '../web/recorded-service.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const GOLDEN = path.join(packageRoot, 'test', 'cli', 'golden');
const run = promisify(execFile);

// What the commands print about a recorded run of the real program. UPDATE_GOLDEN=1 writes it anew.
describe('what commands print', () => {
  let service: RecordedService;
  before(async () => {
    service = await RecordedService.start();
    await service.play();
  });
  after(() => service.stop());

  const incident = () => service.engine.incidents()[0]!.id;
  for (const [name, args] of [
    ['status', () => ['status', '--utc']],
    ['search-fault', () => ['search', 'class:fault', 'agent:controller', '--utc']],
    ['search-limited', () => ['search', '--agent', 'agent-4', '-n', '4', '--oldest', '--utc']],
    ['search-json', () => ['search', 'FAILED', 'agent:controller', '--class', 'fault', '--json']],
    ['incidents', () => ['incidents', '--utc']],
    ['incident', () => ['incidents', incident(), '--utc']],
    ['runs', () => ['runs', '--utc']],
    ['help-search', () => ['search', '--help']],
  ] as const) {
    test(`${name} is as approved`, async () => {
      const { stdout } = await run(process.execPath, [MAIN, ...args()], {
        env: { ...process.env, DEADAIR_URL: service.server.url, NO_COLOR: '1', TZ: 'Europe/Berlin' },
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
    });
  }
});
