import type { Command } from 'commander';
import { agentsIn } from '../../model/run.js';
import type { RunReply } from '../../web/api/runs.js';
import { plural } from '../../wording/amount.js';
import { durationWords } from '../../wording/duration.js';
import { shortTime, type TimeStyle } from '../../wording/time.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { columns } from '../lines.js';
import { print, printJson } from '../output.js';

type Options = ClientOptions & { json?: boolean };

/** `deadair runs`, `runs start|stop|pin|unpin NAME`. */
export function registerRuns(program: Command): void {
  const runs = program
    .command('runs')
    .summary('runs: list them, mark one by hand, keep one')
    .description(
      'Runs begin and end by what the program logs, by `deadair run`, or by hand. Without a command: the newest ones.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  deadair runs\n  deadair runs start nightly\n  deadair runs stop nightly\n  deadair runs pin latest\n',
    );
  const sub = (name: string, summary: string): Command =>
    withClientOptions(runs.command(name, { isDefault: name === 'list' }).description(summary)).option(
      '--json',
      'print the result as JSON, for programs',
    );

  sub('list', 'the newest runs')
    .option('-n, --limit <count>', 'so many', '20')
    .option('--utc', 'times in UTC instead of this terminal’s zone')
    .action(async (options: Options & { limit: string; utc?: boolean }) => {
      const reply = await createClient(options).get<{ runs: RunReply[] }>('/v1/runs', {
        limit: options.limit,
      });
      if (options.json) printJson(reply.runs);
      else
        print(
          reply.runs.length === 0
            ? 'No run is known yet.'
            : runsText(reply.runs, Date.now(), { utc: options.utc ?? false }),
        );
    });
  sub('start', 'mark the start of a run by hand, for programs without a rule pack')
    .argument('<name>', 'how it shall be called')
    .action(async (name: string, options: Options) => {
      const run = await createClient(options).post<RunReply>('/v1/runs', { name });
      if (options.json) printJson(run);
      else print(`The run "${run.name}" goes on. End it with: deadair runs stop ${run.name}`);
    });
  for (const [name, summary, path, body, done] of [
    ['stop', 'mark the end of a run that was started by hand', 'stop', {}, 'has ended'],
    ['pin', 'keep the lines of a run whatever their age', 'pin', { pinned: true }, 'is kept'],
    ['unpin', 'keep them no longer than others', 'pin', { pinned: false }, 'is kept like any other'],
  ] as const)
    sub(name, summary)
      .argument('<run>', 'id, name, latest or name~1')
      .action(async (wanted: string, options: Options) => {
        const run = await createClient(options).post<RunReply>(
          `/v1/runs/${encodeURIComponent(wanted)}/${path}`,
          body,
        );
        if (options.json) printJson(run);
        else print(`The run "${run.name}" ${done}.`);
      });
}

function runsText(runs: readonly RunReply[], now: number, times: TimeStyle): string {
  const rows = runs.map(run => {
    const ended = run.endedAt === null ? now : Date.parse(run.endedAt);
    return [
      run.name,
      shortTime(Date.parse(run.startedAt), times),
      durationWords(ended - Date.parse(run.startedAt)),
      run.endedAt === null ? pc.cyan('going on') : outcome(run.outcome),
      plural(agentsIn(run), 'agent'),
      run.incidents > 0 ? pc.red(`${plural(run.incidents, 'incident')}`) : '',
      run.pinned ? 'pinned' : '',
    ];
  });
  return columns([
    ['RUN', 'STARTED', 'LASTED', 'OUTCOME', 'AGENTS', '', ''].map(one => pc.dim(one)),
    ...rows,
  ]).join('\n');
}

function outcome(text: string | null): string {
  if (text === 'completed') return pc.green(text);
  return text === null ? 'ended' : pc.red(text);
}
