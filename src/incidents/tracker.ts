import type { Evidence, Incident, IncidentChange, IncidentKind } from '../model/incident.js';
import { type ByName, byName } from '../platform/by-name.js';
import { naturalOrder } from '../platform/natural-order.js';
import { list } from '../wording/words.js';
import { EVIDENCE_KEPT, type Verdict } from './facts.js';
import { ulidAt } from './ids.js';

/** Resolved incidents are remembered so long, in case the same trouble comes back. */
const REMEMBER = 3_600_000;
/** What befalls an agent so soon after the end of an incident of it is the same trouble told anew. */
const STILL_THE_SAME = 15_000;
/** Kinds that are one trouble of an agent told at different times; the later word is the graver. */
const ONE_TROUBLE: Partial<Record<IncidentKind, readonly IncidentKind[]>> = {
  'agent-lost': ['agent-lost', 'agent-stalled', 'overdue'],
  'agent-stalled': ['agent-stalled'],
  'controller-lost': ['controller-lost', 'controller-stalled'],
};

/**
 * A changed sentence alone is told no sooner after the last word of an incident: a host in trouble with ever more peers changes it
 * several times a second, and each telling is a document and a look at every channel.
 */
const UPDATES_APART = 5000;

export interface TrackerState {
  /** Of each incident by its key: when it was told of last, and whether its sentence has changed since. */
  told?: [key: string, at: number, owed: boolean][];
  incidents: ByName<Incident>;
}

/**
 * Turns verdicts, judged anew each time, into incidents with a life: opened once, worsened, resolved, opened again. An
 * incident is known by its verdict's key.
 */
export class Tracker {
  private readonly byKey: Map<string, Incident>;
  /** What each incident was filled with last: the same verdict again says nothing new. */
  private readonly filled = new WeakMap<Incident, Verdict>();

  /** Keys of the verdicts that hold now: what has a verdict of its own is no early form of another. */
  private holding: ReadonlySet<string> = new Set();
  /** By run and agent, until something changes. */
  private index: ReadonlyMap<string, Incident[]> | undefined;

  private readonly toldAt = new WeakMap<Incident, number>();
  /** Their sentences have changed since they were told of. */
  private readonly owed = new Set<Incident>();

  constructor(saved?: TrackerState) {
    this.byKey = new Map(Object.entries(saved?.incidents ?? {}));
    for (const [key, at, owed] of saved?.told ?? []) {
      const incident = this.byKey.get(key);
      if (!incident) continue;
      this.toldAt.set(incident, at);
      if (owed) this.owed.add(incident);
    }
  }

  save(): TrackerState {
    const told: NonNullable<TrackerState['told']> = [];
    for (const [key, incident] of this.byKey) {
      const at = this.toldAt.get(incident);
      if (at !== undefined) told.push([key, at, this.owed.has(incident)]);
    }
    return { incidents: byName(Object.fromEntries(this.byKey)), told };
  }

  incidents(): Incident[] {
    return [...this.byKey.values()].sort((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1));
  }

  /** An agent turned out to have another name. */
  rename(from: string, to: string): void {
    for (const [key, incident] of [...this.byKey]) {
      if (!incident.subjects.includes(from)) continue;
      incident.subjects = [...new Set(incident.subjects.map(subject => (subject === from ? to : subject)))];
      if (!key.endsWith(`:${from}`)) continue;
      this.byKey.delete(key);
      this.byKey.set(`${key.slice(0, -from.length)}${to}`, incident);
    }
  }

  /** What was told of an agent in a run, the latest first. */
  toldOf(run: string, agent: string): readonly Incident[] {
    this.index ??= indexOf(this.incidents().reverse());
    return this.index.get(`${run} ${agent}`) ?? [];
  }

  /** Runs with an incident that is open. */
  openRuns(): Set<string> {
    const runs = new Set<string>();
    for (const { run, resolvedAt } of this.byKey.values())
      if (run !== undefined && resolvedAt === undefined) runs.add(run);
    return runs;
  }

  /**
   * @param verdicts all that hold now
   * @param scope whether an incident belongs to what was judged: only then is it over when its verdict is missing
   * @returns what changed, and when the next verdict falls due (Infinity: none)
   */
  update(
    verdicts: Verdict[],
    now: number,
    scope: (incident: Incident) => boolean,
  ): { changes: IncidentChange[]; due: number } {
    const changes: IncidentChange[] = [];
    let due = Number.POSITIVE_INFINITY;
    const holding = new Set(verdicts.map(verdict => verdict.key));
    this.holding = holding;
    this.index = undefined;
    for (const verdict of verdicts) {
      if (verdict.knowableAt > now) {
        due = Math.min(due, verdict.knowableAt);
        if (!this.byKey.has(verdict.key)) continue;
      }
      const change = this.apply(verdict, now);
      changes.push(...change);
      if (verdict.resolvedAt !== undefined && (verdict.resolvedSeen ?? 0) > now)
        due = Math.min(due, verdict.resolvedSeen ?? due);
    }
    due = Math.min(due, this.tellOwed(changes, now));
    for (const [key, incident] of this.byKey) {
      if (holding.has(key) || !scope(incident)) continue;
      if (incident.resolvedAt === undefined) changes.push(this.resolve(incident, now, now));
      else if (now - incident.resolvedAt > REMEMBER) this.remove(key, incident);
    }
    return { changes, due };
  }

  /** @returns when the next of them is due */
  private tellOwed(changes: IncidentChange[], now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const incident of this.owed) {
      const due = (this.toldAt.get(incident) ?? Number.NEGATIVE_INFINITY) + UPDATES_APART;
      if (due <= now) changes.push(this.tell('updated', incident, now));
      else next = Math.min(next, due);
    }
    return next;
  }

  private tell(change: IncidentChange['change'], incident: Incident, now: number): IncidentChange {
    this.toldAt.set(incident, now);
    this.owed.delete(incident);
    return { change, incident: copy(incident), at: now };
  }

  private apply(verdict: Verdict, now: number): IncidentChange[] {
    const known = this.byKey.get(verdict.key);
    const resolved = verdict.resolvedAt !== undefined && (verdict.resolvedSeen ?? verdict.resolvedAt) <= now;
    if (!known) return this.open(verdict, now, resolved);
    if (this.filled.get(known) === verdict && resolved === (known.resolvedAt !== undefined)) return [];
    const before = {
      kind: known.kind,
      subjects: known.subjects.length,
      cause: known.cause,
      severity: known.severity,
      endedRun: known.endedRun,
    };
    // only who joins can have been told of apart until now
    const joined = verdict.subjects.length > known.subjects.length ? this.earlyForms(verdict, known) : [];
    const changes = joined.flatMap(earlier => this.fold(earlier, known, now));
    const reopened = known.resolvedAt !== undefined && !resolved;
    const said = known.explanation;
    this.fill(known, verdict, now);
    if (reopened) delete known.resolvedAt;
    const worse =
      reopened ||
      before.kind !== known.kind ||
      known.subjects.length > before.subjects ||
      // what single lines complain of most changes from one to the next
      (before.cause !== known.cause && known.kind !== 'network-fault') ||
      before.endedRun !== known.endedRun ||
      (before.severity !== known.severity && known.severity === 'critical');
    if (worse) changes.push(this.tell('worsened', known, now));
    else if (said !== known.explanation) this.owed.add(known);
    if (resolved && known.resolvedAt === undefined)
      changes.push(this.resolve(known, verdict.resolvedAt ?? now, now));
    return changes;
  }

  private open(verdict: Verdict, now: number, resolved: boolean): IncidentChange[] {
    const [first, ...rest] = this.earlyForms(verdict);
    const changes: IncidentChange[] = [];
    let incident: Incident;
    if (first) {
      incident = first.incident;
      this.byKey.delete(first.key);
      this.byKey.set(verdict.key, incident);
      const startedAt = incident.startedAt;
      this.fill(incident, verdict, now);
      if (!verdict.began) incident.startedAt = Math.min(startedAt, verdict.startedAt);
      if (!resolved) delete incident.resolvedAt;
      changes.push(this.tell('worsened', incident, now));
    } else {
      // openedAt is when it could be told, not when it was asked
      const at = Math.max(verdict.knowableAt, verdict.startedAt);
      incident = {
        id: this.newId(at, verdict),
        kind: verdict.kind,
        subjects: verdict.subjects,
        severity: verdict.severity,
        startedAt: verdict.startedAt,
        openedAt: at,
        explanation: verdict.explanation,
        evidence: [],
        consequences: [],
        updatedAt: now,
      };
      this.fill(incident, verdict, now);
      this.byKey.set(verdict.key, incident);
      changes.push({ ...this.tell('opened', incident, now), at });
    }
    for (const earlier of rest) changes.push(...this.fold(earlier, incident, now));
    if (resolved && incident.resolvedAt === undefined)
      changes.push(this.resolve(incident, verdict.resolvedAt ?? now, now));
    return changes;
  }

  /** The same verdict has the same id after a restart; what it was before may live on as another incident, which keeps it. */
  private newId(at: number, { key, startedAt }: Verdict): string {
    const used = new Set([...this.byKey.values()].map(({ id }) => id));
    for (let again = 0; ; again++) {
      const id = ulidAt(at, key, String(startedAt), ...(again > 0 ? [String(again)] : []));
      if (!used.has(id)) return id;
    }
  }

  /**
   * What was told of the verdict's trouble before: incidents it names itself, and those of its agents in its run that last or are
   * just over. The oldest first.
   */
  private earlyForms(verdict: Verdict, apart?: Incident): { key: string; incident: Incident }[] {
    const kinds = (verdict.run !== undefined && ONE_TROUBLE[verdict.kind]) || [];
    const found: { key: string; incident: Incident }[] = [];
    const takesOver = new Set(verdict.takesOver);
    const subjects = new Set(verdict.subjects);
    for (const [key, incident] of this.byKey) {
      if (incident === apart || key === verdict.key) continue;
      const named = takesOver.has(key) && incident.resolvedAt === undefined;
      const same =
        kinds.includes(incident.kind) &&
        incident.run === verdict.run &&
        !this.holding.has(key) &&
        (incident.resolvedAt === undefined || verdict.startedAt <= incident.resolvedAt + STILL_THE_SAME);
      if (!named && !(same && (apart === undefined || incident.resolvedAt === undefined))) continue;
      if (incident.subjects.every(subject => subjects.has(subject))) found.push({ key, incident });
    }
    return found.sort((a, b) => a.incident.openedAt - b.incident.openedAt);
  }

  /** An early form of one agent's share ends where the whole goes on under another incident. */
  private fold(
    { key, incident }: { key: string; incident: Incident },
    whole: Incident,
    now: number,
  ): IncidentChange[] {
    this.remove(key, incident);
    if (incident.resolvedAt !== undefined) return [];
    const others = whole.subjects.filter(one => !incident.subjects.includes(one));
    incident.explanation = `From now on told ${others.length > 0 ? `together with ${list(others)}` : `as ${whole.kind}`}: ${incident.explanation}`;
    return [this.resolve(incident, now, now)];
  }

  private fill(incident: Incident, verdict: Verdict, now: number): void {
    incident.kind = verdict.kind;
    // who was named stays named: later facts add, they do not take back
    incident.subjects = [...new Set([...incident.subjects, ...verdict.subjects])].sort(naturalOrder);
    if (verdict.cause) incident.cause = verdict.cause;
    if (verdict.run) incident.run = verdict.run;
    incident.severity = verdict.severity;
    incident.startedAt = verdict.began ? verdict.startedAt : Math.min(incident.startedAt, verdict.startedAt);
    if (verdict.began) incident.began = verdict.began;
    if (verdict.endedRun !== undefined) incident.endedRun = verdict.endedRun;
    incident.explanation = verdict.explanation;
    incident.evidence = distinct([...verdict.evidence, ...incident.evidence]);
    incident.consequences = distinct(verdict.consequences);
    incident.updatedAt = now;
    this.filled.set(incident, verdict);
  }

  private remove(key: string, incident: Incident): void {
    this.byKey.delete(key);
    this.owed.delete(incident);
  }

  private resolve(incident: Incident, at: number, now: number): IncidentChange {
    // nothing is over before it began, nor before it was told
    incident.resolvedAt = Math.max(at, incident.startedAt, incident.openedAt);
    incident.updatedAt = now;
    return this.tell('resolved', incident, now);
  }
}

function indexOf(incidents: readonly Incident[]): Map<string, Incident[]> {
  const index = new Map<string, Incident[]>();
  for (const incident of incidents)
    for (const subject of incident.run === undefined ? [] : incident.subjects) {
      const key = `${incident.run} ${subject}`;
      const known = index.get(key);
      if (known) known.push(incident);
      else index.set(key, [incident]);
    }
  return index;
}

function distinct(lines: Evidence[]): Evidence[] {
  const byKey = new Map<string, Evidence>();
  for (const line of lines) {
    const key = line.record ?? `${line.by}|${line.text}`;
    if (!byKey.has(key)) byKey.set(key, line);
  }
  return [...byKey.values()].slice(0, EVIDENCE_KEPT).sort((a, b) => a.at - b.at);
}

/** Changes go out of the engine: what happens next must not alter them. */
function copy(incident: Incident): Incident {
  return structuredClone(incident);
}
