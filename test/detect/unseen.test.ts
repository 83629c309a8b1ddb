import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import { readLabelled, score } from './unseen.js';

const packs = loadBuiltInPacks();
const grammar = new LineDetector(packs.filter(({ pack }) => pack === 'generic' || pack === 'statements'));
const all = new LineDetector(packs);

for (const [name, f1] of [
  ['worked-on', 0.95],
  ['left-out', 0.92],
] as const) {
  const lines = readLabelled(name);
  const programs = new Set(lines.map(({ program }) => program)).size;
  test(`faults of ${programs} programs without a pack are found by the grammar alone (${name})`, () => {
    const result = score(grammar, lines);
    const said = result.wrong.map(
      ({ program, label, got, line }) => `${program}: ${label}, got ${got}: ${line}`,
    );
    assert.ok(result.f1 >= f1, `F1 ${result.f1}\n${said.join('\n')}`);
    assert.ok(result.classRight >= 0.9, `right class ${result.classRight}\n${said.join('\n')}`);
  });
  test(`the packs of other programs do no harm there (${name})`, () => {
    assert.ok(score(all, lines).f1 >= f1);
  });
}
