import type { Command } from 'commander';
import type { IncidentReply } from '../../http/incident-reply.js';
import { messageText } from '../../records/text.js';
import type { UnusualReply } from '../../web/api/incidents.js';
import { durationWords } from '../../wording/duration.js';
import { incidentHeadline } from '../../wording/incident.js';
import { clockTime, type TimeStyle } from '../../wording/time.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { print, printJson } from '../output.js';

interface IncidentOptions extends ClientOptions {
  open?: boolean;
  agent?: string;
  run?: string;
  limit: string;
  utc?: boolean;
  json?: boolean;
}

type Item = IncidentReply['evidence'][number];

/** `deadair incidents [ID]`: what went wrong; with an id, all its evidence. */
export function registerIncidents(program: Command): void {
  withClientOptions(
    program
      .command('incidents')
      .summary('what went wrong: who, how, when; with an id, all the evidence')
      .description(
        'Lists incidents, newest last. With an id: the sentence, evidence from both sides, consequences.',
      )
      .argument('[id]', 'one incident'),
  )
    .option('--open', 'only those that are not resolved')
    .option('--agent <id>', 'only those about this agent, or controller')
    .option('--run <run>', 'only those of a run: id, name, latest or name~1')
    .option('-n, --limit <count>', 'so many', '50')
    .option('--utc', 'times in UTC instead of this terminal’s zone')
    .option('--json', 'print the result as JSON, for programs')
    .addHelpText(
      'after',
      '\nExamples:\n  deadair incidents --open\n  deadair incidents --agent agent-4\n  deadair incidents --json | jq -r ".[] | [.kind, .cause] | @tsv"\n',
    )
    .action(async (id: string | undefined, options: IncidentOptions) => {
      const client = createClient(options);
      const times = { utc: options.utc ?? false };
      if (id !== undefined) {
        const incident = await client.get<IncidentReply & { unusual?: UnusualReply[] }>(
          `/v1/incidents/${encodeURIComponent(id)}`,
        );
        if (options.json) printJson(incident);
        else print(incidentText(incident, times));
        return;
      }
      const { incidents } = await client.get<{ incidents: IncidentReply[] }>('/v1/incidents', {
        state: options.open ? 'open' : 'all',
        agent: options.agent,
        run: options.run,
        limit: options.limit,
      });
      if (options.json) printJson(incidents);
      else if (incidents.length === 0) print(options.open ? 'No open incident.' : 'No incident so far.');
      else
        print(
          incidents
            .toReversed()
            .map(one => incidentLine(one, times))
            .join('\n\n'),
        );
    });
}

/** Three lines: headline, the sentence, times and id. */
export function incidentLine(incident: IncidentReply, times: TimeStyle): string {
  const open = incident.resolvedAt === null;
  const mark = open ? pc.red('✗') : pc.green('✓');
  const headline = incidentHeadline({ ...incident, cause: incident.cause ?? 'unknown' });
  const began = clockTime(Date.parse(incident.startedAt), times);
  const lasted = open
    ? 'not resolved'
    : `lasted ${durationWords(Date.parse(incident.resolvedAt!) - Date.parse(incident.startedAt))}`;
  return [
    `${mark} ${pc.bold(headline)}`,
    `  ${incident.explanation}`,
    `  ${pc.dim(`began ${began}, known ${clockTime(Date.parse(incident.openedAt), times)}, ${lasted}  ${incident.id}`)}`,
  ].join('\n');
}

function incidentText(incident: IncidentReply & { unusual?: UnusualReply[] }, times: TimeStyle): string {
  const own = incident.evidence.filter(item => incident.subjects.includes(item.by));
  const others = incident.evidence.filter(item => !incident.subjects.includes(item.by));
  const parts = [
    incidentLine(incident, times),
    section(`From ${incident.subjects.join(', ')}`, own, times),
    section('From the others', others, times),
    section('Only consequences', incident.consequences, times),
    unusualText(incident.unusual ?? [], times),
  ];
  return parts.filter(Boolean).join('\n\n');
}

function section(title: string, items: readonly Item[], times: TimeStyle): string {
  if (items.length === 0) return '';
  const width = Math.max(...items.map(item => item.by.length));
  const rows = items.map(
    item =>
      `  ${pc.dim(clockTime(Date.parse(item.at), times))}  ${item.by.padEnd(width)}  ${messageText(item.text)}`,
  );
  return `${pc.bold(title)}\n${rows.join('\n')}`;
}

/** Weak evidence: what was out of the ordinary around that time. */
function unusualText(found: readonly UnusualReply[], times: TimeStyle): string {
  if (found.length === 0) return '';
  const rows = found.map(
    one =>
      `  ${pc.dim(clockTime(Date.parse(one.at), times))}  ${one.sentence}: ${messageText(one.example).slice(0, 200)}`,
  );
  return `${pc.bold('Out of the ordinary around that time')}\n${rows.join('\n')}`;
}
