import type { Command } from 'commander';
import type { AgentReply, StatusReply } from '../../web/api/status.js';
import { plural, sizeWords } from '../../wording/amount.js';
import { agoWords } from '../../wording/duration.js';
import { type TimeStyle, timeWords } from '../../wording/time.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { columns } from '../lines.js';
import { print, printJson } from '../output.js';
import { incidentLine } from './incidents.js';

const STATE_COLOURS: Record<string, (text: string) => string> = {
  live: pc.green,
  quiet: pc.green,
  late: pc.yellow,
  silent: pc.red,
  lost: pc.red,
  ended: pc.yellow,
};

/** `deadair status`: agents, last sign of life, lag, open incidents. */
export function registerStatus(program: Command): void {
  withClientOptions(
    program
      .command('status')
      .summary('agents with their last sign of life, lag, open incidents')
      .description(
        'Shows every agent with its last sign of life and what its collector has not delivered yet, open incidents, the store.',
      ),
  )
    .option('--utc', 'times in UTC instead of this terminal’s zone')
    .option('--json', 'print the result as JSON, for programs')
    .addHelpText(
      'after',
      '\nExamples:\n  deadair status\n  watch -n 5 deadair status\n  deadair status --json | jq -r ".agents[] | [.id, .state] | @tsv"\n',
    )
    .action(async (options: ClientOptions & { utc?: boolean; json?: boolean }) => {
      const status = await createClient(options).get<StatusReply>('/v1/status');
      if (options.json) printJson(status);
      else print(statusText(status, { utc: options.utc ?? false }));
    });
}

/** @param status reply of GET /v1/status; ages are counted from its `now` */
export function statusText(status: StatusReply, times: TimeStyle): string {
  const now = Date.parse(status.now);
  const parts: string[] = [];
  if (status.agents.length === 0) {
    const where =
      status.watching.length > 0
        ? `Nothing was read yet from ${status.watching.join(', ')}`
        : 'No collector has reported yet';
    parts.push(`${where}.`);
  } else {
    const head = ['AGENT', 'STATE', 'PHASE', 'LAST LINE', 'HEARTBEAT', 'LAG', 'LINES', 'HOST', ''].map(one =>
      pc.dim(one),
    );
    parts.push(columns([head, ...status.agents.map(agent => agentRow(agent, now))]).join('\n'));
  }
  // from the first second on, though nothing of it has been read yet
  const unreached = status.hosts.flatMap(({ host, trouble, unread, undelivered }) => [
    ...(trouble ? [`${pc.red('not read')} ${host}: ${trouble.message} (${trouble.kind})`] : []),
    ...(undelivered
      ? [
          `${pc.red('not delivered')} ${host}: its collector is heard, its lines do not arrive since ${timeWords(Date.parse(undelivered.since), 'clock')}: ${undelivered.error}`,
        ]
      : []),
    ...(unread ?? []).map(({ path, why }) => `${pc.yellow('not read')} ${host}: ${path} (${why})`),
  ]);
  for (const [trouble, ids] of notHeard(status))
    unreached.push(`${pc.yellow('not heard')} ${ids.join(', ')}: ${trouble}`);
  if (unreached.length > 0) parts.push(unreached.join('\n'));
  const troubles = status.agents.flatMap(agent =>
    agent.files
      .filter(file => file.error !== null)
      .map(file => `${pc.red('unreadable')} ${agent.id}: ${file.path} (${file.error})`),
  );
  if (troubles.length > 0) parts.push(troubles.join('\n'));
  if (status.missing.length > 0) parts.push(status.missing.map(missingLine).join('\n'));
  parts.push(
    status.incidents.length === 0
      ? pc.green('No open incident.')
      : [
          pc.bold(`Open incidents: ${status.incidents.length}`),
          ...status.incidents.map(one => incidentLine(one, times)),
        ].join('\n'),
  );
  const { lines, bytes, rawBytes, diskFree, damaged, warnings } = status.store;
  const free = diskFree === null ? '' : `, ${sizeWords(diskFree)} free`;
  parts.push(
    pc.dim(
      `${lines} lines, ${sizeWords(rawBytes)} of logs in ${sizeWords(bytes)}${free}; Deadair ${status.version}`,
    ),
  );
  for (const warning of warnings) parts.push(pc.yellow(warning));
  for (const { file, reason } of damaged) parts.push(pc.red(`damaged and set aside: ${file} (${reason})`));
  return parts.join('\n\n');
}

/** Agents of the settings that nothing has come from, by what to do; what a host's own row says already is not said twice. */
function notHeard(status: StatusReply): Map<string, string[]> {
  const said = new Set(status.hosts.flatMap(({ trouble }) => (trouble ? [trouble.message] : [])));
  const by = new Map<string, string[]>();
  for (const { id, trouble } of status.agents)
    if (trouble !== null && !said.has(trouble)) by.set(trouble, [...(by.get(trouble) ?? []), id]);
  return by;
}

function missingLine({ agent, path, from, to, reason }: StatusReply['missing'][number]): string {
  if (reason === 'unseen')
    return pc.dim(
      `not known  ${agent}: ${path} went away or began anew after byte ${from} while nobody looked; it may have held more`,
    );
  const range = to === null ? `an unknown number of bytes after ${from}` : `bytes ${from} to ${to}`;
  return `${pc.red('missing')}    ${agent}: ${range} of ${path} (${reason})`;
}

function agentRow(agent: AgentReply, now: number): string[] {
  const ago = (iso: string | null): string => (iso === null ? '–' : agoWords(now - Date.parse(iso)));
  return [
    agent.id,
    (STATE_COLOURS[agent.state] ?? pc.dim)(agent.state),
    agent.phase ?? '–',
    ago(agent.lastLineAt),
    ago(agent.lastHeartbeatAt),
    agent.lagBytes === null ? '–' : sizeWords(agent.lagBytes),
    String(agent.lines),
    agent.host,
    agent.gaps > 0 ? pc.red(`${plural(agent.gaps, 'gap')}`) : '',
  ];
}
