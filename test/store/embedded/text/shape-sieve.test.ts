import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Query } from '../../../../src/query/ast.js';
import { RowMatcher } from '../../../../src/query/matcher.js';
import { compileRegex } from '../../../../src/query/regex.js';
import { lineEnd } from '../../../../src/store/embedded/line-end.js';
import { ShapeSieve } from '../../../../src/store/embedded/text/shape-sieve.js';
import { MAYBE, YES } from '../../../../src/store/embedded/verdict.js';
import fc from '../../../property.js';
import { cases } from '../../../thorough.js';
import { hex, type Line, line, RoundTrip, T } from './round-trip.js';

/** What shapes say is true, and of which they say nothing, those lines are made. */
function assertTold(
  { sent, back, told }: { sent: string[]; back: string[]; told: number[] },
  matches: (line: string) => boolean,
  query: string,
): void {
  sent.forEach((line, i) => {
    const verdict = told[i] ?? MAYBE;
    if (verdict === MAYBE) assert.equal(back[i], line);
    else assert.equal(matches(line), verdict === YES, `${query} on ${JSON.stringify(line)}`);
  });
}

function matches(matcher: RowMatcher, line: string): boolean {
  const bytes = Buffer.from(line, 'latin1');
  const end = lineEnd(bytes, 0, bytes.length);
  return matcher.matches({
    agent: 'a',
    host: 'a',
    path: '/a',
    source: 's',
    time: 0,
    level: 0,
    class: 0,
    rule: undefined,
    event: undefined,
    stream: undefined,
    container: undefined,
    pod: undefined,
    namespace: undefined,
    bytes,
    start: 0,
    end,
    text: () => bytes.toString('utf8', 0, end),
  });
}

/** A line of bytes as it is displayed. */
function shownOf(line: string): string {
  const bytes = Buffer.from(line, 'latin1');
  return bytes.toString('utf8', 0, lineEnd(bytes, 0, bytes.length));
}

describe('lines of which a query asks the shapes', () => {
  it('are all made that hold a text, where only those that may hold it are made', () => {
    const needle = fc.oneof(
      fc.constantFrom(
        'error',
        'port=',
        '20:05',
        '2026',
        'abc1',
        'ABC',
        'fac',
        '\x01',
        'größe',
        '11-29T2',
        ' ',
      ),
      fc.nat().map(String),
      hex,
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 60 }), needle, (lines, text) => {
        const trip = new RoundTrip();
        const latin = Buffer.from(text).toString('latin1');
        for (let round = 0; round < 2; round++) {
          const block = trip.block(lines, ShapeSieve.for({ kind: 'substring', text }));
          assertTold(block, line => line.toLowerCase().includes(latin.toLowerCase()), text);
        }
      }),
      { numRuns: cases(400) },
    );
  });

  it('are told by their shapes to hold a word, or made', () => {
    const word = fc.constantFrom(
      'error',
      'port',
      'ERROR',
      'failed',
      'dead',
      'face',
      'id',
      'x_y',
      'größe',
      'gr',
      'abc1',
    );
    const query = fc.oneof(
      word.map((text): Query => ({ kind: 'word', word: text })),
      word.map((text): Query => ({ kind: 'prefix', word: text })),
      fc.tuple(word, word).map(
        ([a, b]): Query => ({
          kind: 'and',
          parts: [
            { kind: 'word', word: a },
            { kind: 'not', part: { kind: 'prefix', word: b } },
            { kind: 'level', op: '>=', level: 'none' },
          ],
        }),
      ),
      fc.tuple(word, word).map(
        ([a, b]): Query => ({
          kind: 'or',
          parts: [
            { kind: 'word', word: a },
            { kind: 'substring', text: b },
          ],
        }),
      ),
    );
    const beside = fc.constantFrom(
      'error',
      'xerror',
      'error_',
      'error:',
      'éerror',
      'error→',
      'port',
      'id',
      'failed',
      'gr',
    );
    const worded = fc.tuple(line, fc.array(beside, { maxLength: 4 })).map(
      ([{ time: at, text }, words]): Line => ({
        time: at,
        text: Buffer.from(`${words.join(' ')}-${Buffer.from(text, 'latin1').toString()}`).toString('latin1'),
      }),
    );
    fc.assert(
      fc.property(fc.array(worded, { minLength: 1, maxLength: 40 }), query, (lines, asked) => {
        const matcher = new RowMatcher(asked);
        const trip = new RoundTrip();
        for (let round = 0; round < 2; round++)
          assertTold(
            trip.block(lines, ShapeSieve.for(asked)),
            text => matches(matcher, text),
            JSON.stringify(asked),
          );
      }),
      { numRuns: cases(500) },
    );
  });

  it('are all made that match a regular expression, where only those that may match it are made', () => {
    const part = fc.constantFrom(
      ...[
        '[0-9]+',
        '[0-9.]+7',
        '[a-f0-9]{6,}',
        '[A-F]',
        'port=',
        'dead',
        '(?:error|face)',
        'or\\b',
        '\\b',
        '\\B',
      ],
      ...[
        '\\w+',
        '\\S*:',
        '[^0-9]',
        '[^a-f]',
        '.',
        '\\d{4}-',
        '^',
        '$',
        '\\x01',
        '\\s',
        '2026',
        '[^\\w]',
        'K?',
        '日',
        'ö',
      ],
    );
    const source = fc.array(part, { minLength: 1, maxLength: 5 }).map(parts => parts.join(''));
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 40 }),
        source,
        fc.boolean(),
        (lines, pattern, ignoreCase) => {
          const regex = compileRegex(pattern, ignoreCase);
          const trip = new RoundTrip();
          for (let round = 0; round < 2; round++) {
            const sieve = ShapeSieve.for({ kind: 'regex', source: pattern, ignoreCase });
            assertTold(trip.block(lines, sieve), line => regex.test(shownOf(line)), `/${pattern}/`);
          }
        },
      ),
      { numRuns: cases(500) },
    );
  });

  it('are not made where only the numbers of a pattern could be in them', () => {
    const lines = [
      'from 10.0.0.77 port 4221 ssh2\n',
      'from 10.0.0.77 to port b\n',
      'id 3fa9c0 from x port 1\n',
    ];
    const sieve = ShapeSieve.for({
      kind: 'regex',
      source: 'from [0-9.]+77 port [0-9]+1 ',
      ignoreCase: false,
    });
    const { sent, back } = new RoundTrip().block(
      lines.map(text => ({ text, time: T })),
      sieve,
    );
    assert.deepEqual(back, [sent[0], '', '']);
  });

  it('are told apart however many digits they have', () => {
    const digits = '0123456789'.repeat(9000);
    const lines = [`${digits} first\n`, 'error 7\n', `${digits} last 8\n`].map(text => ({ text, time: T }));
    const { sent, back } = new RoundTrip().block(
      lines,
      ShapeSieve.for({ kind: 'substring', text: 'last 8' }),
    );
    assert.deepEqual(back, ['', '', sent[2]]);
  });
});
