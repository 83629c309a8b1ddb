import type { Command } from 'commander';
import { DeadairError } from '../../platform/errors.js';
import { naturalOrder } from '../../platform/natural-order.js';
import type { PatternReply, PatternsReply } from '../../templates/routes.js';
import { plural } from '../../wording/amount.js';
import { shortTime, type TimeStyle } from '../../wording/time.js';
import { createClient } from '../client.js';
import { colors as pc } from '../colors.js';
import { classText, columns } from '../lines.js';
import { print, printJson } from '../output.js';
import { type LineOptions, parametersOf, pointed, withLineOptions } from './search.js';

type Options = LineOptions & { run?: string; limit: string; new?: boolean; rare?: boolean };

/** `deadair patterns [QUERY]`: what kinds of lines there are, and which no healthy run had. */
export function registerPatterns(program: Command): void {
  withLineOptions(
    program
      .command('patterns')
      .summary('kinds of lines with counts; those no healthy run had are marked')
      .description(
        'Groups lines by what their programmer wrote: numbers, ids, addresses, paths become <n>, <id>, <ip>, <path> …',
      )
      .argument('[query...]', 'which lines; nothing: every line'),
  )
    .option('--run <run>', 'only the lines of a run: id, name, latest or name~1')
    .option('--last <span>', 'only the last so long, such as 15m, 2h, 1d')
    .option('--from <time>', 'beginning: 15m, 16:58, 2026-11-23T16:58, run')
    .option('--to <time>', 'end; the same forms')
    .option('--new', 'only those that no healthy run had')
    .option('--rare', 'rarest first instead of most frequent first')
    .option('-n, --limit <count>', 'so many', '50')
    .addHelpText(
      'after',
      '\nExamples:\n  deadair patterns --run latest --new\n  deadair patterns "level>=warn" --last 1h\n  deadair patterns agent:agent-3 --rare -n 20\n',
    )
    .action(async (words: string[], options: Options) => {
      if (options.last !== undefined && options.from !== undefined)
        throw new DeadairError('usage.invalid', 'Give --last or --from, not both.', { subject: '--last' });
      const parameters = parametersOf(words, options);
      const reply = await createClient(options)
        .get<PatternsReply>('/v1/patterns', {
          ...parameters,
          run: options.run,
          new: options.new,
          rare: options.rare,
          limit: options.limit,
        })
        .catch(thrown => {
          throw pointed(thrown, String(parameters.q));
        });
      if (options.json) printJson(reply);
      else print(patternsText(reply, { utc: options.utc ?? false }, options.new ?? false));
    });
}

const MOST_AGENTS = 3;

function patternsText(reply: PatternsReply, times: TimeStyle, onlyNew: boolean): string {
  const { patterns, lines, total, healthyRuns } = reply;
  const more = reply.notLooked
    ? `; of lines before ${reply.notLooked.to} not all could be looked at in time`
    : '';
  const head = `${plural(lines, 'line')} of ${plural(total, 'kind')}${more}`;
  if (patterns.length === 0)
    return !onlyNew
      ? 'No line matches.'
      : healthyRuns === 0
        ? `${head}. No healthy run is known yet, so nothing can be called new.`
        : `${head}, all of them known from healthy runs.`;
  const rows = columns([
    ['LINES', 'FIRST', 'LAST', 'AGENTS', '', 'KIND'].map(one => pc.dim(one)),
    ...patterns.map(one => [
      `${String(one.count).padStart(7)}`,
      short(one.first, times),
      short(one.last, times),
      agentsText(one.agents),
      labels(one),
      one.template,
    ]),
  ]);
  const notes = [
    pc.dim(`${head}${patterns.length < total ? `; ${patterns.length} shown, more with -n` : ''}.`),
    healthyRuns === 0
      ? pc.dim('No healthy run is known yet, so nothing is marked as new.')
      : pc.dim(`${pc.yellow('new')} = in none of ${plural(healthyRuns, 'healthy run')}.`),
    ...(reply.cut
      ? [
          pc.yellow(
            'There are too many kinds of lines; those that end in <…> are told by their first words only.',
          ),
        ]
      : []),
  ];
  return [...rows, '', ...notes].join('\n');
}

/** Names while they are few; numbers of them then. */
function agentsText(agents: Record<string, number>): string {
  const names = Object.keys(agents).sort(naturalOrder);
  return names.length <= MOST_AGENTS ? names.join(', ') : `${names.length} agents`;
}

function labels(one: PatternReply): string {
  const level =
    one.level === 'error' || one.level === 'fatal'
      ? pc.red(one.level)
      : one.level === 'warn'
        ? pc.yellow('warn')
        : '';
  return [one.new ? pc.yellow('new') : '', classText(one.class), level].filter(Boolean).join(' ');
}

function short(iso: string, times: TimeStyle): string {
  return shortTime(Date.parse(iso), times);
}
