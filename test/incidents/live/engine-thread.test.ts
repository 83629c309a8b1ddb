import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { LineDetector } from '../../../src/detect/detector.js';
import { tellMarks } from '../../../src/detect/marks.js';
import type { EngineClient, EngineInput } from '../../../src/incidents/live/engine-client.js';
import { EngineThread } from '../../../src/incidents/live/engine-thread.js';
import { programsOf } from '../../../src/incidents/settings.js';
import { MarkPacker } from '../../../src/model/mark-pack.js';
import { SourceParser } from '../../../src/records/parser.js';
import { packs, sample } from '../recordings.js';
import { LocalEngine } from './local-engine.js';

const settings = { ...programsOf(packs), lateAfter: 15_000, silentAfter: 60_000 };
const detector = new LineDetector(packs);

/** What the engine is told at one moment. */
interface Moment {
  at: number;
  inputs: () => EngineInput[];
}

/** A recorded run as the service would tell of it; bytes are made anew each time, for they are given away. */
function recorded(name: string): Moment[] {
  const recording = sample(name);
  const parsers = new Map<string, SourceParser>();
  return recording.arrivals.map(({ at, file, offset, bytes }, seq) => {
    const parser = parsers.get(file) ?? new SourceParser();
    parsers.set(file, parser);
    const content = recording.contents.get(file)!.subarray(offset, offset + bytes);
    const batch = parser.push(Uint8Array.from(content), offset, { observedAt: at });
    detector.scan(batch, { id: `${name} ${file}`, path: file });
    const agent = file.replace('.log', '');
    const came = { agent, host: agent, observedAt: at, ingestedAt: at };
    const marks = new MarkPacker();
    tellMarks(batch, { ...came, path: file, source: file, seq }, marks);
    return {
      at,
      inputs: () => {
        const packed = marks.bytes();
        return [{ activity: came }, ...(packed ? [{ marks: { bytes: packed, seq } }] : [])];
      },
    };
  });
}

/** Two hundred hosts that beat, fall silent together and come back, all but one that is retired meanwhile. */
function switchDies(): Moment[] {
  const start = Date.UTC(2026, 10, 23, 12);
  const moments: Moment[] = [];
  for (let second = 0; second < 240; second++) {
    const at = start + second * 1000;
    const beating = second < 40 || second > 150;
    const inputs = (): EngineInput[] =>
      Array.from({ length: 200 }, (_, host) => host)
        .filter(host => beating && host % 5 === second % 5)
        .map(host => ({
          at,
          heartbeat: {
            version: 1,
            collector: `c${host}`,
            host: `host-${host}`,
            agents: [`agent-${host}`],
            sentAt: at,
            program: 'deadair',
            startedAt: start,
            diskFree: null,
            files: [],
          },
        }));
    moments.push({ at, inputs });
  }
  moments.push({ at: start + 240_000, inputs: () => [{ retire: { agent: 'agent-7', retired: true } }] });
  return moments;
}

const WORLDS: [string, Moment[]][] = [
  ['07-linkdown-permanent', recorded('07-linkdown-permanent')],
  ['45-sigstop-20s-ctl-vv', recorded('45-sigstop-20s-ctl-vv')],
  ['a switch dies', switchDies()],
];

async function told(moments: Moment[], make: () => EngineClient, restartAt = -1): Promise<unknown> {
  let engine = make();
  await engine.begin(settings, undefined);
  const changes: unknown[] = [];
  const runs: unknown[] = [];
  const ask = async (now: number) => {
    const one = await engine.advance(now);
    changes.push(...one.changes);
    runs.push(...one.runs);
  };
  for (const [index, { at, inputs }] of moments.entries()) {
    await ask(at);
    if (index === restartAt) {
      const saved = await engine.save();
      await engine.end();
      engine = make();
      assert.deepEqual(await engine.begin(settings, saved), {});
    }
    engine.feed(inputs());
  }
  await ask(moments.at(-1)!.at + 60_000);
  const answer = await engine.explain({});
  await engine.end();
  return JSON.parse(JSON.stringify({ changes, answer, runs: restartAt < 0 ? runs : runs.length > 0 }));
}

const dead = (error: Error) => assert.fail(`the thread died: ${error.message}`);

describe('the engine in a thread says what the engine says', () => {
  for (const [name, moments] of WORLDS) {
    test(`${name}: the same changes, runs and answers`, async () => {
      const local = await told(moments, () => new LocalEngine());
      assert.ok((local as { changes: unknown[] }).changes.length > 0);
      assert.deepEqual(await told(moments, () => new EngineThread(dead)), local);
    });

    test(`${name}: and goes on from what another saved`, async () => {
      const middle = moments.length >> 1;
      const local = await told(moments, () => new LocalEngine(), middle);
      assert.deepEqual(await told(moments, () => new EngineThread(dead), middle), local);
      const { changes } = local as { changes: unknown };
      assert.deepEqual(
        changes,
        ((await told(moments, () => new LocalEngine())) as { changes: unknown }).changes,
      );
    });
  }
});

test('a saved state that can’t be read is told, and the engine begins with none', async () => {
  const engine = new EngineThread(dead);
  after(() => engine.end());
  const { unreadable } = await engine.begin(settings, Buffer.from('junk').toString('base64'));
  assert.ok(unreadable);
  assert.deepEqual((await engine.advance(1000)).changes, []);
});

test('asked before it has begun, it says that it does not judge yet', async () => {
  const engine = new EngineThread(dead);
  await assert.rejects(engine.advance(1), /not judged yet/);
});
