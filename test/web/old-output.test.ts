import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecording } from '../../src/incidents/replay/recording.js';
import type { StatusReply } from '../../src/web/api/status.js';
import { RecordedService } from './recorded-service.js';

const DAY = 86_400_000;

test('logs of an earlier test that are found in the files: no run, no incident, and status says what they are', async () => {
  const recording = readRecording('samples/07-linkdown-permanent');
  const late = recording.arrivals.at(-1)!.at + DAY;
  // All at once a day later, as when a collector is started beside old files.
  const found = { ...recording, arrivals: recording.arrivals.map(one => ({ ...one, at: late })) };
  const service = await RecordedService.start({ recording: found });
  try {
    await service.play();
    service.engine.advance(late + 60_000);
    const reply = await fetch(`${service.server.url}/v1/status`);
    const { agents } = (await reply.json()) as StatusReply;
    assert.deepEqual([...new Set(agents.map(one => one.phase))], ['old output']);
    assert.deepEqual(service.engine.runs(), []);
    assert.deepEqual(service.engine.incidents(), []);
    const reasons = new Set(service.engine.explain({}).skipped.map(one => one.reason));
    assert.deepEqual(
      [...reasons],
      ['old output: the line was in the file long before the agent was first seen'],
    );
  } finally {
    await service.stop();
  }
});
