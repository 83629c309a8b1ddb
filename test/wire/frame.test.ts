import assert from 'node:assert/strict';
import { test } from 'node:test';
import { derivedId, ulid } from '../../src/platform/ids.js';
import { decodeFrame } from '../../src/wire/frame.js';
import { encodeFrame } from '../../src/wire/frame-out.js';
import type { FrameHead, RangeEntry } from '../../src/wire/protocol.js';
import fc from '../property.js';

const SOURCE = {
  id: ulid(0),
  agent: 'agent-1',
  host: 'host-1',
  path: '/logs/agent-1.log',
  head: { length: 3, hash: 'ab' },
};

function headWith(entries: RangeEntry[]): FrameHead {
  return { version: 1, collector: ulid(1), sentAt: 5, sources: [SOURCE], entries };
}

test('a frame comes back as it went, with gaps and ends between the byte ranges', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), parts => {
      let at = 0;
      const entries = parts.flatMap((part, index): RangeEntry[] => {
        const from = at;
        at += part.length;
        const bytes: RangeEntry = { kind: 'bytes', source: 0, from, to: at, observedAt: 1 };
        return index % 2 === 0
          ? [bytes]
          : [bytes, { kind: 'gap', source: 0, from: at, to: null, observedAt: 1, reason: 'rotated-away' }];
      });
      const frame = decodeFrame(encodeFrame(headWith(entries), parts));
      assert.deepEqual(frame.head.entries, entries);
      const payloads = frame.payloads.filter(payload => payload !== undefined);
      assert.deepEqual(
        payloads.map(payload => [...payload]),
        parts.map(part => [...part]),
      );
    }),
  );
});

const range = { kind: 'bytes', source: 0, from: 0, to: 3, observedAt: 1 } as const;
const good = encodeFrame(headWith([range]), [Buffer.from('abc')]);
const bad: [string, Buffer, RegExp][] = [
  ['an empty body', Buffer.alloc(0), /not a Deadair frame/],
  ['other content', Buffer.from('{"lines":[]}'), /not a Deadair frame/],
  ['a head longer than the body', good.subarray(0, 20), /head claims/],
  ['a payload cut short', good.subarray(0, good.length - 1), /payload ends inside entry 0/],
  ['bytes too many', Buffer.concat([good, Buffer.from('x')]), /1 bytes follow/],
  [
    'a source that is not there',
    encodeFrame(headWith([{ ...range, source: 4 }]), [Buffer.from('abc')]),
    /names source 4/,
  ],
  ['a range backwards', encodeFrame(headWith([{ ...range, from: 3, to: 0 }]), []), /before its start/],
  ['another version', encodeFrame({ ...headWith([]), version: 9 }, []), /protocol version 9/],
];
for (const [what, body, message] of bad)
  test(`a frame with ${what} is refused with the reason`, () => {
    assert.throws(() => decodeFrame(body), message);
  });

test('ids made from facts are the same for the same facts only, and have the form of a ULID', () => {
  assert.equal(derivedId('host', 'a'), derivedId('host', 'a'));
  assert.notEqual(derivedId('host', 'a'), derivedId('hosta', ''));
  assert.match(derivedId('x'), /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  assert.match(ulid(Date.now()), /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  assert.ok(ulid(1) < ulid(2));
});
