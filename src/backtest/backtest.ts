import { LineDetector } from '../detect/detector.js';
import { IncidentEngine } from '../incidents/engine.js';
import { TAIL_MS, takeWitness } from '../incidents/replay/replay.js';
import type { Witnessed } from '../incidents/replay/witnessed.js';
import { type EngineSettings, programsOf } from '../incidents/settings.js';
import type { Finding, Mark } from '../model/finding.js';
import type { Incident, IncidentChange } from '../model/incident.js';
import type { LogRow } from '../model/log-row.js';
import { LEVELS } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';
import type { Query } from '../query/ast.js';
import { messageText } from '../records/text.js';
import type { Store } from '../store/store.js';
import type { Trial } from './subject.js';

/** A line the tried rules mark, and what it meant without them. */
export interface TriedMark {
  mark: Mark;
  before: Finding | undefined;
}

export interface BacktestResult {
  lines: number;
  rules: string[];
  marks: TriedMark[];
  /** How many there were; `marks` holds the first ones. */
  marked: number;
  /** Lines that meant something without the rules and, by their veto, nothing with them: how many, and the first ones. */
  silenced: number;
  silent: Mark[];
  /** Incidents that would have followed, that would not have been, and how many stay as they were. */
  added: Incident[];
  removed: Incident[];
  same: number;
  /** What the engine would have told with the rules, for the alerts. */
  changes: IncidentChange[];
}

export interface BacktestRequest {
  query: Query;
  /** [from, to), event time. */
  from: number;
  to: number;
}

export interface BacktestSources {
  abort?: AbortSignal;
  witnesses?: (from: number, to: number) => Promise<readonly Witnessed[]>;
}

const PAGE = 5_000;
const MOST_LINES = 2_000_000;
const MARKS_SHOWN = 200;

/**
 * Judges stored lines twice, with the rules and without, and lets the incident engine conclude from both on a virtual
 * clock, as it did live: with the heartbeats and probes of that time, as far as they are kept.
 * @param witnesses what was witnessed in a span of the service's time, in order
 */
export async function backtest(
  store: Pick<Store, 'search'>,
  request: BacktestRequest,
  trial: Trial,
  settings: Partial<EngineSettings>,
  { abort, witnesses }: BacktestSources = {},
): Promise<BacktestResult> {
  const tried = new Set(trial.rules);
  const [after, before] = [new LineDetector(trial.with), new LineDetector(trial.without)];
  const play = { after: new Play(settings, trial.with), before: new Play(settings, trial.without) };
  const marks: TriedMark[] = [];
  let lines = 0;
  let marked = 0;
  const silent: Mark[] = [];
  let silenced = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await store.search(
      { ...request, order: 'oldest', limit: PAGE, ...defined({ cursor }) },
      abort,
    );
    lines += page.rows.length;
    if (lines > MOST_LINES)
      throw new DeadairError(
        'request.invalid',
        `There are more than ${MOST_LINES} lines in that time; name a run or a shorter time.`,
        { subject: 'from' },
      );
    for (const detector of [after, before]) recognise(detector, page.rows);
    for (const row of page.rows) {
      play.after.hear(row);
      play.before.hear(row);
      const source = { id: row.source, path: row.path };
      const now = after.classifyLine(row.raw, source);
      const then = before.classifyLine(row.raw, source);
      if (now) play.after.mark(row, now);
      if (then) play.before.mark(row, then);
      if (then && !now && ++silenced <= MARKS_SHOWN) silent.push(markOf(row, then));
      if (!now || !tried.has(now.rule)) continue;
      if (++marked <= MARKS_SHOWN) marks.push({ mark: markOf(row, now), before: then });
    }
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  const span = play.after.span();
  const seen = (span && (await witnesses?.(span.from, span.to))) ?? [];
  const [changes, were] = [play.after.conclude(seen), play.before.conclude(seen)];
  const [is, was] = [latest(changes), latest(were)];
  const added = is.filter(one => !was.some(other => isSame(one, other)));
  const removed = was.filter(one => !is.some(other => isSame(one, other)));
  return {
    lines,
    rules: trial.rules,
    marks,
    marked,
    silenced,
    silent,
    added,
    removed,
    same: is.length - added.length,
    changes: changes.filter(one => added.some(incident => incident.id === one.incident.id)),
  };
}

/** What the lines' sources were taken for when they came: the line that told may stand before those that are looked at. */
function recognise({ rules, sources }: LineDetector, rows: readonly LogRow[]): void {
  const programs = new Map(rules.map(({ name, of }) => [name, of]));
  for (const { rule, source } of rows) {
    const program = rule === undefined ? undefined : programs.get(rule);
    if (program !== undefined) sources.resume(source, program);
  }
}

/** What one set of rules sees, kept until all lines are known: they are read by event time and were told by arrival. */
class Play {
  private readonly engine: IncidentEngine;
  private readonly arrivals = new Map<
    number,
    Map<string, { agent: string; host: string; observedAt: number }>
  >();
  private readonly marks: Mark[] = [];

  constructor(settings: Partial<EngineSettings>, packs: Trial['with']) {
    this.engine = new IncidentEngine({ ...settings, ...programsOf(packs) });
  }

  hear({ agent, host, observedAt, ingestedAt }: LogRow): void {
    let agents = this.arrivals.get(ingestedAt);
    if (!agents) {
      agents = new Map();
      this.arrivals.set(ingestedAt, agents);
    }
    if (!agents.has(agent)) agents.set(agent, { agent, host, observedAt });
  }

  mark(row: LogRow, finding: Finding): void {
    this.marks.push(markOf(row, finding));
  }

  /** When the first of the lines was taken in, and the last; undefined: there was none. */
  span(): { from: number; to: number } | undefined {
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const at of this.arrivals.keys()) [from, to] = [Math.min(from, at), Math.max(to, at)];
    return from <= to ? { from, to } : undefined;
  }

  /** @param witnesses in order of time */
  conclude(witnesses: readonly Witnessed[]): IncidentChange[] {
    const marks = this.marks.sort(
      (a, b) =>
        a.ingestedAt - b.ingestedAt ||
        (a.source === b.source ? a.offset - b.offset : a.source < b.source ? -1 : 1),
    );
    const changes: IncidentChange[] = [];
    const times = [...this.arrivals.keys()].sort((a, b) => a - b);
    let next = 0;
    let told = 0;
    for (const at of times) {
      for (; told < witnesses.length && witnesses[told]!.at <= at; told++) {
        const witnessed = witnesses[told]!;
        // known before anything of that time is judged, as when it happened
        if ('away' in witnessed) takeWitness(this.engine, witnessed);
        changes.push(...this.engine.advance(witnessed.at));
        if (!('away' in witnessed)) takeWitness(this.engine, witnessed);
      }
      changes.push(...this.engine.advance(at));
      for (const heard of this.arrivals.get(at)!.values()) this.engine.activity({ ...heard, ingestedAt: at });
      for (; next < marks.length && marks[next]!.ingestedAt <= at; next++) this.engine.mark(marks[next]!);
    }
    const end = times.at(-1);
    if (end === undefined) return changes;
    // What comes after is not known here; no silence in it proves anything.
    this.engine.outage(end);
    return [...changes, ...this.engine.advance(end + TAIL_MS)];
  }
}

function markOf(row: LogRow, finding: Finding): Mark {
  const { seq, agent, host, path, source, offset, time, timeKind, observedAt, ingestedAt } = row;
  return {
    ...finding,
    seq,
    agent,
    host,
    path,
    source,
    offset,
    time,
    timeKind,
    observedAt,
    ingestedAt,
    level: LEVELS.indexOf(row.level),
    text: messageText(row.raw).slice(0, 2048),
  };
}

function latest(changes: readonly IncidentChange[]): Incident[] {
  return [...new Map(changes.map(({ incident }) => [incident.id, incident])).values()];
}

function isSame(a: Incident, b: Incident): boolean {
  return a.kind === b.kind && a.cause === b.cause && a.subjects.join() === b.subjects.join();
}
