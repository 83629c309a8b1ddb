import type { Evidence, Incident, IncidentChange } from '../model/incident.js';
import { byNumber } from '../wording/words.js';
import { EVIDENCE_KEPT, type Verdict } from './facts.js';
import { ulidAt } from './ids.js';

/** Resolved incidents are remembered so long, in case the same trouble comes back. */
const REMEMBER = 3_600_000;

export interface TrackerState {
  incidents: Record<string, Incident>;
}

/**
 * Turns verdicts, judged anew each time, into incidents with a life: opened once, worsened, resolved, opened again. An
 * incident is known by its verdict's key.
 */
export class Tracker {
  private readonly byKey: Map<string, Incident>;
  /** What each incident was filled with last: the same verdict again says nothing new. */
  private readonly filled = new WeakMap<Incident, Verdict>();

  constructor(saved?: TrackerState) {
    this.byKey = new Map(Object.entries(saved?.incidents ?? {}));
  }

  save(): TrackerState {
    return { incidents: Object.fromEntries(this.byKey) };
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
    const holding = new Set<string>();
    for (const verdict of verdicts) {
      holding.add(verdict.key);
      if (verdict.knowableAt > now) {
        due = Math.min(due, verdict.knowableAt);
        if (!this.byKey.has(verdict.key)) continue;
      }
      const change = this.apply(verdict, now);
      changes.push(...change);
      if (verdict.resolvedAt !== undefined && (verdict.resolvedSeen ?? 0) > now)
        due = Math.min(due, verdict.resolvedSeen ?? due);
    }
    for (const [key, incident] of this.byKey) {
      if (holding.has(key) || !scope(incident)) continue;
      if (incident.resolvedAt === undefined) changes.push(this.resolve(incident, now, now));
      else if (now - incident.resolvedAt > REMEMBER) this.byKey.delete(key);
    }
    return { changes, due };
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
    };
    const reopened = known.resolvedAt !== undefined && !resolved;
    const said = known.explanation;
    this.fill(known, verdict, now);
    const changes: IncidentChange[] = [];
    if (reopened) delete known.resolvedAt;
    const worse =
      reopened ||
      before.kind !== known.kind ||
      known.subjects.length > before.subjects ||
      before.cause !== known.cause ||
      (before.severity !== known.severity && known.severity === 'critical');
    if (worse) changes.push({ change: 'worsened', incident: copy(known), at: now });
    else if (said !== known.explanation) changes.push({ change: 'updated', incident: copy(known), at: now });
    if (resolved && known.resolvedAt === undefined)
      changes.push(this.resolve(known, verdict.resolvedAt ?? now, now));
    return changes;
  }

  private open(verdict: Verdict, now: number, resolved: boolean): IncidentChange[] {
    const changes: IncidentChange[] = [];
    let incident: Incident | undefined;
    for (const key of verdict.takesOver ?? []) {
      const earlier = this.byKey.get(key);
      if (!earlier || earlier.resolvedAt !== undefined) continue;
      if (!earlier.subjects.every(subject => verdict.subjects.includes(subject))) continue;
      this.byKey.delete(key);
      if (!incident) incident = earlier;
      // an early form of one agent's share is over: the whole goes on under the first
      else changes.push(this.resolve(earlier, now, now));
    }
    if (incident) {
      const opened = {
        openedAt: incident.openedAt,
        id: incident.id,
        startedAt: Math.min(incident.startedAt, verdict.startedAt),
      };
      this.fill(incident, verdict, now);
      Object.assign(incident, opened);
      this.byKey.set(verdict.key, incident);
      changes.push({ change: 'worsened', incident: copy(incident), at: now });
    } else {
      // openedAt is when it could be told, not when it was asked
      const at = Math.max(verdict.knowableAt, verdict.startedAt);
      incident = {
        id: ulidAt(at, verdict.key, String(verdict.startedAt)),
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
      changes.push({ change: 'opened', incident: copy(incident), at });
    }
    if (resolved) changes.push(this.resolve(incident, verdict.resolvedAt ?? now, now));
    return changes;
  }

  private fill(incident: Incident, verdict: Verdict, now: number): void {
    incident.kind = verdict.kind;
    // who was named stays named: later facts add, they do not take back
    incident.subjects = [...new Set([...incident.subjects, ...verdict.subjects])].sort(byNumber);
    if (verdict.cause) incident.cause = verdict.cause;
    if (verdict.run) incident.run = verdict.run;
    incident.severity = verdict.severity;
    incident.startedAt = Math.min(incident.startedAt, verdict.startedAt);
    incident.explanation = verdict.explanation;
    incident.evidence = distinct([...verdict.evidence, ...incident.evidence]);
    incident.consequences = distinct(verdict.consequences);
    incident.updatedAt = now;
    this.filled.set(incident, verdict);
  }

  private resolve(incident: Incident, at: number, now: number): IncidentChange {
    incident.resolvedAt = Math.max(at, incident.startedAt);
    incident.updatedAt = now;
    return { change: 'resolved', incident: copy(incident), at: now };
  }
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
