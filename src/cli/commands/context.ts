import type { Command } from 'commander';
import type { EcsLine } from '../../records/ecs.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { type LineStyle, lineText } from '../lines.js';
import { printLines } from '../output.js';
import { styleOf } from './search.js';

interface ContextOptions extends ClientOptions {
  before: string;
  after: string;
  utc?: boolean;
  full?: boolean;
  wrap?: boolean;
  mark?: string;
  json?: boolean;
}

/** `deadair context ID`: what stands around a line in its file. */
export function registerContext(program: Command): void {
  withClientOptions(
    program
      .command('context')
      .summary('show what stands around a line in its file')
      .description(
        'Shows the lines around one, in the order of its file. The id is event.id of `search --json`.',
      )
      .argument('<id>', 'SOURCE:OFFSET'),
  )
    .option('-B, --before <count>', 'lines before it', '10')
    .option('-A, --after <count>', 'lines after it', '10')
    .option('--utc', 'times in UTC instead of this terminal’s zone')
    .option('--full', 'whole lines, however long')
    .option('--wrap', 'whole lines, broken between words under their beginning')
    .option('--mark <query>', 'words to mark in them')
    .option('--json', 'one ECS document a line, for programs')
    .addHelpText(
      'after',
      '\nExample:\n  deadair context $(deadair search refused -n 1 --json | jq -r .event.id)\n',
    )
    .action(async (id: string, options: ContextOptions) => {
      const { before, after } = options;
      const page = await createClient(options).get<{ records: EcsLine[]; at: number }>('/v1/context', {
        id,
        before,
        after,
      });
      const style = styleOf(options, options.mark === undefined ? [] : [options.mark]);
      printLines(
        options.json
          ? page.records.map(line => JSON.stringify(line)).join('\n')
          : contextText(page.records, page.at, style),
      );
    });
}

/** Lines of a file in order. @param at which of them is pointed at */
export function contextText(lines: readonly EcsLine[], at: number, style: LineStyle): string {
  // The margin that points at the line takes two columns.
  const inner = style.width === undefined ? style : { ...style, width: style.width - 2 };
  return lines.map((line, i) => `${i === at ? pc.bold('>') : ' '} ${lineText(line, inner)}`).join('\n');
}
