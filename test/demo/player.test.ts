import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { planDemo } from '../../src/demo/player.js';
import { shiftTimestamps } from '../../src/demo/shift.js';
import { loadPacks } from '../../src/detect/load.js';
import { type Arrival, readRecording } from '../../src/incidents/replay/recording.js';
import { replay } from '../../src/incidents/replay/replay.js';
import { packageRoot } from '../../src/platform/package-root.js';

const begin = Date.parse('2027-01-02T03:04:05Z');
const recording = readRecording(path.join(packageRoot, 'samples', '07-linkdown-permanent'));

test('the demo as it is played leads to the verdict of the recording', async () => {
  const contents = new Map<string, Buffer>();
  const arrivals: Arrival[] = planDemo(recording, begin, 1).map(({ after, file, bytes }) => {
    const known = contents.get(file) ?? Buffer.alloc(0);
    contents.set(file, Buffer.concat([known, bytes]));
    return { at: begin + after, file, offset: known.length, bytes: bytes.length };
  });
  const engine = await replay({ folder: 'demo', arrivals, contents }, { packs: loadPacks() });
  assert.deepEqual(
    engine.incidents().map(({ kind, subjects, cause }) => ({ kind, subjects, cause })),
    [{ kind: 'agent-lost', subjects: ['agent-4'], cause: 'unresponsive' }],
  );
  const [incident] = engine.incidents();
  assert.ok(incident!.openedAt - begin < 60_000, 'within a minute');
});

test('every byte of the recording is played, in order and of the same length', () => {
  const steps = planDemo(recording, begin, 3);
  for (const [file, log] of recording.contents) {
    const played = Buffer.concat(steps.filter(step => step.file === file).map(step => step.bytes));
    assert.equal(played.length, log.length, file);
    assert.equal(
      played.toString('latin1').replace(/\d/g, '0'),
      log.toString('latin1').replace(/\d/g, '0'),
      file,
    );
  }
  for (const [index, step] of steps.entries()) assert.ok(step.after >= (steps[index - 1]?.after ?? 0));
});

for (const [what, line, expected] of [
  [
    'with microseconds and colours',
    '\x1b[2m2026-11-23T16:58:42.358384Z\x1b[0m x',
    '\x1b[2m2026-11-23T16:58:43.608384Z\x1b[0m x',
  ],
  ['with milliseconds', '2026-11-23T16:58:42.358Z x', '2026-11-23T16:58:43.608Z x'],
  ['without a fraction', '2026-11-23T16:58:42Z x', '2026-11-23T16:58:43Z x'],
  ['inside the line, left alone', 'at 2026-11-23T16:58:42Z x', 'at 2026-11-23T16:58:42Z x'],
] as const) {
  test(`a timestamp ${what}`, () => {
    assert.equal(shiftTimestamps(Buffer.from(line), at => at + 1250).toString(), expected);
  });
}
