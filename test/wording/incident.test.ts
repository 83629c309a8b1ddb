import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceFor } from '../../src/wording/advice.js';
import { incidentHeadline, pastHeadline, subjectWords } from '../../src/wording/incident.js';

for (const [subjects, words] of [
  [['agent-4'], 'agent-4'],
  [['agent-2', 'agent-1'], 'agent-1 and agent-2'],
  [['agent-1', 'agent-2', 'agent-3', 'agent-5', 'agent-6'], 'agent-1 to agent-3, agent-5 and agent-6'],
  [['agent-9', 'agent-10', 'agent-11'], 'agent-9 to agent-11'],
  [['a', 'c', 'e', 'g', 'i', 'k'], 'a, c, e, g … (6 in all)'],
  [[], 'the run'],
] as const)
  test(`names ${JSON.stringify(subjects)} as "${words}"`, () => assert.equal(subjectWords(subjects), words));

for (const [kind, cause, subjects, now, afterwards] of [
  ['overdue', undefined, ['a-1'], 'a-1 should have ended by now', 'a-1 ended late'],
  [
    'agent-stalled',
    'frozen',
    ['a-1'],
    'a-1 stalled: its process stands still',
    'a-1 had stalled: its process stood still',
  ],
  [
    'agent-lost',
    'frozen',
    ['a-1', 'a-2'],
    'a-1 and a-2 lost: their processes stand still',
    'a-1 and a-2 were lost: their processes stood still',
  ],
] as const)
  test(`${kind} of ${subjects.join(' and ')} is told as it is, and afterwards as it was, with advice that fits`, () => {
    const incident = { kind, subjects: [...subjects], startedAt: 0, ...(cause ? { cause } : {}) };
    assert.equal(incidentHeadline(incident), now);
    assert.equal(pastHeadline(incident), afterwards);
    assert.match(adviceFor(incident) ?? '', /what it still does|ps -o pid,stat/);
    assert.doesNotMatch(adviceFor({ ...incident, resolvedAt: 1 }) ?? '', /still does|ps -o pid|kill -CONT/);
  });
