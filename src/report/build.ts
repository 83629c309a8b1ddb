import type { Evidence, Incident } from '../model/incident.js';
import type { LogRow } from '../model/log-row.js';
import { isFault } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { displayText, messageText } from '../records/text.js';
import { skeletonOf } from '../skeletons/tally.js';
import type { Unusual } from '../templates/unusual.js';
import { causeWords, incidentHeadline, pastHeadline } from '../wording/incident.js';
import { redactDeep, redactLines } from '../wording/redaction.js';
import { clock } from '../wording/time.js';
import { compareRuns } from './compare.js';
import { byNumber, complaintMatrix } from './complaints.js';
import type { InputExcerpt, PostMortemInputs } from './inputs.js';
import { lanes } from './lanes.js';
import { missingOf } from './missing.js';
import type {
  AgentRow,
  Chart,
  Consequence,
  Excerpt,
  ExcerptLine,
  FirstFailure,
  Lane,
  OutageSpan,
  PostMortem,
  ReportIncident,
} from './model.js';
import { phaseWords } from './phases.js';
import { timeline } from './timeline.js';
import { summarySentences, verdictSentence } from './verdict.js';

/** Context lines on either side of the first failure's evidence. */
const CONTEXT = { before: 8, after: 4 };
const UNUSUAL_SHOWN = 10;
const LINE_LIMIT = 2_000;

/** The post-mortem of one run. Pure: the same inputs give the same report. */
export function buildPostMortem(inputs: PostMortemInputs): PostMortem {
  const incidents = inputs.incidents.map(reportIncident).sort((a, b) => a.startedAt - b.startedAt);
  const faults = incidents.filter(one => one.severity !== 'info');
  const critical = faults.filter(one => one.severity === 'critical');
  // whom the controller gave up for, by its own log; else who was first
  const firstIncident = critical.find(one => one.endedRun !== undefined) ?? critical[0] ?? faults[0];
  const roles = evidenceRoles(inputs.incidents);
  const excerpts = inputs.excerpts
    .map(excerpt => toExcerpt(excerpt, roles))
    .sort((a, b) => byNumber(a.agent, b.agent));
  const chart = chartOf(inputs);
  const outages = outagesOf(incidents, inputs.span.to);
  const { run } = inputs;
  const state = stateOf(inputs, faults);
  const draft = {
    version: 1 as const,
    generatedAt: inputs.generatedAt,
    run: {
      id: run.id,
      name: run.name,
      startedAt: run.startedAt,
      ...defined({
        endedAt: run.endedAt,
        outcome: run.outcome,
        controller: run.controller,
        announced: run.announced,
      }),
      agents: [...run.agents].sort(byNumber),
    },
    state,
    ...(firstIncident ? { first: firstFailure(firstIncident, excerpts) } : {}),
    chart,
    incidents,
    consequences: consequencesOf(inputs.incidents),
    ...careOf(inputs, incidents),
    outages,
    clocks: [...inputs.clocks].sort((a, b) => byNumber(a.agent, b.agent)),
    complaints: complaintMatrix(inputs.marks, run.agents, run.controller),
    agents: agentRows(inputs, chart.lanes, outages),
    missing: missingOf(inputs),
    ...(inputs.lastGood ? { comparison: compareRuns(inputs, inputs.lastGood, inputs.patterns?.diff) } : {}),
    unusual: untold(inputs),
    settings: settingsOf(incidents, inputs.settings),
    excerpts,
  };
  const report: PostMortem = {
    ...draft,
    verdict: verdictSentence(draft),
    summary: summarySentences(draft),
    timeline: timeline(inputs, incidents),
  };
  // Excerpts are redacted line by line already, keys over several lines included.
  const { excerpts: redacted, ...rest } = report;
  return {
    ...redactDeep(rest),
    excerpts: redacted,
    ...(inputs.kibana ? { kibana: kibanaAddresses(inputs.kibana, inputs, firstIncident) } : {}),
  };
}

/** Only the first failure's lines: those are the ones people want to see among their neighbours. */
function kibanaAddresses(
  links: NonNullable<PostMortemInputs['kibana']>,
  { span }: PostMortemInputs,
  first: ReportIncident | undefined,
): NonNullable<PostMortem['kibana']> {
  const records = (first?.evidence ?? []).flatMap(({ record }) => (record === undefined ? [] : [record]));
  return {
    run: links.run(span),
    lines: Object.fromEntries(records.map(record => [record, links.surrounding(record)])),
  };
}

/** From the first line to a little after the last thing that happened; what was looked at is often much more. */
function chartOf(inputs: PostMortemInputs): Chart {
  const { run, span, incidents, interval } = inputs;
  const buckets = inputs.agents.flatMap(({ activity }) => {
    const first = activity.findIndex(count => count > 0);
    return first < 0 ? [] : [first, activity.findLastIndex(count => count > 0) + 1];
  });
  const times = [
    run.startedAt,
    run.endedAt ?? span.to,
    ...incidents.flatMap(one => [one.startedAt, one.resolvedAt ?? one.openedAt]),
    ...buckets.map(bucket => span.from + bucket * interval),
  ];
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const pad = Math.max(1000, (last - first) * 0.03);
  // The chart begins with a bucket, so that the bars stay where they belong.
  const skipped = Math.max(0, Math.floor((first - pad - span.from) / interval));
  return {
    from: span.from + skipped * interval,
    to: Math.min(span.to, last + pad),
    interval,
    lanes: lanes(inputs).map(lane => ({ ...lane, activity: lane.activity.slice(skipped) })),
  };
}

/** What people did, of all incidents in order; each with the incident's headline. */
function careOf({ care = [] }: PostMortemInputs, incidents: ReportIncident[]): Pick<PostMortem, 'care'> {
  if (care.length === 0) return {};
  const headlines = new Map(incidents.map(one => [one.id, one.headline]));
  return {
    care: care
      .map(({ incident, ...entry }) => ({ ...entry, headline: headlines.get(incident) ?? '' }))
      .sort((a, b) => a.at - b.at),
  };
}

function stateOf(inputs: PostMortemInputs, faults: ReportIncident[]): PostMortem['state'] {
  const { outcome, endedAt } = inputs.run;
  if (outcome === 'completed') return faults.some(one => one.severity === 'critical') ? 'failed' : 'good';
  if (outcome !== undefined) return 'failed';
  // what goes on has not failed yet, whatever is wrong with it
  if (endedAt === undefined) return 'running';
  return faults.some(one => one.severity === 'critical') ? 'failed' : 'good';
}

function reportIncident(incident: Incident): ReportIncident {
  const { consequences, updatedAt: _, ...rest } = incident;
  return {
    ...rest,
    evidence: [...incident.evidence].sort((a, b) => a.at - b.at),
    headline: incident.resolvedAt === undefined ? incidentHeadline(incident) : pastHeadline(incident),
    causeText: causeWords(incident.cause, incident.subjects.length > 1),
    consequenceCount: consequences.length,
    ...(incident.resolvedAt === undefined ? {} : { durationMs: incident.resolvedAt - incident.startedAt }),
  };
}

function evidenceRoles(incidents: readonly Incident[]): Map<string, Evidence['role']> {
  const roles = new Map<string, Evidence['role']>();
  for (const incident of incidents) {
    for (const line of [...incident.consequences, ...incident.evidence])
      if (line.record) roles.set(line.record, line.role);
  }
  return roles;
}

function toExcerpt(excerpt: InputExcerpt, roles: ReadonlyMap<string, Evidence['role']>): Excerpt {
  const texts = redactLines(excerpt.rows.map(row => textOfRow(row).slice(0, LINE_LIMIT)));
  return {
    agent: excerpt.agent,
    path: excerpt.rows[0]?.path ?? '',
    moreBefore: excerpt.moreBefore,
    moreAfter: excerpt.moreAfter,
    lines: excerpt.rows.map((row, i) => {
      const role = roles.get(row.id);
      return {
        at: timeOfRow(row),
        level: row.level,
        class: row.class,
        text: texts[i]!,
        record: row.id,
        ...defined({ role }),
      };
    }),
  };
}

/** A line without a time of its own was written about when it was read; the time it inherits can be minutes old. */
function timeOfRow(row: LogRow): number {
  return row.timeKind === 'own' ? row.time : row.observedAt;
}

/** Without its timestamp where it has one: the time stands beside it. */
function textOfRow(row: LogRow): string {
  return row.timeKind === 'own' ? messageText(row.raw) : displayText(row.raw);
}

function firstFailure(incident: ReportIncident, excerpts: Excerpt[]): FirstFailure {
  const failed = new Set(incident.subjects);
  const own = excerpts.find(one => failed.has(one.agent));
  const speakers = [...new Set(incident.evidence.map(line => line.by))].filter(by => !failed.has(by));
  const others = speakers
    .map(by => excerpts.find(one => one.agent === by))
    .filter(one => one !== undefined)
    .map(one => aroundEvidence(one, incident))
    .filter(one => one.lines.length > 0);
  return { incident, own: own && lastWords(own, incident), others };
}

/** Its lines up to the moment the fault was known, and the first after it. */
function lastWords(excerpt: Excerpt, incident: ReportIncident): Excerpt {
  const after = excerpt.lines.findIndex(line => line.at > incident.openedAt);
  const cut = after < 0 ? excerpt.lines.length : after;
  return slice(
    excerpt,
    Math.max(0, cut - CONTEXT.before),
    Math.min(excerpt.lines.length, cut + CONTEXT.after),
  );
}

function aroundEvidence(excerpt: Excerpt, incident: ReportIncident): Excerpt {
  const records = new Set(incident.evidence.map(line => line.record));
  const times = incident.evidence
    .filter(line => line.by === excerpt.agent && !line.record)
    .map(line => line.at);
  const hits = excerpt.lines.flatMap((line, i) =>
    records.has(line.record) || times.some(at => Math.abs(at - line.at) < 100) ? [i] : [],
  );
  if (hits.length === 0) return slice(excerpt, 0, 0);
  return slice(
    excerpt,
    Math.max(0, hits[0]! - CONTEXT.before),
    Math.min(excerpt.lines.length, hits.at(-1)! + 1 + CONTEXT.after),
  );
}

function slice(excerpt: Excerpt, from: number, to: number): Excerpt {
  return {
    ...excerpt,
    lines: excerpt.lines.slice(from, to) as ExcerptLine[],
    moreBefore: excerpt.moreBefore || from > 0,
    moreAfter: excerpt.moreAfter || to < excerpt.lines.length,
  };
}

function consequencesOf(incidents: readonly Incident[]): Consequence[] {
  const by = new Map<string, Evidence[]>();
  for (const line of incidents.flatMap(one => one.consequences))
    by.set(line.by, [...(by.get(line.by) ?? []), line]);
  return [...by]
    .map(([name, lines]) => {
      const sorted = lines.sort((a, b) => a.at - b.at);
      return { by: name, firstAt: sorted[0]!.at, count: sorted.length, lines: sorted.slice(0, 5) };
    })
    .sort((a, b) => a.firstAt - b.firstAt || byNumber(a.by, b.by));
}

const OUTAGE_KINDS =
  /^(agent-(lost|stalled|stopped|not-ready|restarted)|controller-(lost|stalled)|collector-lost|network-fault)$/;

function outagesOf(incidents: readonly ReportIncident[], until: number): OutageSpan[] {
  return incidents
    .filter(one => OUTAGE_KINDS.test(one.kind))
    .flatMap(one =>
      one.subjects.map(subject => ({
        subject,
        kind: one.kind,
        from: one.startedAt,
        ...defined({ to: one.resolvedAt }),
        durationMs: (one.resolvedAt ?? Math.max(until, one.openedAt)) - one.startedAt,
      })),
    )
    .sort((a, b) => a.from - b.from || byNumber(a.subject, b.subject));
}

function agentRows(inputs: PostMortemInputs, chartLanes: Lane[], outages: OutageSpan[]): AgentRow[] {
  const signals = new Map<string, number>();
  for (const mark of inputs.marks)
    if (isFault(mark.class)) signals.set(mark.agent, (signals.get(mark.agent) ?? 0) + 1);
  const affected = new Set([
    ...inputs.incidents.flatMap(one => one.consequences.map(line => line.by)),
    ...inputs.incidents.filter(one => one.severity === 'warning').flatMap(one => one.subjects),
  ]);
  const failed = new Set(
    inputs.incidents.filter(one => one.severity === 'critical').flatMap(one => one.subjects),
  );
  // the last phase of one that was lost and did not come back is not how it ended
  const lostAt = new Map(
    inputs.incidents
      .filter(one => one.kind === 'agent-lost' && one.resolvedAt === undefined)
      .flatMap(one => one.subjects.map(subject => [subject, one.startedAt] as const)),
  );
  return inputs.agents
    .map(({ activity: _, ...figures }) => {
      const lane = chartLanes.find(one => one.name === figures.agent);
      // What comes after the run's end is idling.
      const phase = (lane?.phases.findLast(one => one.phase !== 'idle') ?? lane?.phases.at(-1))?.phase;
      return {
        ...figures,
        signals: signals.get(figures.agent) ?? 0,
        ...exactEnds(inputs, figures),
        ended: lostAt.has(figures.agent)
          ? `lost at ${clock(lostAt.get(figures.agent)!)}`
          : phase
            ? phaseWords(phase, lane!.role)
            : figures.lines === 0
              ? 'no line in this run'
              : 'not told',
        outageMs: outages
          .filter(one => one.subject === figures.agent)
          .reduce((total, one) => total + one.durationMs, 0),
        state: failed.has(figures.agent)
          ? ('failed' as const)
          : affected.has(figures.agent)
            ? ('affected' as const)
            : ('good' as const),
      };
    })
    .sort((a, b) => byNumber(a.agent, b.agent));
}

/** First and last line to the millisecond where all lines are at hand; the histogram's buckets otherwise. */
function exactEnds(
  inputs: PostMortemInputs,
  { agent }: { agent: string },
): Pick<AgentRow, 'firstAt' | 'lastAt'> {
  const excerpt = inputs.excerpts.find(one => one.agent === agent);
  const times = excerpt?.rows.map(timeOfRow) ?? [];
  return {
    ...(excerpt && !excerpt.moreBefore && times.length > 0 ? { firstAt: Math.min(...times) } : {}),
    ...(excerpt && !excerpt.moreAfter && times.length > 0 ? { lastAt: Math.max(...times) } : {}),
  };
}

/** What evidence and consequences show already is not told twice. */
function untold({ patterns, incidents, lastGood }: PostMortemInputs): Unusual[] {
  const told = new Set(
    incidents.flatMap(one => [...one.evidence, ...one.consequences]).map(line => skeletonOf(line.text)),
  );
  return (patterns?.unusual ?? [])
    .filter(one => !(one.why === 'new' && lastGood) && !told.has(skeletonOf(one.example)))
    .slice(0, UNUSUAL_SHOWN);
}

/** Causes that other settings of the program would have changed; a killed process is not one. */
const MATTERS_OF_SETTINGS: ReadonlySet<string> = new Set([
  'unresponsive',
  'timeout',
  'unknown',
  'dns',
  'wrong-address',
]);

function settingsHelp({ cause }: ReportIncident): boolean {
  return cause === undefined || MATTERS_OF_SETTINGS.has(cause);
}

function settingsOf(incidents: ReportIncident[], settings: Record<string, string[]>): PostMortem['settings'] {
  const rows = new Map<string, string>();
  for (const incident of incidents)
    for (const name of settingsHelp(incident) ? (settings[incident.kind] ?? []) : [])
      if (!rows.has(name)) rows.set(name, `${incident.headline}`);
  return [...rows].map(([name, because]) => ({ name, because }));
}
