import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { Command } from 'commander';
import { classifyStream, registerClassify } from '../../src/cli/classify.js';
import { formatReports, registerRules } from '../../src/cli/rules.js';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import { runSamples } from '../../src/detect/samples.js';

const packs = loadBuiltInPacks();
const detector = new LineDetector(packs);

async function classify(chunks: Buffer[]): Promise<string> {
  let printed = '';
  const output = new Writable({
    write(chunk, _encoding, done) {
      printed += String(chunk);
      done();
    },
  });
  await classifyStream(detector, Readable.from(chunks), output);
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
