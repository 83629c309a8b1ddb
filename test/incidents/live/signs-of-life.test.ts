import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Activity } from '../../../src/incidents/inputs.js';
import { SignsOfLife } from '../../../src/incidents/live/signs-of-life.js';

const sign = (agent: string, ingestedAt: number, observedAt = ingestedAt): Activity => ({
  agent,
  host: agent,
  observedAt,
  ingestedAt,
});

test('of many signs of life the first and, when the engine is asked, the latest of each agent are told', () => {
  const told: [string, number][] = [];
  const signs = new SignsOfLife(({ agent, ingestedAt }) => told.push([agent, ingestedAt]));
  for (let at = 1000; at < 1200; at += 10) for (const agent of ['a', 'b']) signs.heard(sign(agent, at));
  assert.deepEqual(told, [
    ['a', 1000],
    ['b', 1000],
  ]);
  signs.flush();
  assert.deepEqual(told.slice(2), [
    ['a', 1190],
    ['b', 1190],
  ]);
  signs.flush();
  assert.equal(told.length, 4, 'nothing is told twice');
});

test('a quarter of a second later the next one is told at once, also after the clock was set back', () => {
  const told: number[] = [];
  const signs = new SignsOfLife(({ ingestedAt }) => told.push(ingestedAt));
  for (const at of [1000, 1249, 1250, 900]) signs.heard(sign('a', at));
  assert.deepEqual(told, [1000, 1250, 900]);
});

test('lines of a backlog do not hide a sign of life that is newer', () => {
  const told: number[] = [];
  const signs = new SignsOfLife(({ observedAt }) => told.push(observedAt));
  signs.heard(sign('a', 1000, 1000));
  signs.heard(sign('a', 1010, 1010));
  signs.heard(sign('a', 1020, 200));
  signs.flush();
  assert.deepEqual(told, [1000, 1010]);
});
