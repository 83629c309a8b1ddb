import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { Command } from 'commander';
import { type ClassifyOptions, classifyStream, registerClassify } from '../../src/cli/commands/classify.js';
import { formatReports, registerRules } from '../../src/cli/commands/rules.js';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import { runSamples } from '../../src/detect/samples.js';
import type { Finding } from '../../src/model/finding.js';
import { packageRoot } from '../../src/platform/package-root.js';

const packs = loadBuiltInPacks();
const detector = new LineDetector(packs);

async function classify(chunks: Buffer[], options: ClassifyOptions = {}): Promise<string> {
  let printed = '';
  const output = new Writable({
    write(chunk, _encoding, done) {
      printed += String(chunk);
      done();
    },
  });
  await classifyStream(detector, Readable.from(chunks), output, options);
  return printed;
}

test('classify prints one label a line whatever the chunks and line ends', async () => {
  const input = Buffer.from('käse ✓\r\nconnect: Connection timed out\r\n\nlast: Connection timed out');
  const expected = 'none\ntimeout\nnone\ntimeout\n';
  assert.equal(await classify([input]), expected);
  assert.equal(await classify([...input].map(byte => Buffer.of(byte))), expected);
});

test('classify prints nothing for empty input', async () => {
  assert.equal(await classify([]), '');
});

test('classify judges any bytes and a line of many megabytes, and keeps count', async () => {
  const long = Buffer.concat([
    Buffer.from('connect: '),
    Buffer.alloc(5_000_000, 'x '),
    Buffer.from(': Connection timed out'),
  ]);
  const chunks: Buffer[] = [Buffer.from('\xff\xfe\0\n', 'latin1')];
  for (let at = 0; at < long.length; at += 65_536) chunks.push(long.subarray(at, at + 65_536));
  chunks.push(Buffer.from('\n\r\n\x1b[31mConnection\x1b[0m refused'));
  assert.equal(await classify(chunks), 'none\ntimeout\nnone\nrefused\n');
});

test('with --json each line is what was found: class, rule, event and fields', async () => {
  const printed = await classify(
    [Buffer.from('all is well\nconnect to 10.0.0.4:7761: Connection refused\n')],
    {
      json: true,
    },
  );
  const [first, second] = printed
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Finding);
  assert.deepEqual(first, { class: 'none' });
  assert.equal(second!.class, 'refused');
  assert.match(second!.rule, /^[a-z-]+\/[a-z-]+$/);
  assert.deepEqual(second!.fields, { address: '10.0.0.4', port: '7761' });
});

test('a reader that goes away ends classify without a word', () => {
  const main = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
  const run = spawnSync(
    'sh',
    ['-c', `yes 'Connection refused' | "${process.execPath}" "${main}" classify | head -n 2`],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(run.stdout, 'refused\nrefused\n');
  assert.equal(run.stderr, '');
});

test('every sample line of every built-in pack is judged as its rule says', () => {
  const reports = runSamples(detector, packs);
  assert.equal(
    reports.flatMap(report => report.failures).length,
    0,
    formatReports(reports.filter(report => report.failures.length > 0)),
  );
});

test('the commands register under the names people type', () => {
  const program = new Command();
  registerClassify(program);
  const rules = registerRules(program);
  assert.deepEqual(
    program.commands.map(command => command.name()),
    ['classify', 'rules'],
  );
  assert.deepEqual(
    rules.commands.map(command => command.name()),
    ['test', 'backtest'],
  );
});
