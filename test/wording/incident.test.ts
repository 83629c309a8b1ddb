import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subjectWords } from '../../src/wording/incident.js';

for (const [subjects, words] of [
  [['agent-4'], 'agent-4'],
  [['agent-2', 'agent-1'], 'agent-1 and agent-2'],
  [['agent-1', 'agent-2', 'agent-3', 'agent-5', 'agent-6'], 'agent-1 to agent-3, agent-5 and agent-6'],
  [['agent-9', 'agent-10', 'agent-11'], 'agent-9 to agent-11'],
  [['a', 'c', 'e', 'g', 'i', 'k'], 'a, c, e, g … (6 in all)'],
  [[], 'the run'],
] as const)
  test(`names ${JSON.stringify(subjects)} as "${words}"`, () => assert.equal(subjectWords(subjects), words));
