import type { Command } from 'commander';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import { caretHelp } from '../../query/errors.js';
import { highlightPattern } from '../../query/highlight.js';
import type { EcsLine } from '../../records/ecs.js';
import { type ClientOptions, createClient, type QueryParameters, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { type LineStyle, lineText } from '../lines.js';
import { printLines } from '../output.js';

export interface LineOptions extends ClientOptions {
  agent?: string[];
  level?: string;
  class?: string[];
  from?: string;
  to?: string;
  last?: string;
  utc?: boolean;
  full?: boolean;
  wrap?: boolean;
  json?: boolean;
}

const PAGE = 1000;

/** Flags that say which lines, shared by search and tail. */
export function withLineOptions(command: Command): Command {
  return withClientOptions(command)
    .option('--agent <id...>', 'only these agents')
    .option('--level <level>', 'this level and worse, such as warn')
    .option(
      '--class <class...>',
      'only these signals: timeout disconnect refused dns tls recovered, or fault for all faults',
    )
    .option('--utc', 'times in UTC instead of this terminal’s zone')
    .option(
      '--full',
      'whole lines, however long: else a terminal shows beginning and end of what does not fit',
    )
    .option('--wrap', 'whole lines, broken between words under their beginning')
    .option('--json', 'one ECS document a line, for programs');
}

/** `deadair search QUERY`: stored lines, the newest ones, shown oldest first as a log reads. */
export function registerSearch(program: Command): void {
  withLineOptions(
    program
      .command('search')
      .summary('find stored lines')
      .description('Finds stored lines: words, "phrases", field:value, and/or/not, prefix*, /regex/.')
      .argument('[query...]', 'what to find; nothing: every line'),
  )
    .option('--last <span>', 'only the last so long, such as 15m, 2h, 1d')
    .option('--from <time>', 'beginning: 15m, 16:58, 2026-11-23T16:58, run (since the newest run began)')
    .option('--to <time>', 'end; the same forms')
    .option('-n, --limit <count>', 'so many lines', '100')
    .option('--oldest', 'the oldest matching lines instead of the newest')
    .addHelpText(
      'after',
      `
Examples:
  deadair search refused --last 15m
  deadair search 'level>=warn agent:agent-3 -heartbeat'
  deadair search '"connection reset by peer"' --from run
  deadair search class:fault --json | jq -r .message
`,
    )
    .action(async (words: string[], options: LineOptions & { limit: string; oldest?: boolean }) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw new DeadairError('usage.invalid', '--limit takes a whole number from 1 on.', {
          subject: '--limit',
        });
      if (options.last !== undefined && options.from !== undefined)
        throw new DeadairError('usage.invalid', 'Give --last or --from, not both.', { subject: '--last' });
      const order = options.oldest ? 'oldest' : 'newest';
      const found = await search({ ...parametersOf(words, options), order }, limit, options);
      // The newest are asked for first, but a log is read downwards.
      const style = styleOf(options, words);
      show(order === 'newest' ? found.toReversed() : found, options, style);
      if (found.length === limit && !options.json)
        process.stderr.write(`(the ${order} ${limit}; more with -n)\n`);
      if (found.length === 0 && !options.json) process.stderr.write('No line matches.\n');
    });
}

/** Words as typed in a shell: quoted arguments with blanks stay as they are. */
export function parametersOf(words: readonly string[], options: LineOptions): QueryParameters {
  return {
    q: words.join(' '),
    agent: options.agent?.join(','),
    level: options.level,
    class: options.class?.join(','),
    from: options.from ?? options.last,
    to: options.to,
  };
}

export function show(lines: readonly EcsLine[], options: LineOptions, style = styleOf(options)): void {
  if (lines.length === 0) return;
  printLines(lines.map(line => (options.json ? JSON.stringify(line) : lineText(line, style))).join('\n'));
}

/** @param words the query: what it asks for is marked where colours are shown */
export function styleOf(options: LineOptions, words: readonly string[] = []): LineStyle {
  return {
    utc: options.utc ?? false,
    // Cut only for eyes: a pipe gets whole lines.
    width: process.stdout.isTTY && !options.full ? process.stdout.columns : undefined,
    wrap: options.wrap ?? false,
    marks: pc.isColorSupported ? highlightPattern(words.join(' ')) : undefined,
    agentWidth: 8,
  };
}

async function search(
  parameters: QueryParameters,
  limit: number,
  options: ClientOptions,
): Promise<EcsLine[]> {
  const client = createClient(options);
  const found: EcsLine[] = [];
  let cursor: string | undefined;
  do {
    const page = await client
      .get<{ records: EcsLine[]; cursor?: string }>('/v1/search', {
        ...parameters,
        limit: Math.min(PAGE, limit - found.length),
        cursor,
      })
      .catch(thrown => {
        throw pointed(thrown, String(parameters.q));
      });
    found.push(...page.records);
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < limit);
  return found;
}

/** A query error with the query and a caret under the place. */
export function pointed(thrown: unknown, query: string): unknown {
  if (!(thrown instanceof DeadairError) || thrown.column === undefined) return thrown;
  return new DeadairError(thrown.code, `${thrown.message}\n${caretHelp(query, thrown)}\n`, {
    ...defined({ subject: thrown.subject }),
    column: thrown.column,
  });
}
