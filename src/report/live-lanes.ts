import type { Mark } from '../model/finding.js';
import type { Incident } from '../model/incident.js';
import type { Run } from '../model/run.js';
import { defined } from '../platform/defined.js';
import { isImported } from '../platform/ids.js';
import type { Store } from '../store/store.js';
import type { AgentFigures, ClockOffset } from './inputs.js';
import { lanes, timeOfMark } from './lanes.js';
import type { Lane } from './model.js';

/** A lane as the live page draws it: the report's, with ways to the lines behind it. */
export interface LiveLane extends Omit<Lane, 'outages' | 'marks'> {
  host: string;
  outages: { incident: string; kind: string; from: number; to: number | null }[];
  marks: {
    at: number;
    kind: Lane['marks'][number]['kind'];
    text: string;
    record?: string;
    incident: string;
  }[];
  /** Times at which its process began anew. */
  restarts: number[];
  /** Host's clock minus the service's, where it is surely more than nothing. */
  clockOffsetMs?: number;
}

export interface LiveLanes {
  from: number;
  to: number;
  interval: number;
  lanes: LiveLane[];
}

export interface LaneSources {
  store: Pick<Store, 'marks' | 'histogram' | 'sources'>;
  clocks(): ClockOffset[];
}

/** Widths of buckets, ms. From a minute on the store has exact counts; narrower ones are counted from lines. */
const WIDTHS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 86_400].map(
  s => s * 1000,
);
const BUCKETS = 240;
const MINUTE = 60_000;
/** Lines may come late: what was counted longer ago than this is counted anew. */
const RECOUNT_MS = 60_000;
const MARK_PAGE = 5000;
const MOST_MARKS = 50_000;
const CACHED = 6;

interface Counted {
  at: number;
  to: number;
  counts: Map<string, number[]>;
}

interface Marked {
  marks: Mark[];
  afterSeq: number | undefined;
}

/** Draws the lanes of a run again and again while it goes on, reading only what is new. */
export class LaneBook {
  private readonly counted = new Map<string, Counted>();
  private readonly marked = new Map<string, Marked>();

  constructor(private readonly sources: LaneSources) {}

  /**
   * @param run as far as it is known; one without an id stands for "everything in this time"
   * @param span ms since the epoch
   */
  async draw(
    run: Run,
    span: { from: number; to: number },
    incidents: readonly Incident[],
    now: number,
  ): Promise<LiveLanes> {
    const wanted = (span.to - span.from) / BUCKETS;
    const least = run.id === '' ? MINUTE : 0;
    const interval = WIDTHS.find(width => width >= Math.max(wanted, least)) ?? WIDTHS.at(-1)!;
    const from = Math.floor(span.from / interval) * interval;
    const to = Math.max(span.to, from + interval);
    const [activity, marks, sources] = await Promise.all([
      this.activity(from, to, interval, now),
      this.marks(from, to),
      this.sources.store.sources(),
    ]);
    const hosts = new Map<string, string>();
    for (const source of sources) if (!isImported(source.id)) hosts.set(source.agent, source.host);
    const names =
      run.id === '' ? [...hosts.keys()] : [...run.agents, ...(run.controller ? [run.controller] : [])];
    const agents = [...new Set(names)].map(agent =>
      figures(agent, hosts.get(agent) ?? '', activity.get(agent) ?? [], from, interval),
    );
    const clocks = this.sources.clocks();
    const drawn = lanes({
      generatedAt: now,
      run,
      span: { from, to },
      incidents: [...incidents],
      marks,
      agents,
      interval,
      clocks,
      gaps: [],
      excerpts: [],
      settings: {},
    });
    const about = bySubject(incidents);
    const said = byAuthor(incidents);
    const began = restartsOf(marks, clocks);
    const offsets = new Map(
      clocks.filter(one => Math.abs(one.offsetMs) > one.plusMinusMs).map(one => [one.agent, one.offsetMs]),
    );
    return {
      from,
      to,
      interval,
      lanes: drawn.map(({ outages: _outages, marks: _marks, ...lane }) => {
        const offset = offsets.get(lane.name);
        return {
          ...lane,
          host: hosts.get(lane.name) ?? '',
          outages: about.get(lane.name) ?? [],
          marks: said.get(lane.name) ?? [],
          restarts: began.get(lane.name) ?? [],
          ...defined({ clockOffsetMs: offset }),
        };
      }),
    };
  }

  /** Lines per agent and bucket; of a span that grows only its end is counted again. */
  private async activity(
    from: number,
    to: number,
    interval: number,
    now: number,
  ): Promise<Map<string, number[]>> {
    const key = `${from} ${interval}`;
    const known = this.counted.get(key);
    const fresh = known && now - known.at < RECOUNT_MS && known.to <= to;
    const since = fresh ? Math.max(from, Math.floor(known.to / interval) * interval - interval) : from;
    const found = await this.sources.store.histogram({
      query: { kind: 'all' },
      from: since,
      to: Math.ceil(to / interval) * interval,
      interval,
      by: 'agent',
    });
    const counts = fresh ? known.counts : new Map<string, number[]>();
    const skip = Math.round((since - from) / interval);
    const buckets = Math.ceil((to - from) / interval);
    for (const { key: agent, counts: part } of found.series) {
      const all = counts.get(agent) ?? [];
      while (all.length < buckets) all.push(0);
      for (const [i, count] of part.entries()) if (skip + i < buckets) all[skip + i] = count;
      counts.set(agent, all);
    }
    for (const all of counts.values()) while (all.length < buckets) all.push(0);
    this.counted.delete(key);
    this.counted.set(key, { at: fresh ? known.at : now, to, counts });
    keepNewest(this.counted);
    return counts;
  }

  private async marks(from: number, to: number): Promise<Mark[]> {
    const key = String(from);
    const known = this.marked.get(key) ?? { marks: [], afterSeq: undefined };
    while (known.marks.length < MOST_MARKS) {
      const page = await this.sources.store.marks({
        from,
        limit: MARK_PAGE,
        ...defined({ afterSeq: known.afterSeq }),
      });
      known.marks.push(...page);
      known.afterSeq = page.at(-1)?.seq ?? known.afterSeq;
      if (page.length < MARK_PAGE) break;
    }
    this.marked.delete(key);
    this.marked.set(key, known);
    keepNewest(this.marked);
    return known.marks.filter(mark => mark.time < to && !isImported(mark.source));
  }
}

function keepNewest(map: Map<string, unknown>): void {
  while (map.size > CACHED) map.delete(map.keys().next().value as string);
}

function figures(
  agent: string,
  host: string,
  activity: number[],
  from: number,
  interval: number,
): AgentFigures {
  const first = activity.findIndex(count => count > 0);
  const last = activity.findLastIndex(count => count > 0);
  return {
    agent,
    host,
    paths: [],
    lines: 0,
    warnings: 0,
    errors: 0,
    ...(first < 0 ? {} : { firstAt: from + first * interval, lastAt: from + (last + 1) * interval }),
    activity,
  };
}

function bySubject(incidents: readonly Incident[]): Map<string, LiveLane['outages']> {
  const found = new Map<string, LiveLane['outages']>();
  for (const { id, kind, subjects, startedAt, resolvedAt } of incidents)
    for (const subject of subjects)
      put(found, subject, { incident: id, kind, from: startedAt, to: resolvedAt ?? null });
  return found;
}

function byAuthor(incidents: readonly Incident[]): Map<string, LiveLane['marks']> {
  const found = new Map<string, LiveLane['marks']>();
  const seen = new Set<string>();
  for (const incident of incidents)
    for (const { at, by, role, text, record } of [...incident.evidence, ...incident.consequences]) {
      const key = record ?? `${by} ${at} ${text}`;
      if (seen.has(key)) continue;
      seen.add(key);
      put(found, by, { at, kind: role, text, incident: incident.id, ...defined({ record }) });
    }
  for (const list of found.values()) list.sort((a, b) => a.at - b.at);
  return found;
}

/** Lines that say "started" so close together tell of one start. */
const ONE_START_MS = 10_000;

/** The first start is no restart. */
function restartsOf(marks: readonly Mark[], clocks: readonly ClockOffset[]): Map<string, number[]> {
  const offsets = new Map(clocks.map(one => [one.agent, one.offsetMs]));
  const found = new Map<string, number[]>();
  for (const mark of marks)
    if (mark.event === 'process.started') put(found, mark.agent, timeOfMark(mark, offsets));
  for (const [agent, times] of found) {
    times.sort((a, b) => a - b);
    found.set(
      agent,
      times.filter((time, i) => i > 0 && time - times[i - 1]! > ONE_START_MS),
    );
  }
  return found;
}

function put<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
