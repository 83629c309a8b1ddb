import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heartbeatReply, positionsReply, rangesReply } from '../../collectors/delivery/replies.js';
import { HeartbeatReply, PositionsReply, RangesReply } from '../../src/wire/protocol.js';
import fc from '../property.js';

const SOURCE = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const known = {
  id: SOURCE,
  agent: 'agent-1',
  host: 'node1',
  path: '/logs/agent-1.log',
  head: { length: 3, hash: 'abc' },
  position: 12,
  tail: { length: 3, hash: 'def' },
  ended: false,
  quietMs: 5,
};
/** An answer of each kind, with what checks it here and what checks it at the service. */
const kinds = [
  {
    name: 'ranges',
    valid: { version: 1, now: 1, outcomes: [{ source: SOURCE, position: 4, status: 'stored' }] },
    read: rangesReply,
    schema: RangesReply,
  },
  {
    name: 'positions',
    valid: {
      version: 1,
      now: 1,
      sources: [known, { ...known, compression: 'gzip', start: 4, inode: '5', device: '6' }],
      encodings: ['zstd', 'br'],
      maxBodyBytes: 5,
      maxRawBytes: 6,
      batchBytes: 7,
      heartbeatSeconds: 5,
    },
    read: positionsReply,
    schema: PositionsReply,
  },
  {
    name: 'heartbeat',
    valid: { version: 1, now: 1.5, heartbeatSeconds: 5 },
    read: heartbeatReply,
    schema: HeartbeatReply,
  },
];

type Json = Record<string, unknown>;

/** Every place of an answer, as the keys that lead to it. */
function placesOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => placesOf(item, [...path, key]))];
}

function changed(value: unknown, [key, ...rest]: string[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as Json) }) as Json;
  if (rest.length === 0 && to === undefined) delete copy[key];
  else copy[key] = changed((value as Json)[key], rest, to);
  return copy;
}

const passes = (check: () => unknown): boolean => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
};

describe('answers that a collector takes', () => {
  for (const { name, valid, read, schema } of kinds) {
    it(`${name}: what the service sends`, () => {
      assert.deepEqual(read(structuredClone(valid)), schema.parse(valid));
    });

    it(`${name}: nothing that is missing or of another kind, as the protocol's schema has it`, () => {
      const junk = fc.constantFrom(undefined, null, 'text', -1, 1.5, true, {}, [], [1], ['gzip']);
      fc.assert(
        fc.property(fc.constantFrom(...placesOf(valid)), junk, (place, to) => {
          const made = changed(valid, place, to);
          const answer: unknown = made === undefined ? made : JSON.parse(JSON.stringify(made));
          // What is refused here is refused there; texts are looked at more closely there.
          if (passes(() => schema.parse(answer)))
            assert.ok(
              passes(() => read(answer)),
              JSON.stringify(answer),
            );
          else if (typeof to !== 'string' && !Array.isArray(to))
            assert.ok(!passes(() => read(answer)), JSON.stringify(answer));
        }),
        { numRuns: 500 },
      );
    });
  }
});
