import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssumedZone } from '../../src/records/calendar.js';
import { HeadReader } from '../../src/records/head.js';
import { LINE_FORMATS } from '../reading/table/index.js';
import { FORMATS } from './format-lines.js';

const NEAR = Date.UTC(2026, 10, 30);
const LINES = [
  ...FORMATS.map(([, line]) => line),
  ...Object.values(LINE_FORMATS).flatMap(formats => formats.map(({ line }) => line)),
];
const WORDS = [
  'INFO',
  'ERROR',
  'info',
  'Warn',
  'am',
  'PM',
  'CET',
  'GMT',
  '+02',
  '-0130',
  '2026',
  '(CET)',
  ' ',
  '  ',
];

/** Small and the same each time (mulberry32). */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Nearly the same line: other digits, a byte more or less, another word behind a blank. */
function changed(line: string, pick: (below: number) => number): string {
  let text = line;
  for (let changes = pick(4); changes > 0; changes--) {
    const at = pick(Math.min(text.length, 60) + 1);
    const kind = pick(5);
    if (kind <= 1) text = text.replace(/\d/g, digit => (pick(8) === 0 ? String(pick(10)) : digit));
    else if (kind === 2) text = text.slice(0, at) + text.slice(at + 1);
    else if (kind === 3) text = `${text.slice(0, at)}${WORDS[pick(WORDS.length)]}${text.slice(at)}`;
    else text = text.slice(0, at);
  }
  return text;
}

function told(head: HeadReader, line: Buffer, trustWeak: boolean): unknown {
  head.read(line, 0, line.length, NEAR, trustWeak);
  const { hasTime, time, assumed, level, prefixed, body, strong } = head;
  return hasTime
    ? { time, assumed, level, prefixed, body, strong }
    : { hasTime, level, prefixed, body, strong };
}

for (const zone of ['UTC', 'Europe/Berlin'])
  test(`a head means the same whatever heads were read before it (${zone})`, () => {
    const assumedZone = new AssumedZone(zone);
    for (const [index, line] of LINES.entries()) {
      const pick = chance(index + 1);
      const used = new HeadReader(assumedZone);
      for (let i = 0; i < 40; i++) {
        const other = Buffer.from(changed(line, pick));
        const trustWeak = pick(4) === 0;
        assert.deepEqual(
          told(used, other, trustWeak),
          told(new HeadReader(assumedZone), other, trustWeak),
          `${JSON.stringify(other.toString())} after lines like ${JSON.stringify(line)}`,
        );
      }
    }
  });

test('most heads of a program are told by one that was read before', () => {
  const head = new HeadReader(new AssumedZone());
  const seen: number[] = [];
  for (let i = 0; i < 90; i++) {
    const line = Buffer.from(
      `2026-11-23 16:00:${String(i % 60).padStart(2, '0')},123 ${['INFO ', 'WARN '][i % 2]} [main] text`,
    );
    head.read(line, 0, line.length, NEAR, true);
    seen.push(head.recalled);
  }
  assert.equal(seen.at(-1), 88);
});
