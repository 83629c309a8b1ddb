import { unpack } from '../../../../src/store/embedded/codec.js';
import { LinePacker } from '../../../../src/store/embedded/text/line-packer.js';
import { chunkVerdicts, unpackChunk, unpackRefs } from '../../../../src/store/embedded/text/line-unpacker.js';
import { ReadShapes } from '../../../../src/store/embedded/text/read-shapes.js';
import { type LineRange, openShapes, readShapes } from '../../../../src/store/embedded/text/shape-codec.js';
import type { ShapeSieve } from '../../../../src/store/embedded/text/shape-sieve.js';
import { SharedShapes } from '../../../../src/store/embedded/text/shared-shapes.js';
import fc from '../../../property.js';

export interface Line {
  text: string;
  time: number;
}

export function chunksOf(lines: number, starts: Uint32Array, size = 16): LineRange[] {
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

/** Packs blocks as the sealer does, reads them back as a reader does, and gives what came back. */
export class RoundTrip {
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

export const T = Date.UTC(2026, 10, 29, 20, 5);
const time = fc.oneof(
  fc.integer({ min: 0, max: 86_400_000 }).map(i => T + i),
  fc.integer({ min: 0, max: 4_000_000_000 }).map(i => T + i / 1000),
  fc.constantFrom(0, -5, 1e15, 253_402_300_799_999, Date.UTC(2026, 1, 1, 0, 0, 3)),
);
const iso = (at: number, zone = 0) => {
  const date = new Date(Math.abs(at + zone * 3_600_000) < 8e15 ? at + zone * 3_600_000 : 0);
  return date.toISOString();
};
export const hex = fc
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
export const line: fc.Arbitrary<Line> = time.chain(at =>
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
