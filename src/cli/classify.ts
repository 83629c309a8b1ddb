import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { LineDetector } from '../detect/detector.js';
import { loadPacks } from '../detect/load.js';

export interface ClassifyOptions {
  json?: boolean;
  explain?: boolean;
  packs?: string[];
}

/** `deadair classify`: lines on standard input, one label a line on standard output. */
export function registerClassify(program: Command): void {
  program
    .command('classify')
    .description(
      'read lines on standard input, print what each means: timeout, disconnect, refused, dns, tls, recovered, none',
    )
    .option('--packs <files...>', 'rule packs of your own (YAML), beside the built-in ones')
    .option('--json', 'print the finding of each line as JSON (rule, event, fields)')
    .option('--explain', 'print which rules matched and why they did or did not count')
    .action(async (options: ClassifyOptions) => {
      const detector = new LineDetector(loadPacks(options.packs));
      await classifyStream(detector, process.stdin, process.stdout, options);
    });
}

/** Streams: a label is written as soon as its line is complete; memory does not grow with the input. */
export async function classifyStream(
  detector: LineDetector,
  input: Readable,
  output: Writable,
  options: ClassifyOptions = {},
): Promise<void> {
  const label = labeller(detector, options);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of input) {
    // Cut in bytes, decode lines: a character that two chunks split stays whole.
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const last = bytes.lastIndexOf(10);
    rest = bytes.subarray(last + 1);
    if (last < 0) continue;
    const labels = bytes.toString('utf8', 0, last).split('\n').map(label);
    if (!output.write(`${labels.join('\n')}\n`)) await once(output, 'drain');
  }
  if (rest.length > 0) output.write(`${label(rest.toString('utf8'))}\n`);
}

function labeller(detector: LineDetector, options: ClassifyOptions): (line: string) => string {
  if (options.explain) return line => explained(detector, line);
  if (options.json) return line => JSON.stringify(detector.classifyLine(line) ?? { class: 'none' });
  return line => detector.classifyLine(line)?.class ?? 'none';
}

function explained(detector: LineDetector, line: string): string {
  const judgements = detector.explain(line);
  const decided = judgements.find(judgement => judgement.dismissed === undefined);
  const reasons = judgements.map(
    ({ rule, dismissed }) =>
      `${rule.name} → ${rule.class}${dismissed === undefined ? '' : ` (dismissed: ${dismissed})`}`,
  );
  return `${(decided?.rule.class ?? 'none').padEnd(10)} ${reasons.join('; ') || 'no rule'}\t${line}`;
}
