import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { describe, it } from 'node:test';
import { createProgram } from '../../src/cli/program.js';
import { loadConfig } from '../../src/config/load.js';
import { loadConfigApart } from '../../src/config/load-apart.js';
import { packageRoot } from '../../src/platform/package-root.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');

describe('a lean start', () => {
  it('loads the one command that is called, under the name it has', async () => {
    for (const command of (await createProgram()).commands) {
      const alone = await createProgram(['--json', command.name()]);
      assert.deepEqual(
        alone.commands.map(one => one.name()),
        [command.name()],
      );
    }
    assert.ok((await createProgram(['no-such-command'])).commands.length > 20);
  });

  it('reads the same settings in a process of their own', async () => {
    const sources = { flags: { 'collect.watch': ['/logs'], 'collect.to': 'http://node1:7707' } };
    assert.deepEqual(await loadConfigApart(sources), JSON.parse(JSON.stringify(loadConfig(sources))));
    await assert.rejects(loadConfigApart({ flags: { 'collect.from': 'middle' } }), {
      code: 'config.invalid',
      subject: 'collect.from',
    });
  });

  it('is one file for the collector, and one for what reads its settings', () => {
    for (const bundle of ['src/cli/run-program.bundle.js', 'src/config/load-child.bundle.js']) {
      const file = path.join(packageRoot, 'dist', bundle);
      const text = readFileSync(file, 'utf8');
      const named = [...text.matchAll(/\b(?:import|export)\b[^"';]*"([^"\n]+)";/g)].map(([, name]) => name!);
      assert.ok(named.includes('node:fs'));
      assert.deepEqual(
        named.filter(name => !isBuiltin(name)),
        [],
      );
      // Other commands, and the way without a process of its own, stay where they are.
      const called = [...text.matchAll(/\bimport\("(\.[^"\n]+)"\)/g)].map(([, name]) => name!);
      assert.deepEqual(
        called.filter(name => !existsSync(path.resolve(path.dirname(file), name))),
        [],
      );
    }
  });

  it('says of the collector what the program of all commands says', async () => {
    const { stdout } = spawnSync(process.execPath, [MAIN, 'collect', '--help'], { encoding: 'utf8' });
    const [collect] = (await createProgram(['collect'])).commands;
    assert.ok(stdout.startsWith(collect!.helpInformation()), stdout);
    const wrong = spawnSync(process.execPath, [MAIN, 'collect', '--watch', '/logs', '--from', 'middle'], {
      encoding: 'utf8',
    });
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /--from: .*\[config\.invalid, collect\.from\]/);
  });

  it('of the collector loads neither the schema library nor YAML', () => {
    const script = `
      await import('./dist/src/cli/commands/collect.js');
      await import('./dist/collectors/collector.js');
      await import('./dist/src/config/load-apart.js');
      const loaded = process.moduleLoadList ?? [];
      console.log(JSON.stringify(loaded.filter(name => /undici/.test(name))));`;
    const trace = path.join(packageRoot, 'dist', 'test', 'cli', 'trace-imports.js');
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', trace, '--input-type=module', '-e', script],
      { cwd: packageRoot, encoding: 'utf8' },
    );
    assert.doesNotMatch(stderr, /node_modules\/(zod|yaml)\//);
    assert.match(stderr, /collectors\/collector\.js/);
    assert.deepEqual(JSON.parse(stdout), []);
  });
});
