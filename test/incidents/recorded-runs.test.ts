import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faults, run, sample, sampleNames, truthOf } from './recordings.js';

describe('recorded runs of sai3-bench', () => {
  for (const name of sampleNames) {
    it(`${name}: finds what was done to it, with the right cause, and accuses nobody else`, async () => {
      const engine = await run(sample(name));
      assert.deepEqual(faults(engine.incidents(), truthOf(name)), []);
    });
  }

  it('tells of the cut link with evidence from the controller and from the agent, and folds the abort of the others in', async () => {
    const [incident, ...others] = (await run(sample('07-linkdown-permanent'))).incidents();
    assert.equal(others.length, 0);
    assert.ok(incident);
    const by = new Set(incident.evidence.map(line => line.by));
    assert.ok(by.has('controller') && by.has('agent-4'), [...by].join());
    assert.ok(incident.consequences.length >= 7, 'the seven other agents were stopped');
    assert.ok(incident.consequences.every(line => line.by !== 'agent-4'));
    assert.match(incident.explanation, /agent-4 stopped answering about 16:58:02.*other 7 agents/);
  });
});
