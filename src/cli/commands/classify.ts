import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { LineDetector } from '../../detect/detector.js';
import { loadPacks } from '../../detect/load.js';
import type { LineSource } from '../../detect/sources.js';
import type { Finding } from '../../model/finding.js';
import { DeadairError } from '../../platform/errors.js';
import { ownPacks } from '../packs.js';

export interface ClassifyOptions {
  json?: boolean;
  explain?: boolean;
  packs?: string[];
  /** Judge the lines as this program's; absent: each by the marks in it. */
  program?: string;
}

/** Of a longer line its first and last half of this many bytes are judged. */
const MAX_LINE = 1024 * 1024;

/** `deadair classify`: lines on standard input, one label a line on standard output. */
export function registerClassify(program: Command): void {
  program
    .command('classify')
    .description(
      'read lines on standard input, print what each means: timeout, disconnect, refused, dns, tls, recovered, none',
    )
    .option(
      '--packs <files...>',
      'rule packs of your own (YAML), beside the built-in ones and those of deadair.yaml',
    )
    .option('--program <name>', 'judge the lines as written by this program, such as zookeeper')
    .option('--json', 'print the finding of each line as JSON (class, rule, event, fields)')
    .option('--explain', 'print which rules matched and why they did or did not count')
    .action(async (options: ClassifyOptions) => {
      const detector = new LineDetector(loadPacks(await ownPacks(options.packs)));
      if (options.program !== undefined && !detector.programs.knows(options.program))
        throw new DeadairError(
          'usage.invalid',
          `No pack describes a program "${options.program}"; known are ${detector.programs.list().join(', ')}.`,
          { subject: '--program' },
        );
      await classifyStream(detector, process.stdin, process.stdout, options);
    });
}

/** One label for every newline, and one for what stands behind the last; memory does not grow with the input. */
export async function classifyStream(
  detector: LineDetector,
  input: Readable,
  output: Writable,
  options: ClassifyOptions = {},
): Promise<void> {
  const source =
    options.program === undefined ? undefined : { id: 'input', path: '', program: options.program };
  const label = options.explain
    ? explainer(detector, source)
    : labeller(detector, options.json ?? false, source);
  const pending = new PendingLine();
  for await (const chunk of input as AsyncIterable<Buffer>) {
    // Cut in bytes, decode lines: a character that two chunks split stays whole.
    const last = chunk.lastIndexOf(10);
    if (last >= 0 && !output.write(label(pending.take(chunk.subarray(0, last + 1)))))
      await once(output, 'drain');
    pending.add(chunk.subarray(last + 1));
  }
  const rest = pending.take(Buffer.alloc(0));
  if (rest.length > 0) output.write(label(rest));
}

/** The beginning of a line whose end has not come yet. */
class PendingLine {
  private parts: Buffer[] = [];
  private length = 0;

  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.parts.push(bytes);
    this.length += bytes.length;
    if (this.length < 2 * MAX_LINE) return;
    const all = Buffer.concat(this.parts);
    this.parts = [all.subarray(0, MAX_LINE / 2), all.subarray(-MAX_LINE / 2)].map(half => Buffer.from(half));
    this.length = MAX_LINE;
  }

  take(more: Buffer): Buffer {
    const bytes = this.parts.length === 0 ? more : Buffer.concat([...this.parts, more]);
    this.parts = [];
    this.length = 0;
    return bytes;
  }
}

function labeller(
  detector: LineDetector,
  json: boolean,
  source: LineSource | undefined,
): (bytes: Buffer) => string {
  const text = (finding: Finding | undefined): string => {
    if (json) return `${JSON.stringify(finding ?? { class: 'none' })}\n`;
    return `${finding?.class ?? 'none'}\n`;
  };
  const nothing = text(undefined);
  return bytes => {
    const starts = Uint32Array.from(startsOf(bytes));
    const count = starts.length - 1;
    const findings = new Map<number, Finding>();
    detector.scan({ bytes, starts, count, classes: new Uint8Array(count), findings }, source);
    let labels = '';
    let next = 0;
    for (const [line, finding] of findings) {
      labels += nothing.repeat(line - next) + text(finding);
      next = line + 1;
    }
    return labels + nothing.repeat(count - next);
  };
}

function explainer(detector: LineDetector, source: LineSource | undefined): (bytes: Buffer) => string {
  return bytes => {
    const starts = startsOf(bytes);
    return starts
      .slice(1)
      .map((end, line) => `${explained(detector, bytes.toString('utf8', starts[line], end), source)}\n`)
      .join('');
  };
}

/** Where each line begins, and the end of the last one. */
function startsOf(bytes: Buffer): number[] {
  const starts = [0];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
  if (starts.at(-1) !== bytes.length) starts.push(bytes.length);
  return starts;
}

function explained(detector: LineDetector, line: string, source: LineSource | undefined): string {
  const judgements = detector.explain(line, source);
  const decided = judgements.find(judgement => judgement.dismissed === undefined);
  const reasons = judgements.map(
    ({ rule, dismissed }) =>
      `${rule.name} → ${rule.class}${dismissed === undefined ? '' : ` (dismissed: ${dismissed})`}`,
  );
  return `${(decided?.rule.class ?? 'none').padEnd(10)} ${reasons.join('; ') || 'no rule'}\t${line.trimEnd()}`;
}
