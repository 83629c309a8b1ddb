import type { Command } from 'commander';
import type { DiffReply } from '../../templates/routes.js';
import { shortTime } from '../../wording/time.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { classText, columns } from '../lines.js';
import { print, printJson } from '../output.js';

type Row = DiffReply['new'][number];
type Options = ClientOptions & { json?: boolean; utc?: boolean; limit: string };

/** `deadair diff [BEFORE] [NOW]`: what two runs printed differently. */
export function registerDiff(program: Command): void {
  withClientOptions(
    program
      .command('diff')
      .summary('what differs between the lines of two runs')
      .description(
        'Compares two runs by kinds of lines: new, gone, much more or less often, on one host only. ' +
          'Without names: the newest run with the last healthy one.',
      )
      .argument('[before]', 'the good run: name, id, latest, or NAME~1 for the one of that name before')
      .argument('[now]', 'the run to judge (default: the newest)'),
  )
    .option('-n, --limit <count>', 'so many rows of each kind', '20')
    .option('--utc', 'times in UTC instead of this terminal’s zone')
    .option('--json', 'print the result as JSON, for programs')
    .addHelpText(
      'after',
      '\nExamples:\n  deadair diff\n  deadair diff nightly~1 nightly\n  deadair diff --json | jq -r ".new[].example"\n',
    )
    .action(async (before: string | undefined, now: string | undefined, options: Options) => {
      const reply = await createClient(options).get<DiffReply>('/v1/diff', { before, now });
      if (options.json) printJson(reply);
      else print(diffText(reply, Number(options.limit) || 20, options.utc ?? false));
    });
}

function diffText(diff: DiffReply, limit: number, utc: boolean): string {
  const { before, now } = diff;
  const name = (run: DiffReply['now']) =>
    `${pc.bold(run.name)} of ${shortTime(Date.parse(run.startedAt), { utc })} (${run.lines} lines, ${run.agents} agents)`;
  const parts = [
    `${name(before)} → ${name(now)}`,
    section('New', diff.new, limit, one => [count(one.now), where(one)]),
    section('Gone', diff.gone, limit, one => [count(one.before), where(one)]),
    section('Changed', diff.changed, limit, one => [`${one.before} → ${one.now}`.padStart(14), where(one)]),
    section('On one host only', diff.oneHost, limit, one => [count(one.now), where(one)]),
  ].filter(Boolean);
  const differs = parts.length > 1;
  parts.push(
    pc.dim(
      differs
        ? `${diff.same} kinds of lines are as before.`
        : `No difference: all ${diff.same} kinds of lines are as before.`,
    ),
  );
  return parts.join('\n\n');
}

function section(title: string, rows: readonly Row[], limit: number, head: (row: Row) => string[]): string {
  if (rows.length === 0) return '';
  const shown = columns(
    rows
      .slice(0, limit)
      .map(one => [
        ...head(one),
        [
          classText(one.class),
          /error|fatal/.test(one.level) ? pc.red(one.level) : one.level === 'warn' ? pc.yellow('warn') : '',
        ]
          .filter(Boolean)
          .join(' '),
        one.before === 0 ? one.example : one.template,
      ]),
  ).map(line => `  ${line}`);
  if (rows.length > limit) shown.push(pc.dim(`  … and ${rows.length - limit} more, with -n`));
  return `${pc.bold(`${title} (${rows.length})`)}\n${shown.join('\n')}`;
}

function count(value: number): string {
  return String(value).padStart(6);
}

function where(row: Row): string {
  return row.agent ?? '';
}
