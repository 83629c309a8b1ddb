import type { IncidentKind } from '../model/incident.js';
import { agentsIn } from '../model/run.js';
import type { Diff } from '../templates/diff.js';
import { plural } from '../wording/amount.js';
import { distanceWords, durationWords, offsetWords } from '../wording/duration.js';
import { kindWords } from '../wording/incident.js';
import { clock, timeWords } from '../wording/time.js';
import type { Excerpt, PostMortem } from './model.js';
import { firstHeading } from './verdict.js';
import { DIFF_SECTIONS, speaker } from './words.js';

const EXCERPT_LINES = 40;
const DIFF_SHOWN = 12;
const WIDEST = 44;

type Blocks = (string | undefined)[];

/** The sections, in the order of the HTML. */
const SECTIONS: readonly ((report: PostMortem) => Blocks)[] = [
  head,
  failedFirst,
  timeline,
  consequences,
  incidents,
  people,
  outages,
  hosts,
  complaints,
  clocks,
  missing,
  compared,
  unusual,
  settings,
];

/** For a terminal, a ticket or a wiki: the same content in the same order as the HTML. */
export function renderMarkdown(report: PostMortem): string {
  const blocks = SECTIONS.flatMap(section => section(report));
  blocks.push(
    `*Made by Deadair on ${timeWords(report.generatedAt)}. All times are UTC by the server’s clock. Secrets were removed.*`,
  );
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

function head(report: PostMortem): Blocks {
  const { run } = report;
  const length =
    run.endedAt === undefined
      ? 'still going'
      : run.endedAt - run.startedAt < 1000
        ? 'less than a second'
        : durationWords(run.endedAt - run.startedAt);
  return [
    `# ${oneLine(report.verdict)}`,
    report.summary.map(line => `- ${oneLine(line)}`).join('\n'),
    `Run **${cell(run.name)}** · began ${timeWords(run.startedAt)} · length ${length} · outcome ${run.outcome ?? 'not known'} · ${plural(agentsIn(run), 'agent')}`,
    report.kibana && `[All lines of this run in Kibana](<${report.kibana.run}>)`,
  ];
}

function failedFirst({ first, run }: PostMortem): Blocks {
  if (!first) return [];
  const { incident, own, others } = first;
  return [
    `## ${firstHeading(first, run)}`,
    `**${cell(incident.headline)}** – began ${timeWords(incident.startedAt)}, could be known at ${timeWords(incident.openedAt, 'clock')}, ${incident.resolvedAt === undefined ? 'not resolved' : `resolved at ${timeWords(incident.resolvedAt, 'clock')}`}.`,
    'Evidence:',
    fenced(incident.evidence.map(line => `${timeWords(line.at, 'clock')} ${speaker(line.by)}: ${line.text}`)),
    own
      ? `From its own side, the last lines of ${own.agent}:`
      : `${incident.subjects.join(', ')} left no log line in this run.`,
    own && excerpt(own),
    ...others.flatMap(other => [`From the other side, ${other.agent}:`, excerpt(other)]),
  ];
}

function timeline(report: PostMortem): Blocks {
  return [
    '## What happened, in order',
    table(
      ['Time', 'In the run', 'Who', 'What'],
      report.timeline.map(one => [
        timeWords(one.at, 'clock'),
        distanceWords(one.offsetMs, 1),
        one.who,
        one.what,
      ]),
    ),
  ];
}

function consequences(report: PostMortem): Blocks {
  if (report.consequences.length === 0) return [];
  return [
    '## What was only a consequence',
    table(
      ['Who', 'Lines', 'From', 'First line'],
      report.consequences.map(one => [
        one.by,
        String(one.count),
        timeWords(one.firstAt, 'clock'),
        one.lines[0]?.text ?? '',
      ]),
    ),
  ];
}

function incidents(report: PostMortem): Blocks {
  if (report.incidents.length <= 1) return [];
  return [
    '## All incidents',
    report.incidents
      .map(
        one =>
          `- **${cell(one.headline)}** (${timeWords(one.startedAt, 'clock')}): ${oneLine(one.explanation)}`,
      )
      .join('\n'),
  ];
}

function people({ care }: PostMortem): Blocks {
  if (!care) return [];
  return [
    '## What people did',
    table(
      ['Time', 'Who', 'What', 'About'],
      care.map(one => [
        timeWords(one.at, 'clock'),
        one.by,
        one.did === 'noted' ? (one.text ?? '') : one.did,
        one.headline,
      ]),
    ),
  ];
}

function outages(report: PostMortem): Blocks {
  if (report.outages.length === 0) return [];
  return [
    '## Outages',
    table(
      ['Who', 'What', 'From', 'To', 'Length'],
      report.outages.map(one => [
        one.subject,
        kindWords(one.kind as IncidentKind),
        timeWords(one.from, 'clock'),
        one.to === undefined ? 'not resolved' : timeWords(one.to, 'clock'),
        `${one.to === undefined ? '≥ ' : ''}${durationWords(one.durationMs)}`,
      ]),
    ),
  ];
}

function hosts(report: PostMortem): Blocks {
  return [
    '## Hosts',
    table(
      ['Host', 'State', 'At the end', 'Lines', 'Warnings', 'Errors', 'Fault lines', 'Last line', 'Outage'],
      report.agents.map(one => [
        one.agent,
        one.state,
        one.ended,
        String(one.lines),
        String(one.warnings),
        String(one.errors),
        String(one.signals),
        one.lastAt === undefined ? '–' : clock(one.lastAt),
        one.outageMs > 0 ? durationWords(one.outageMs) : '–',
      ]),
    ),
  ];
}

function complaints(report: PostMortem): Blocks {
  const { by, about, counts, reading } = report.complaints;
  if (by.length === 0) return [];
  return [
    '## Who complained about whom',
    reading,
    table(
      ['complained ↓ about →', ...about],
      by.map((name, i) => [name, ...about.map((_, j) => String(counts[i]![j] || '·'))]),
    ),
  ];
}

function clocks(report: PostMortem): Blocks {
  return [
    '## Clocks',
    report.clocks.length === 0
      ? 'Not measured: the collectors of this run sent no heartbeats.'
      : table(
          ['Host', 'Offset to the server', '±'],
          report.clocks.map(one => [one.agent, offsetWords(one.offsetMs), durationWords(one.plusMinusMs)]),
        ),
  ];
}

function missing(report: PostMortem): Blocks {
  return [
    '## Missing lines',
    report.missing.sentence,
    report.missing.gaps.length > 0
      ? table(
          ['Agent', 'Log', 'From byte', 'To byte', 'Reason'],
          report.missing.gaps.map(one => [
            one.agent,
            one.path,
            String(one.from),
            one.to === null ? 'not known' : String(one.to),
            one.reason,
          ]),
        )
      : undefined,
  ];
}

function compared(report: PostMortem): Blocks {
  const { comparison } = report;
  if (!comparison) return [];
  return [
    '## Compared with the last good run',
    `${cell(comparison.run.name)}, which began ${timeWords(comparison.run.startedAt)}.`,
    table(
      ['', 'Last good run', 'This run'],
      comparison.rows.map(one => [one.what, one.good, one.differs ? `**${one.now}**` : one.now]),
    ),
    ...(comparison.lines ? differences(comparison.lines) : []),
  ];
}

function unusual(report: PostMortem): Blocks {
  if (report.unusual.length === 0) return [];
  return [
    '## Out of the ordinary',
    'Hints, not faults: by themselves they raise no alarm.',
    table(
      ['Time', 'What', 'Line'],
      report.unusual.map(one => [timeWords(one.at, 'clock'), one.sentence, one.example.slice(0, 120)]),
    ),
  ];
}

function settings(report: PostMortem): Blocks {
  if (report.settings.length === 0) return [];
  return [
    '## Settings to look at',
    report.settings.map(one => `- \`${one.name}\` – ${oneLine(one.because)}`).join('\n'),
  ];
}

function differences(diff: Diff): string[] {
  const parts = DIFF_SECTIONS.flatMap(({ key, title, note }) => {
    const rows = diff[key];
    if (rows.length === 0) return [];
    const more = rows.length > DIFF_SHOWN ? `; ${DIFF_SHOWN} shown` : '';
    return [
      `${title}: ${plural(rows.length, 'kind')} of lines${note}${more}.`,
      table(
        ['Then', 'Now', 'Only on', 'Line'],
        rows
          .slice(0, DIFF_SHOWN)
          .map(one => [String(one.before), String(one.now), one.agent ?? '', one.example.slice(0, 120)]),
      ),
    ];
  });
  return [...parts, `${diff.same} kinds of lines are as they were.`];
}

function excerpt(one: Excerpt): string {
  const shown = one.lines.slice(-EXCERPT_LINES);
  const lines = shown.map(
    line => `${line.role ? '▶' : ' '} ${timeWords(line.at, 'clock')} ${levelWord(line.level)}${line.text}`,
  );
  if (one.moreBefore || shown.length < one.lines.length) lines.unshift('  …');
  if (one.moreAfter) lines.push('  …');
  return fenced(lines);
}

function levelWord(level: string): string {
  return level === 'none' ? '' : `${level.toUpperCase().padStart(5)} `;
}

/** A fence longer than any in the text, so that a log line can't end it. */
function fenced(lines: string[]): string {
  const longest = Math.max(
    2,
    ...lines.flatMap(line => [...line.matchAll(/`+/g)].map(match => match[0].length)),
  );
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${lines.map(line => line.replace(/[\u0000-\u0008\u000a-\u001f]/g, '·')).join('\n')}\n${fence}`;
}

/** Columns are padded, so that the source reads as a table in a terminal, too; the last one may be as long as it likes. */
function table(heads: string[], rows: string[][]): string {
  const cells = [heads, ...rows].map(row => row.map(cell));
  const widths = heads.map((_, i) => Math.min(WIDEST, Math.max(3, ...cells.map(row => row[i]!.length))));
  const line = (row: string[], fill = ' ') =>
    `| ${row.map((text, i) => (i === row.length - 1 ? text : text.padEnd(widths[i]!, fill))).join(' | ')} |`;
  return [
    line(cells[0]!),
    line(
      heads.map(() => '---'),
      '-',
    ),
    ...cells.slice(1).map(row => line(row)),
  ].join('\n');
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f]+/g, ' ');
}
