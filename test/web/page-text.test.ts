import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayText, messageText } from '../../src/records/text.js';
import { parseLine, terminalStates, withoutPrefix } from '../../src/web/page/lines/ansi.js';
import {
  initialView,
  parseView,
  searchParameters,
  type View,
  viewAddress,
} from '../../src/web/page/state/view.js';
import { agentHue } from '../../src/web/page/ui/agent-hue.js';
import fc from '../property.js';

const shown = (raw: string): string =>
  withoutPrefix(parseLine(raw))
    .map(segment => segment.text)
    .join('');

for (const [raw, expected] of [
  [
    '\x1b[2m2026-11-23T16:58:42.358384Z\x1b[0m \x1b[31mERROR\x1b[0m Agent agent-4 stream error: status: Unknown',
    'Agent agent-4 stream error: status: Unknown',
  ],
  ['\x1b[2m2026-11-23T16:57:28.238004Z\x1b[0m \x1b[32m INFO\x1b[0m Agent starting', 'Agent starting'],
  ['2026-11-23 16:58:42,358 [WARN] slow', 'slow'],
  ['2026-11-23T16:58:42Z', '2026-11-23T16:58:42Z'],
  ['=== Distributed Workload ===', '=== Distributed Workload ==='],
  ['  ⏳ Starting in 2s...\r⏳ Starting in 1s...\r⏳ Starting in 0s...\r', '⏳ Starting in 0s...'],
  ['\x1b[2K50 %\r\x1b[2K100 %\r\x1b[2K', '100 %'],
  ['a\0b\x07c', 'a␀b␇c'],
] as const) {
  test(`${JSON.stringify(raw).slice(0, 60)} is shown as ${JSON.stringify(expected)}`, () => {
    assert.equal(shown(raw), expected);
  });
}

for (const [raw, expected] of [
  ['2026/11/30 09:46:40 [error] 18883#18883: *4 connect() failed', '18883#18883: *4 connect() failed'],
  [
    '2026/11/30 09:46:51 dial tcp 127.0.0.1:1: connection refused',
    'dial tcp 127.0.0.1:1: connection refused',
  ],
  ['\x1b[2m2026-11-30 09:46:48.805 UTC\x1b[0m [19020] LOG:  shutting \x1b[1mdown\x1b[0m', undefined],
] as const)
  test(`no time stands twice, as the service read the line: ${JSON.stringify(raw).slice(0, 60)}`, () => {
    const message = messageText(raw);
    const segments = withoutPrefix(parseLine(raw), message);
    assert.equal(segments.map(one => one.text).join(''), expected ?? message);
  });

for (const [raw, style] of [
  ['\x1b[31mx', 'fg-1'],
  ['\x1b[1;33mx', 'fg-3 bold'],
  ['\x1b[91mx', 'fg-9'],
  ['\x1b[2;3;4mx', 'dim italic underline'],
  ['\x1b[31m\x1b[39mx', ''],
  ['\x1b[1m\x1b[mx', ''],
  ['\x1b[38;5;196mx', 'fg-9'],
  ['\x1b[38;2;0;0;255mx', 'fg-12'],
  ['\x1b[48;5;3mx', 'bg-3'],
  ['\x1b]8;;http://example.org\x07x', ''],
  ['\x1b[2K\x1b[1Gx', ''],
] as const) {
  test(`${JSON.stringify(raw)} is styled "${style}"`, () => {
    assert.deepEqual(parseLine(raw), [{ text: 'x', style }]);
  });
}

for (const [name, raw, states] of [
  ['no return', 'a', ['a']],
  ['blanks alone', '  ', ['  ']],
  ['a progress bar', '\r1 %\r2 %\r  \r', ['1 %', '2 %']],
  ['a return inside a title', '\x1b]\r\x07a', ['a']],
  ['a return inside a sequence between blanks', '\t\x1bP\r\x1b\\', ['\t']],
  ['a return inside a colour that lasts', '\x1b[31m1\r2', ['1', '2']],
] as const) {
  test(`the states of ${name} are told apart`, () => {
    assert.deepEqual(
      terminalStates(raw).map(state => state.map(segment => segment.text).join('')),
      states,
    );
  });
}

test('the page takes out the same sequences as the service does', () => {
  const piece = fc.constantFrom(
    'a',
    'ü',
    ' ',
    '\x1b[',
    '\x1b]',
    '\x1b',
    '\x1b[31m',
    '\x1b[0K',
    '\x07',
    '\x1b\\',
    ';',
    '4',
    'm',
    '\r',
    '\t',
    '\u00a0',
    '\0',
    '\x1bP',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
      const raw = pieces.join('');
      const page = parseLine(raw)
        .map(segment => segment.text)
        .join('');
      // A control that is left over is made visible on the page.
      const service = displayText(raw).replace(/[\0-\x08\x0b-\x1f]/g, c =>
        String.fromCharCode(0x2400 + c.charCodeAt(0)),
      );
      assert.equal(page.replaceAll(/[␛␀]/g, ''), service);
    }),
  );
});

test('an address holds every view and gives it back', () => {
  const word = fc
    .string({ minLength: 1, maxLength: 12 })
    .filter(text => !text.includes(',') && text.trim() === text && text !== 'all');
  const view: fc.Arbitrary<View> = fc.record({
    tab: fc.constantFrom('run', 'lines', 'incidents', 'hosts', 'runs', 'kinds'),
    q: fc.string(),
    agents: fc.array(word, { maxLength: 3 }),
    level: fc.constantFrom('', 'warn', 'error'),
    classes: fc.subarray(['timeout', 'refused', 'dns']),
    from: fc.oneof(fc.constant(''), fc.constant('15m'), word),
    to: fc.oneof(fc.constant(''), word),
    order: fc.constantFrom('newest', 'oldest'),
    by: fc.constantFrom('class', 'agent', 'level'),
    line: fc.constantFrom('', '72HW844VSF5CTFJAATH02PZYE8:828'),
    incident: fc.constantFrom('', '01ARZ3NDEKTSV4RRFFQ69G5FAV'),
    mark: fc.string(),
    run: fc.constantFrom('', '01ARZ3NDEKTSV4RRFFQ69G5FAW'),
    before: fc.constantFrom('', '01ARZ3NDEKTSV4RRFFQ69G5FAX'),
    beside: fc.subarray(['agent-1', 'agent-2', 'controller']),
    at: fc.constantFrom(0, 1_763_910_000_000),
  });
  fc.assert(fc.property(view, one => assert.deepEqual(parseView(viewAddress(one).slice(1)), { ...one })));
});

test('the plain address is the usual view, and an alert link opens its incident and time', () => {
  assert.deepEqual(parseView(''), initialView);
  assert.equal(viewAddress(initialView), '/');
  const view = parseView('?incident=01AB&from=2026-11-23T16:57:02.000Z&to=2026-11-23T17:00:45.000Z');
  assert.equal(view.incident, '01AB');
  assert.equal(
    searchParameters(view).toString(),
    'from=2026-11-23T16%3A57%3A02.000Z&to=2026-11-23T17%3A00%3A45.000Z',
  );
});

test('neighbouring agents have hues that can be told apart', () => {
  for (let i = 1; i < 100; i++) {
    const apart = Math.abs(agentHue(`agent-${i}`) - agentHue(`agent-${i + 1}`));
    assert.ok(Math.min(apart, 360 - apart) > 90);
  }
});
