import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { DeadairError } from '../../platform/errors.js';
import type { ReportReply } from '../board/summary.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { print, printJson, printLines } from '../output.js';

interface PostmortemOptions extends ClientOptions {
  format?: 'html' | 'md' | 'json';
  output?: string;
  summary?: boolean;
  utc?: boolean;
  json?: boolean;
}

/** The file's ending tells the format where it is not named. */
const FORMAT_OF: Record<string, 'html' | 'md' | 'json'> = {
  '.html': 'html',
  '.htm': 'html',
  '.md': 'md',
  '.json': 'json',
};

export function registerPostmortem(program: Command): void {
  withClientOptions(
    program
      .command('postmortem')
      .description('what happened in a run: what failed first, the evidence, what was only a consequence')
      .argument('[run]', 'id, name, latest or name~1 (default: the newest)')
      .addOption(
        new Option(
          '--format <format>',
          "default: by the file's ending; on a terminal a summary of a screen, in a pipe md",
        ).choices(['html', 'md', 'json']),
      )
      .option('--summary', 'the summary in a pipe, too')
      .option('--utc', 'the summary’s times in UTC instead of this terminal’s zone')
      .option('--output <file>', 'write it to a file: --output report.html'),
  ).action(async (run: string | undefined, options: PostmortemOptions) => {
    const ending = options.output ? FORMAT_OF[path.extname(options.output).toLowerCase()] : undefined;
    const format = options.format ?? ending ?? (options.json && !options.output ? 'json' : 'md');
    const bare = options.format === undefined && options.output === undefined && !options.json;
    if (bare && (options.summary || process.stdout.isTTY)) {
      const [{ summaryText }, reply] = await Promise.all([
        import('../board/summary.js'),
        createClient(options).get<ReportReply>('/v1/postmortem', { run, format: 'json' }),
      ]);
      printLines(summaryText(reply, { width: process.stdout.columns || 80, utc: options.utc ?? false }));
      return;
    }
    const report = await createClient(options).text('/v1/postmortem', { run, format });
    if (options.output === undefined) {
      if (format === 'json') printJson(JSON.parse(report));
      else print(report);
      return;
    }
    try {
      writeFileSync(options.output, report);
    } catch (cause) {
      throw new DeadairError(
        'usage.invalid',
        `${options.output} can't be written (${(cause as NodeJS.ErrnoException).code}); name another file.`,
        { subject: '--output', cause },
      );
    }
    if (options.json) printJson({ file: options.output, format, bytes: Buffer.byteLength(report) });
    else print(`Wrote ${options.output}.`);
  });
}
