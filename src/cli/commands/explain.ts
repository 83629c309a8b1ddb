import type { Command } from 'commander';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import { subjectWords } from '../../wording/incident.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { print, printJson } from '../output.js';
import { ownPacks } from '../packs.js';

interface ExplainOptions extends ClientOptions {
  agent?: string;
  rule?: string;
  at?: string;
  json?: boolean;
  replay?: string;
  line?: string;
}

/** What `GET /v1/explain` answers, as far as it is printed. */
interface Explanation {
  incidents: { kind: string; subjects: string[]; explanation: string }[];
  pending: { kind: string; subjects: string[]; until: string; explanation: string }[];
  skipped: { at: string; rule: string; agent: string | null; reason: string }[];
  suppressed?: { at: string; reason: string; detail: string; channel: string | null }[];
  known: string[];
}

/** `deadair explain`: why there is an incident or a message, or why there is none. */
export function registerExplain(program: Command): void {
  withClientOptions(
    program
      .command('explain')
      .description('why there is an incident or a message, or why there is none')
      .option('--agent <id>', 'about one agent')
      .option('--rule <kind>', 'about one kind of incident, such as agent-lost')
      .option('--at <time>', 'about a moment (ISO time; ten minutes either way)')
      .option('--replay <folder>', 'about a recorded run instead of the running service')
      .option(
        '--line <id>',
        'about one line (event.id of `search --json`): what it was taken for, and which rules matched',
      )
      .option('--json', 'print the answer as JSON'),
  ).action(async (options: ExplainOptions) => {
    if (options.line !== undefined) {
      const { explainLine } = await import('./explain-line.js');
      return explainLine(options.line, options);
    }
    if (options.at !== undefined && Number.isNaN(Date.parse(options.at)))
      throw new DeadairError(
        'usage.invalid',
        `${options.at} is no time; write it like 2026-11-23T16:58:42Z.`,
        { subject: '--at' },
      );
    const at = options.at === undefined ? undefined : new Date(options.at).toISOString();
    const answer =
      options.replay === undefined
        ? await createClient(options).get<Explanation>('/v1/explain', {
            agent: options.agent,
            rule: options.rule,
            at,
          })
        : await explainRecording(options.replay, options);
    if (options.json) printJson(answer);
    else print(explanationText(answer));
  });
}

async function explainRecording(folder: string, { agent, rule, at }: ExplainOptions): Promise<Explanation> {
  const [{ loadPacks }, { readRecording }, { replay }] = await Promise.all([
    import('../../detect/load.js'),
    import('../../incidents/replay/recording.js'),
    import('../../incidents/replay/replay.js'),
  ]);
  const engine = await replay(readRecording(folder), { packs: loadPacks(await ownPacks()) });
  const answer = engine.explain({
    ...defined({ agent, rule }),
    ...(at === undefined ? {} : { at: Date.parse(at) }),
  });
  const iso = (time: number) => new Date(time).toISOString();
  return {
    incidents: answer.incidents,
    pending: answer.pending.map(one => ({ ...one, until: iso(one.until) })),
    skipped: answer.skipped.map(skip => ({ ...skip, at: iso(skip.at), agent: skip.agent ?? null })),
    known: answer.known,
  };
}

function explanationText({ incidents, pending, skipped, suppressed = [], known }: Explanation): string {
  const sections: [string, string[]][] = [
    ['Incidents', incidents.map(one => `${pc.red(one.kind)} ${one.subjects.join(', ')}: ${one.explanation}`)],
    [
      'Waiting for more evidence',
      pending.map(one => `${one.kind} ${one.subjects.join(', ')} until ${one.until}: ${one.explanation}`),
    ],
    ['Not an incident, because', skippedLines(skipped)],
    [
      'No message, because',
      suppressed.map(
        one => `${pc.dim(one.at)} ${one.channel ?? 'all channels'}: ${one.detail || one.reason}`,
      ),
    ],
    ['What is known', known],
  ];
  const told = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${pc.bold(title)}\n${lines.map(line => `  ${line}`).join('\n')}`);
  return told.length === 0
    ? 'Nothing is known of that: no line, heartbeat or probe mentions it.'
    : told.join('\n\n');
}

/** As many decisions as this of one reason are told in one line: old output of nine logs is one fact, not ninety. */
const TOGETHER = 4;

function skippedLines(skipped: Explanation['skipped']): string[] {
  const byReason = new Map<string, Explanation['skipped']>();
  for (const one of skipped) byReason.set(one.reason, [...(byReason.get(one.reason) ?? []), one]);
  return [...byReason].flatMap(([reason, list]) => {
    if (list.length < TOGETHER)
      return list.map(
        one => `${pc.dim(one.at)} ${one.rule}${one.agent ? ` of ${one.agent}` : ''}: ${one.reason}`,
      );
    const times = list.map(one => one.at).sort();
    const agents = [...new Set(list.flatMap(one => one.agent ?? []))];
    return [
      `${pc.dim(`${times[0]} to ${times.at(-1)}`)} ${list.length} events${agents.length > 0 ? ` of ${subjectWords(agents)}` : ''}: ${reason}`,
    ];
  });
}
