import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadPacks } from '../../src/detect/load.js';
import { packageRoot } from '../../src/platform/package-root.js';

const folder = mkdtempSync(path.join(tmpdir(), 'deadair-packs-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const full = path.join(folder, name);
  writeFileSync(full, text);
  return full;
}

const OWN = `
pack: shop
title: Our shop
rules:
  - id: till
    class: disconnect
    pattern: 'till (?<host>\\S{1,40}) went dark'
    samples: { match: ['till t4 went dark'], not: ['till t4 is bright'] }
`;

function deadair(args: string[], input = ''): { status: number | null; out: string; err: string } {
  const main = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
  const { DEADAIR_CONFIG: _, ...env } = process.env;
  const run = spawnSync(process.execPath, [main, ...args], { cwd: folder, env, input, encoding: 'utf8' });
  return { status: run.status, out: run.stdout, err: run.stderr };
}

test('a pack of deadair.yaml is used by classify and tested by rules test', () => {
  file('shop.yaml', OWN);
  file('deadair.yaml', 'detect:\n  packs: [shop.yaml]\n');
  assert.equal(deadair(['classify'], 'till t4 went dark\ntill t4 is bright\n').out, 'disconnect\nnone\n');
  const tested = deadair(['rules', 'test']);
  assert.match(tested.out, /^shop +1 +2 +0$/m);
  assert.equal(tested.status, 0);
  assert.equal(deadair(['config', 'check']).status, 0);
});

test('a sample that does not hold is named, with exit status 1', () => {
  const wrong = file(
    'wrong.yaml',
    OWN.replace("not: ['till t4 is bright']", "not: ['till t5 went dark']").replace(
      'pack: shop',
      'pack: other',
    ),
  );
  const { out, status } = deadair(['rules', 'test', wrong]);
  assert.match(out, /failed other\/till: expected no match/);
  assert.equal(status, 1);
});

test('config check and classify say which pack is wrong and where', () => {
  file('bad.yaml', OWN.replace('class: disconnect', 'class: gone'));
  file('deadair.yaml', 'detect:\n  packs: [bad.yaml]\n');
  for (const command of [['config', 'check'], ['classify']]) {
    const { out, err, status } = deadair(command);
    assert.match(out + err, /bad\.yaml.*rules\[0\]\.class \(till\)/s);
    assert.notEqual(status, 0);
  }
  file('deadair.yaml', 'detect:\n  packs: [missing.yaml]\n');
  assert.match(deadair(['classify']).err, /missing\.yaml can't be read/);
});

for (const [what, change, message] of [
  [
    'a pattern without fixed text',
    OWN.replace(/till \(\?<host>.*dark/, '\\d+ \\w+'),
    /without any fixed text/,
  ],
  ['look-around', OWN.replace('went dark', '(?=x)dark'), /look-around.*column/],
  ['words nobody defined', OWN.replace('went dark', '{{gone}}'), /No words are named gone/],
  ['an unknown field', OWN.replace('class:', 'klass:'), /till/],
  ['two rules of one name', OWN + OWN.slice(OWN.indexOf('  - id')), /two rules named till/],
  ['what is no YAML', 'pack: [', /not valid YAML/],
] as const) {
  test(`a pack with ${what} is refused with its file's name`, () => {
    const name = file('refused.yaml', change);
    assert.throws(
      () => new LineDetector(loadPacks([name])),
      (error: Error) => {
        assert.match(error.message, message);
        assert.match(error.message, /refused\.yaml/);
        return true;
      },
    );
  });
}

test('a pack with the name of a built-in one replaces it, and of equal rules the later one wins', () => {
  const curl = file('curl.yaml', OWN.replace('pack: shop', 'pack: curl'));
  const packs = loadPacks([curl]);
  assert.deepEqual(
    packs.filter(({ pack }) => pack === 'curl').map(({ rules }) => rules.map(({ id }) => id)),
    [['till']],
  );
  const again = file('again.yaml', OWN.replace('pack: shop', 'pack: again').replace('disconnect', 'timeout'));
  assert.equal(
    new LineDetector(loadPacks([curl, again])).classifyLine('till t4 went dark')?.class,
    'timeout',
  );
});
