import type { Pack } from '../detect/pack.js';
import type { KibanaLinks } from '../kibana/links.js';
import { type Care, NO_CARE } from '../model/care.js';
import type { Mark } from '../model/finding.js';
import type { Incident } from '../model/incident.js';
import type { LogRow } from '../model/log-row.js';
import type { Run } from '../model/run.js';
import { defined } from '../platform/defined.js';
import type { Query } from '../query/ast.js';
import { runSpan } from '../runs/span.js';
import type { Store } from '../store/store.js';
import { diffRuns } from '../templates/diff.js';
import { compared, type Profiles, usualLines } from '../templates/profiles.js';
import { findUnusual } from '../templates/unusual.js';
import { careEntries } from '../wording/care.js';
import { byNumber } from './complaints.js';
import type { AgentFigures, ClockOffset, InputExcerpt, PostMortemInputs } from './inputs.js';

/** Where a post-mortem's material comes from. */
export interface ReportSources {
  store: Pick<Store, 'marks' | 'search' | 'histogram' | 'sources' | 'gaps'>;
  /** All runs, newest first. */
  runs(): Promise<Run[]>;
  incidents(run: Run): Promise<Incident[]>;
  clocks(): Promise<ClockOffset[]> | ClockOffset[];
  /** Settings of the program worth a look, by incident kind (pack `behaviour.settings`). */
  settings: Record<string, string[]>;
  /** What people did about an incident. */
  care?: (incident: string) => Care;
  /** Where Kibana is used. */
  kibana?: KibanaLinks;
  /** Counts of kinds of lines; absent: they are not compared. */
  profiles?: Pick<Profiles, 'of' | 'saved' | 'healthy'>;
}

/** Settings worth a look, of all packs together, by incident kind. */
export function settingsOfPacks(packs: readonly Pack[]): Record<string, string[]> {
  const settings: Record<string, string[]> = {};
  for (const pack of packs)
    for (const [kind, names] of Object.entries(pack.behaviour?.settings ?? {}))
      settings[kind] = [...new Set([...(settings[kind] ?? []), ...names])];
  return settings;
}

/** Looked at before the run and after its end: agents start earlier, and consequences come later. */
const _MARGIN = { before: 15_000, after: 60_000 };
/** Buckets of the chart, as many as it can show apart. */
const BUCKETS = 240;
const MARK_LIMIT = 50_000;
const MARK_PAGE = 5_000;
/**
 * Lines of an agent kept; of longer logs those around the first fault. Those that failed and the controller have the most;
 * the others share what is left, so that a report of 100 hosts can still be opened and mailed.
 */
const EXCERPT_LINES = 600;
const ALL_EXCERPTS = 12_000;
const LEAST_EXCERPT = 40;
/** Larger runs are counted after their end, in the background, and not while somebody waits. */
const COUNTED_AT_ONCE = 3_000_000;

/** Fetches what `buildPostMortem` needs. @param now ms since the epoch */
export async function collectInputs(
  sources: ReportSources,
  wanted: Run,
  now: number,
): Promise<PostMortemInputs> {
  const { store } = sources;
  const incidents = await sources.incidents(wanted);
  const run = withMissing(wanted, incidents);
  const runs = await sources.runs();
  const span = runSpan(run, 'report', { now, runs, incidents });
  const marks = await readMarks(store, span);
  const interval = Math.max(1000, Math.ceil((span.to - span.from) / BUCKETS / 1000) * 1000);
  const agents = await figuresOf(store, run, span, interval);
  const earlier = await lastGoodRun(sources, run, runs);
  const patterns = sources.profiles && (await patternsOf(sources.profiles, wanted, earlier, agents));
  const lastGood = earlier && (await comparedRun(store, earlier, runs));
  return {
    generatedAt: now,
    run,
    span,
    incidents,
    marks,
    agents,
    interval,
    clocks: await sources.clocks(),
    gaps: (await store.gaps(span)).filter(gap => gap.reason !== 'unseen'),
    excerpts: await excerptsOf(store, agents, span, incidents, run.controller),
    ...defined({ lastGood, patterns }),
    settings: sources.settings,
    care: incidents.flatMap(({ id }) =>
      careEntries(sources.care?.(id) ?? NO_CARE).map(entry => ({ ...entry, incident: id })),
    ),
    ...defined({ kibana: sources.kibana }),
  };
}

/** With the agents that never wrote a line: they were meant to take part. */
function withMissing(run: Run, incidents: readonly Incident[]): Run {
  const named = incidents
    .filter(one => one.kind === 'agent-not-ready' || one.kind === 'agent-lost')
    .flatMap(one => one.subjects)
    .filter(name => name !== run.controller && name !== 'controller');
  return { ...run, agents: [...new Set([...run.agents, ...named])] };
}

/** The newest earlier run of that name that completed and that nothing was wrong with. */
async function lastGoodRun(sources: ReportSources, run: Run, runs: readonly Run[]): Promise<Run | undefined> {
  for (const one of runs) {
    if (one.name !== run.name || one.outcome !== 'completed' || one.startedAt >= run.startedAt) continue;
    const incidents = await sources.incidents(one);
    if (incidents.every(incident => incident.severity === 'info')) return one;
  }
  return undefined;
}

async function patternsOf(
  profiles: Pick<Profiles, 'of' | 'saved' | 'healthy'>,
  run: Run,
  good: Run | undefined,
  agents: readonly AgentFigures[],
): Promise<PostMortemInputs['patterns'] | undefined> {
  const lines = agents.reduce((total, one) => total + one.lines, 0);
  const own = await (lines <= COUNTED_AT_ONCE ? profiles.of(run) : profiles.saved(run));
  if (!own) return undefined;
  const known = usualLines(await profiles.healthy(run.startedAt));
  const unusual = findUnusual({ tally: own.tally, siblings: run.agents, ...defined({ known }) });
  const diff = good && diffRuns(compared(await profiles.of(good)), compared(own));
  return { unusual, ...defined({ diff }) };
}

async function comparedRun(
  store: ReportSources['store'],
  run: Run,
  runs: readonly Run[],
): Promise<PostMortemInputs['lastGood']> {
  const span = runSpan(run, 'report', { now: run.endedAt ?? run.startedAt, runs });
  const interval = Math.max(1000, Math.ceil((span.to - span.from) / BUCKETS / 1000) * 1000);
  return { run, marks: await readMarks(store, span), agents: await figuresOf(store, run, span, interval) };
}

async function readMarks(store: ReportSources['store'], span: { from: number; to: number }): Promise<Mark[]> {
  const marks: Mark[] = [];
  while (marks.length < MARK_LIMIT) {
    const afterSeq = marks.at(-1)?.seq;
    const page = await store.marks({
      ...span,
      limit: MARK_PAGE,
      ...defined({ afterSeq }),
    });
    marks.push(...page);
    if (page.length < MARK_PAGE) break;
  }
  return marks;
}

async function figuresOf(
  store: ReportSources['store'],
  run: Run,
  span: { from: number; to: number },
  interval: number,
): Promise<AgentFigures[]> {
  const wanted = new Set([...run.agents, ...(run.controller ? [run.controller] : [])]);
  const of = (query: Query) => store.histogram({ query, ...span, interval, by: 'agent' });
  const [all, warnings, errors] = await Promise.all([
    of({ kind: 'all' }),
    of({ kind: 'level', op: '=', level: 'warn' }),
    of({ kind: 'level', op: '>=', level: 'error' }),
  ]);
  const total = (list: { key: string; counts: number[] }[], key: string) =>
    (list.find(one => one.key === key)?.counts ?? []).reduce((a, b) => a + b, 0);
  const sources = await store.sources();
  return [...wanted].sort(byNumber).map(agent => {
    const own = sources.filter(one => one.agent === agent);
    const activity = all.series.find(one => one.key === agent)?.counts ?? [];
    const first = activity.findIndex(count => count > 0);
    const last = activity.findLastIndex(count => count > 0);
    return {
      agent,
      host: own[0]?.host ?? '',
      paths: [...new Set(own.map(one => one.path))],
      lines: total(all.series, agent),
      warnings: total(warnings.series, agent),
      errors: total(errors.series, agent),
      ...(first < 0
        ? {}
        : { firstAt: span.from + first * interval, lastAt: span.from + (last + 1) * interval }),
      activity,
    };
  });
}

async function excerptsOf(
  store: ReportSources['store'],
  agents: readonly AgentFigures[],
  span: { from: number; to: number },
  incidents: readonly Incident[],
  controller: string | undefined,
): Promise<InputExcerpt[]> {
  const excerpts: InputExcerpt[] = [];
  const faultAt = Math.min(...incidents.map(one => one.openedAt));
  const failed = new Set(incidents.flatMap(one => one.subjects));
  const shared = Math.floor(ALL_EXCERPTS / Math.max(1, agents.length));
  for (const { agent, lines } of agents) {
    if (lines === 0) continue;
    const first = agent === controller || (failed.has(agent) && failed.size <= 8);
    const most = first ? EXCERPT_LINES : Math.min(EXCERPT_LINES, Math.max(LEAST_EXCERPT, shared));
    const query: Query = { kind: 'field', field: 'agent', pattern: agent };
    const search = (part: { from: number; to: number }, order: 'oldest' | 'newest', limit: number) =>
      store.search({ query, ...part, order, limit }).then(page => page.rows);
    if (lines <= most) {
      excerpts.push({
        agent,
        rows: inOrder(await search(span, 'oldest', most)),
        moreBefore: false,
        moreAfter: false,
      });
      continue;
    }
    const middle = Number.isFinite(faultAt) ? faultAt : span.to;
    const before = await search({ from: span.from, to: middle }, 'newest', Math.ceil(most / 2));
    const after = await search({ from: middle, to: span.to }, 'oldest', Math.ceil(most / 2));
    excerpts.push({
      agent,
      rows: inOrder([...before, ...after]),
      moreBefore: before.length === Math.ceil(most / 2),
      moreAfter: after.length === Math.ceil(most / 2),
    });
  }
  return excerpts;
}

/** Within a source the offset is the order, whatever the lines' times say. */
function inOrder(rows: LogRow[]): LogRow[] {
  const firstOf = new Map<string, number>();
  for (const row of rows) firstOf.set(row.source, Math.min(firstOf.get(row.source) ?? row.time, row.time));
  return [...rows].sort((a, b) =>
    a.source === b.source ? a.offset - b.offset : firstOf.get(a.source)! - firstOf.get(b.source)!,
  );
}
