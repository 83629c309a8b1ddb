import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import { Programs } from '../../src/detect/programs.js';
import { compileRules } from '../../src/detect/rules.js';
import { noteFacts } from '../../src/safe-regex/facts.js';

test('V8 runs every pattern of the built-in packs: the linear engine is a hundred times dearer', () => {
  const packs = loadBuiltInPacks();
  const facts = noteFacts(() => {
    compileRules(packs);
    new Programs(packs);
  });
  assert.ok(Object.keys(facts).length > 500, 'all patterns are looked at');
  const linear = Object.entries(facts).filter(([, { engine }]) => engine === 'linear');
  assert.deepEqual(
    linear.map(([pattern]) => pattern),
    [],
    'bound their repetitions (`.{0,40}`) or take alternatives that begin alike together',
  );
});
