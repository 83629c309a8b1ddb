import { type Command, InvalidArgumentError } from 'commander';
import type { HostTalliesReply } from '../../report/host-routes.js';
import { plural } from '../../wording/amount.js';
import { offsetWords } from '../../wording/duration.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { columns } from '../lines.js';
import { print, printJson } from '../output.js';

type Options = ClientOptions & { json?: boolean; last?: number; runs?: number };

/** `deadair hosts`: who is the bad apple. */
export function registerHosts(program: Command): void {
  withClientOptions(
    program
      .command('hosts')
      .summary('over many runs: which host is the first to fail, and with which cause')
      .description(
        'For each host, in how many of its runs it was the first to fail, as a rate with its 95 % interval against its siblings, ' +
          'with causes, losses, stalls, restarts, silences, complaints and its clock.',
      ),
  )
    .option('--last <days>', 'only runs of so many days, such as 30d', days)
    .option('--runs <count>', 'only the newest so many runs', whole)
    .option('--json', 'print the result as JSON, for programs')
    .addHelpText(
      'after',
      '\nExamples:\n  deadair hosts\n  deadair hosts --last 30d\n  deadair hosts --runs 50\n',
    )
    .action(async (options: Options) => {
      const reply = await createClient(options).get<HostTalliesReply>('/v1/hosts', {
        ...(options.last === undefined ? {} : { last: String(options.last) }),
        ...(options.runs === undefined ? {} : { runs: String(options.runs) }),
      });
      if (options.json) printJson(reply);
      else print(hostsText(reply));
    });
}

function hostsText({ runs, hosts }: HostTalliesReply): string {
  if (runs === 0 || hosts.length === 0) return 'No run with agents has ended yet.';
  const rows = hosts.map(one => [
    one.standsOut ? pc.red(one.agent) : one.agent,
    one.host ?? '',
    String(one.runs),
    `${one.firstToFail} (${percent(one.rate)}, ${percent(one.between[0])} to ${percent(one.between[1])})`,
    percent(one.siblings),
    causesText(one.causes),
    [one.lost, one.stalled, one.restarts, one.silences].join(' / '),
    `${one.complaintsBy} / ${one.complaintsAbout}`,
    one.clockOffsetMs === undefined ? '' : offsetWords(one.clockOffsetMs),
  ]);
  const head = [
    'agent',
    'host',
    'runs',
    'first to fail (95 %)',
    'siblings',
    'causes',
    'lost/stalled/restarted/silent',
    'complaints by/about',
    'clock',
  ];
  const standing = hosts.filter(one => one.standsOut).map(one => one.agent);
  const verdict =
    standing.length > 0
      ? `${standing.join(', ')} ${standing.length > 1 ? 'fail' : 'fails'} more often than chance explains: look there first.`
      : 'Nobody fails more often than chance explains.';
  return `${columns([head.map(text => pc.dim(text)), ...rows]).join('\n')}\n\n${verdict} (${plural(runs, 'run')})`;
}

function causesText(causes: Record<string, number>): string {
  return Object.entries(causes)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([cause, count]) => (count > 1 ? `${cause} ×${count}` : cause))
    .join(', ');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function days(text: string): number {
  const value = Number(/^(\d+)d?$/.exec(text)?.[1]);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number of days, such as 30d.');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}
