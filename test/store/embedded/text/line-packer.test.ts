import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Query } from '../../../../src/query/ast.js';
import { RowMatcher } from '../../../../src/query/matcher.js';
import { compileRegex } from '../../../../src/query/regex.js';
import { unpack } from '../../../../src/store/embedded/codec.js';
import { LinePacker } from '../../../../src/store/embedded/text/line-packer.js';
import { chunkVerdicts, unpackChunk, unpackRefs } from '../../../../src/store/embedded/text/line-unpacker.js';
import { ReadShapes } from '../../../../src/store/embedded/text/read-shapes.js';
import { type LineRange, openShapes, readShapes } from '../../../../src/store/embedded/text/shape-codec.js';
import { ShapeSieve } from '../../../../src/store/embedded/text/shape-sieve.js';
import { SharedShapes } from '../../../../src/store/embedded/text/shared-shapes.js';
import { lineEnd } from '../../../../src/store/embedded/unit.js';
import { MAYBE, YES } from '../../../../src/store/embedded/verdict.js';
import fc from '../../../property.js';

interface Line {
  text: string;
  time: number;
}

function chunksOf(lines: number, starts: Uint32Array, size = 16): LineRange[] {
  const chunks: LineRange[] = [];
  for (let line0 = 0; line0 < lines; line0 += size) {
    const own = Math.min(size, lines - line0);
    const rawLength = starts[line0 + own]! - starts[line0]!;
    chunks.push({ line0, lines: own, rawLength });
  }
  return chunks;
}

function addShapes(body: Uint8Array, into: ReadShapes): void {
  const packed = readShapes(body);
  into.add([openShapes(packed, packed.blobs.map(unpack))]);
}

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

/** Packs blocks as the sealer does, reads them back as a reader does, and gives what came back. */
class RoundTrip {
  private readonly packer = new LinePacker();
  private readonly shared = new SharedShapes();
  private readonly dictionaries = new Map<number, ReadShapes>();

  constructor(private readonly chunkLines = 16) {}

  block(
    lines: Line[],
    sieve?: ShapeSieve,
  ): {
    sent: string[];
    back: string[];
    told: number[];
    bytes: number;
  } {
    const parts = lines.map(({ text }) => Buffer.from(text, 'latin1'));
    const raw = Buffer.concat(parts);
    const starts = new Uint32Array(lines.length + 1);
    parts.forEach((part, i) => {
      starts[i + 1] = starts[i]! + part.length;
    });
    const times = Float64Array.from(lines, line => line.time);
    const chunks = chunksOf(lines.length, starts, this.chunkLines);
    this.packer.begin(raw, starts, this.shared);
    const packed = this.packer.pack(raw, starts, times, chunks, this.shared);
    const table = this.dictionaries.get(packed.dictionary) ?? new ReadShapes();
    this.dictionaries.set(packed.dictionary, table);
    if (packed.added) addShapes(packed.added.body, table);
    const local = new ReadShapes();
    addShapes(packed.local, local);
    const shapes = { shared: table, known: packed.known, local };
    const refs = unpackRefs(packed.refs, chunks.length, lines.length, shapes);
    const verdicts = sieve?.verdicts(table, local);
    const told = chunks.flatMap(info => (verdicts ? [...chunkVerdicts(info, refs, verdicts)] : []));
    const back = chunks.flatMap((info, i) => {
      const own = unpackChunk(
        () => unpack(packed.digits[i]!),
        i,
        info,
        refs,
        () => times,
        verdicts && chunkVerdicts(info, refs, verdicts),
      );
      return Array.from({ length: info.lines }, (_, k) =>
        own.raw.toString('latin1', own.starts[k]!, own.starts[k + 1]!),
      );
    });
    const bytes =
      packed.local.length +
      packed.refs.length +
      packed.digits.reduce((sum, digits) => sum + digits.length, 0);
    return {
      sent: lines.map(line => line.text),
      back,
      told,
      bytes: bytes + (packed.added?.body.length ?? 0),
    };
  }
}

const T = Date.UTC(2026, 10, 29, 20, 5);
const time = fc.oneof(
  fc.integer({ min: 0, max: 86_400_000 }).map(i => T + i),
  fc.integer({ min: 0, max: 4_000_000_000 }).map(i => T + i / 1000),
  fc.constantFrom(0, -5, 1e15, 253_402_300_799_999, Date.UTC(2026, 1, 1, 0, 0, 3)),
);
const iso = (at: number, zone = 0) => {
  const date = new Date(Math.abs(at + zone * 3_600_000) < 8e15 ? at + zone * 3_600_000 : 0);
  return date.toISOString();
};
const hex = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 1, maxLength: 40 })
  .map(c => c.join(''));
/** Pieces of lines of every kind, those that hold digits and what stands for digits among them. */
const piece = (at: number) =>
  fc.oneof(
    fc.constantFrom(
      ...[
        iso(at),
        iso(at, 2).replace('Z', '+02:00'),
        iso(at).slice(0, 19).replace('T', ' '),
        `${iso(at).slice(0, 23)}456`,
      ],
      ...[
        iso(at).replaceAll('-', '/'),
        'Nov 29 20:05:00',
        'Nov  9 20:05:00',
        `${at}`,
        '2026-11-29',
        '20:05:00,123',
      ],
      ...[
        'error',
        'face',
        '\x01',
        '\x02',
        '\x01\x01abc123',
        '\x1b[31m',
        '\r',
        '\0',
        'größe',
        '0x7ffe',
        'x86_64',
        '000000',
      ],
      ...['ABCDEF12', 'abcDEF12', 'dead', '-', ':', '_', ' ', 'port=', '[', ']', '\n', '日本'],
    ),
    fc.nat().map(String),
    hex,
    fc.uuid(),
    fc.ipV4(),
    fc.ipV6(),
    fc.tuple(hex, hex).map(([a, b]) => `${a.slice(0, 2)}:${b.slice(0, 2)}:${a.slice(0, 2)}`),
  );
const line: fc.Arbitrary<Line> = time.chain(at =>
  fc
    .tuple(
      fc.array(piece(at), { maxLength: 8 }),
      fc.constantFrom('', ' ', '\t'),
      fc.constantFrom('\n', '\r\n', ''),
    )
    .map(([pieces, joint, end]) => ({
      text: Buffer.from(pieces.join(joint) + end).toString('latin1'),
      time: at,
    })),
);

describe('lines packed by their shapes', () => {
  it('come back to the byte, in blocks that share a dictionary', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(line, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 4 }),
        fc.nat({ max: 4 }),
        (blocks, again) => {
          const trip = new RoundTrip();
          for (let round = 0; round <= again; round++)
            for (const lines of blocks) {
              const { sent, back } = trip.block(round % 2 === 0 ? lines : [...lines].reverse());
              assert.deepEqual(back, sent);
            }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('come back whatever their bytes are', () => {
    const bytes = fc.array(fc.uint8Array({ maxLength: 80 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(bytes, lines => {
        const trip = new RoundTrip();
        const made = lines.map(own => ({ text: Buffer.from(own).toString('latin1'), time: T }));
        for (let round = 0; round < 3; round++) {
          const { sent, back } = trip.block(made);
          assert.deepEqual(back, sent);
        }
      }),
      { numRuns: 300 },
    );
  });

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
      { numRuns: 400 },
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
      { numRuns: 500 },
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
      { numRuns: 500 },
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

  it('take a few bytes each where lines differ in their numbers alone, and their own time takes none', () => {
    const lines = Array.from({ length: 2048 }, (_, i) => {
      const time = T + i * 250.125;
      const stamp =
        new Date(time).toISOString().slice(0, 23) + String(Math.round(time * 1000) % 1000).padStart(3, '0');
      return {
        text: `${stamp}Z INFO worker[${(i * 7919) % 10_000}]: wrote part of obj in a very long sentence\n`,
        time,
      };
    });
    const trip = new RoundTrip(1024);
    trip.block(lines);
    const { sent, back, bytes } = trip.block(lines);
    assert.deepEqual(back, sent);
    assert.ok(bytes < lines.length * 4, `${bytes}`);
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

  it('share no dictionary for ever: one that is full is followed by the next', () => {
    const shared = new SharedShapes();
    const packer = new LinePacker();
    const ids = new Set<number>();
    for (let block = 0; block < 300; block++) {
      const raw = Buffer.from(`line ${block}\nline ${block}\n`);
      const half = raw.length / 2;
      const starts = Uint32Array.of(0, half, raw.length);
      packer.begin(raw, starts, shared);
      ids.add(packer.pack(raw, starts, Float64Array.of(T, T), chunksOf(2, starts), shared).dictionary);
    }
    assert.deepEqual([...ids], [1, 2, 3]);
  });
});
