import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { LineDetector } from '../../detect/detector.js';
import { loadPacks } from '../../detect/load.js';
import type { Finding } from '../../model/finding.js';
import { ownPacks } from '../packs.js';

export interface ClassifyOptions {
  json?: boolean;
  explain?: boolean;
  packs?: string[];
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
    .option('--json', 'print the finding of each line as JSON (class, rule, event, fields)')
    .option('--explain', 'print which rules matched and why they did or did not count')
    .action(async (options: ClassifyOptions) => {
      const detector = new LineDetector(loadPacks(await ownPacks(options.packs)));
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
  const label = options.explain ? explainer(detector) : labeller(detector, options.json ?? false);
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

function labeller(detector: LineDetector, json: boolean): (bytes: Buffer) => string {
  const text = (finding: Finding | undefined): string => {
    if (json) return `${JSON.stringify(finding ?? { class: 'none' })}\n`;
    return `${finding?.class ?? 'none'}\n`;
  };
  const nothing = text(undefined);
  return bytes => {
    const starts = Uint32Array.from(startsOf(bytes));
    const count = starts.length - 1;
    const findings = new Map<number, Finding>();
    detector.scan({ bytes, starts, count, classes: new Uint8Array(count), findings });
    let labels = '';
    let next = 0;
    for (const [line, finding] of findings) {
      labels += nothing.repeat(line - next) + text(finding);
      next = line + 1;
    }
    return labels + nothing.repeat(count - next);
  };
}

function explainer(detector: LineDetector): (bytes: Buffer) => string {
  return bytes => {
    const starts = startsOf(bytes);
    return starts
      .slice(1)
      .map((end, line) => `${explained(detector, bytes.toString('utf8', starts[line], end))}\n`)
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

function explained(detector: LineDetector, line: string): string {
  const judgements = detector.explain(line);
  const decided = judgements.find(judgement => judgement.dismissed === undefined);
  const reasons = judgements.map(
    ({ rule, dismissed }) =>
      `${rule.name} → ${rule.class}${dismissed === undefined ? '' : ` (dismissed: ${dismissed})`}`,
  );
  return `${(decided?.rule.class ?? 'none').padEnd(10)} ${reasons.join('; ') || 'no rule'}\t${line.trimEnd()}`;
}
