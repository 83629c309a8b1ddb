import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { type LabelledLine, score } from './unseen.js';

/**
 * Lines of programs from their sources, labelled before the detector saw them, and no rule was made for them since: they
 * measure, they are no samples. Whoever mends a rule by one of them takes it out of here.
 */
function firstSight(): LabelledLine[] {
  return readFileSync(path.join(packageRoot, 'test', 'detect', 'programs', 'first-sight.tsv'), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [program, label, text] = line.split('\t') as [string, string, string];
      return { program, label, line: text };
    });
}

test('lines of programs that nobody described are understood at first sight', () => {
  const lines = firstSight();
  assert.ok(lines.length >= 300 && new Set(lines.map(({ program }) => program)).size >= 30);
  const { f1, classRight } = score(new LineDetector(loadBuiltInPacks()), lines);
  assert.ok(f1 >= 0.92, `F1 ${f1}`);
  assert.ok(classRight >= 0.9, `right class of what was found ${classRight}`);
});
