import type { Finding } from '../../src/model/finding.js';
import type { SourceAppend } from '../../src/store/store.js';
import { AGENTS, FILE_NAMES, type GeneratedLine, generateLines } from './lines.js';

export const START = Date.UTC(2026, 10, 23, 0);
export const NEEDLE = 'flux-capacitor-overrun';

/** Where each file of the bench ends by now. */
export function filePositions(): Float64Array {
  return new Float64Array(AGENTS * FILE_NAMES.length);
}

/**
 * Appends as an ingester makes them: batches of `size` lines, each with a range of every file that has some.
 * @param start ms since the epoch of the first line; all lie within six hours
 * @param needles how many lines hold NEEDLE
 * @param positions of the files, for a bench that goes on with them
 */
export function* generateBatches(
  total: number,
  size: number,
  { start = START, seed = 1, needles = 20, positions = filePositions() } = {},
): Generator<{ appends: SourceAppend[]; lines: number }> {
  const places = new Map(
    Array.from({ length: needles }, (_, i) => [Math.floor(((i + 0.5) * total) / needles), NEEDLE]),
  );
  let files = new Map<number, GeneratedLine[]>();
  let lines = 0;
  for (const line of generateLines(total, start, seed, places)) {
    const file = files.get(line.file);
    if (file) file.push(line);
    else files.set(line.file, [line]);
    if (++lines < size) continue;
    yield { appends: [...files].map(([index, own]) => append(index, own, positions)), lines };
    files = new Map();
    lines = 0;
  }
  if (lines > 0) yield { appends: [...files].map(([index, own]) => append(index, own, positions)), lines };
}

export function sourceOf(file: number): string {
  return `01BENCH${String(file).padStart(19, '0')}`;
}

function append(file: number, lines: GeneratedLine[], positions: Float64Array): SourceAppend {
  const base = positions[file]!;
  const bytes = Buffer.from(`${lines.map(line => line.text).join('\n')}\n`, 'latin1');
  const starts = new Uint32Array(lines.length + 1);
  const findings = new Map<number, Finding>();
  lines.forEach((line, i) => {
    starts[i + 1] = starts[i]! + line.text.length + 1;
    if (line.level === 6 && line.file % 4 === 0)
      findings.set(i, { class: 'disconnect', rule: 'net/connection-reset' });
  });
  positions[file] = base + bytes.length;
  const agent = `agent-${(file >> 2) + 1}`;
  const at = lines.at(-1)!.time;
  return {
    source: {
      id: sourceOf(file),
      agent,
      host: `host-${agent}`,
      path: `/home/ubuntu/logs/${FILE_NAMES[file & 3]}`,
      head: { length: 1024, hash: '0123456789abcdef0123456789abcdef' },
    },
    from: base,
    to: positions[file]!,
    observedAt: at,
    ingestedAt: at + 20,
    records: {
      bytes,
      base,
      count: lines.length,
      starts,
      times: Float64Array.from(lines, line => line.time),
      timeKinds: new Uint8Array(lines.length),
      levels: Uint8Array.from(lines, line => line.level),
      classes: Uint8Array.from(lines, (_, i) => (findings.has(i) ? 2 : 0)),
      flags: new Uint16Array(lines.length),
      findings,
    },
    parserState: '{"offset":0}',
  };
}
