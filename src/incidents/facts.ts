import type { Mark } from '../model/finding.js';
import type { Cause, Evidence } from '../model/incident.js';
import type { Run } from '../model/run.js';
import type { ByName } from '../platform/by-name.js';
import { defined } from '../platform/defined.js';

/**
 * What the engine knows, as plain data: it is written into snapshots, and the judges are functions of it. Facts are
 * kept by their time, so the order in which they arrived does not matter.
 */
export interface Fact {
  /** When it happened on the server's clock, as far as it can be known. */
  at: number;
  /** When it reached the server: no verdict can be older. */
  seen: number;
  /** It has no time of its own and stood in a log that had not been read for a while: it happened between this and `at`. */
  earliest?: number;
  by: string;
  text: string;
  record: string;
  path: string;
  rule: string;
  offset: number;
  reason?: string;
  seconds?: number;
  /** Whom it speaks of, as the speaker has it: `host:port`. */
  address?: string;
  /** Of a process that begins: where it listens. */
  port?: number;
}

/** A moment that is known no better than: between the last good and the first bad sign, ms. */
export interface Interval {
  from: number;
  to: number;
}

/** A span with no sign of life; `to` absent while it lasts. */
export interface SilentSpell {
  from: number;
  to?: number;
  /** When the engine noticed the end. */
  seen?: number;
}

export interface LateSpell {
  first: Fact;
  last: Fact;
  count: number;
}

export interface AgentFacts {
  id: string;
  // its own log
  joined?: Fact;
  ready?: Fact;
  started?: Fact;
  phaseEnded?: Fact;
  completed?: Fact;
  aborted?: Fact;
  /** Its connection with the controller ended badly. */
  streamEnded?: Fact;
  controllerLost?: Fact;
  goodbye?: Fact;
  startOverdue?: Fact;
  /** It could not begin what it was told to. */
  startFailed?: Fact;
  workloadFailed?: Fact;
  detail?: Fact;
  stopping?: Fact;
  restarted?: Fact;
  rejected?: Fact;
  errors?: { first: Fact; last: Fact; count: number; recent: number[]; failingSince?: Fact; total?: number };
  // its controller's words
  answered?: Fact;
  failed?: Fact;
  streamError?: Fact;
  unreachable?: Fact;
  connectFailed?: Fact;
  stalled?: Fact;
  recovered?: Fact;
  /** Spells of reports that it is late, each without a pause. */
  late?: LateSpell[];
  alive?: { first: Fact; last: Fact; count: number; longest: number; silences: SilentSpell[] };
  clock?: { milliseconds: number; fact: Fact };
}

export interface RunFacts {
  run: Run;
  /** The pack whose rules told of it. */
  pack: string;
  started: Fact;
  /** No controller told of it: made from an agent's own words. */
  implicit: boolean;
  waiting?: { first: Fact; last: Fact; ready: number; total: number; remaining: number };
  allReady?: Fact;
  startupTimeout?: Fact;
  workloadStarted?: Fact;
  completed?: Fact;
  failed?: Fact;
  interrupted?: Fact;
  aborting?: Fact;
  gaveUp?: Fact;
  /** It died: it says so itself, or what ran it does. */
  panicked?: Fact;
  /** The agent its log named last: lines that follow may be about it. */
  lastNamed?: string;
  /** Addresses that could not be told to stop and that nobody's name is known for. */
  unreachable: { address: string; fact: Fact }[];
  /** Last line of the controller's log, by reading time. */
  controllerHeard: number;
  agents: ByName<AgentFacts>;
  supersededAt?: number;
  /** It was taken for over because nothing more came of it. */
  forgotten?: true;
}

/** What is known of an agent whatever run it is in. */
export interface AgentState {
  id: string;
  host?: string;
  firstSeen: number;
  /** Reading time of its last lines. */
  heard: number;
  /** Times at which lines were read, a few seconds apart; bounded. */
  heardAt: number[];
  /** When its last lines came, by the server's clock. */
  cameAt?: number;
  /** When the latest pause in its lines began: what comes after it had not been written by then. */
  pausedAt?: number;
  /** Its log holds words of a program that is known, however old: it is no other log that lies beside. */
  speaks?: boolean;
  /** So late its lines came at the least, by their own time: the way of its log, or its clock, ms. */
  lag?: number;
  processStarted?: Fact;
  /** When its processes began, in order; the newest. */
  births?: number[];
  stopping?: Fact;
  portTaken?: Fact;
  processFailed?: Fact;
  panicked?: Fact;
  joined?: Fact;
  answered?: Fact;
  retired?: boolean;
}

/** What a judge concludes. The same key is the same incident, whatever changes. */
export interface Verdict {
  key: string;
  kind: import('../model/incident.js').IncidentKind;
  subjects: string[];
  cause?: Cause;
  severity: import('../model/incident.js').Severity;
  run?: string;
  startedAt: number;
  began?: Interval;
  /** When the run was given up because of it: news, whatever was told before. */
  endedRun?: number;
  /** From when on it can be told; in the future: not yet. */
  knowableAt: number;
  /** When more subjects may join, where some are suspected. */
  moreAt?: number;
  resolvedAt?: number;
  /** When the recovery could be known. */
  resolvedSeen?: number;
  explanation: string;
  evidence: Evidence[];
  consequences: Evidence[];
  /** Incidents that were early forms of this one. */
  takesOver?: string[];
}

/** Lines of evidence an incident holds; a judge need not gather more. */
export const EVIDENCE_KEPT = 60;

export function evidenceOf(fact: Fact, role: Evidence['role']): Evidence {
  return {
    at: fact.at,
    by: fact.by,
    role,
    text: fact.text,
    ...(fact.record ? { record: fact.record } : {}),
    ...(fact.path ? { path: fact.path } : {}),
    ...(fact.rule ? { rule: fact.rule } : {}),
  };
}

/** An observation of Deadair's own. */
export function observation(at: number, text: string, role: Evidence['role'] = 'symptom'): Evidence {
  return { at, by: 'deadair', role, text };
}

/**
 * A mark as a fact.
 * @param at its place on the common time line
 * @param earliest where it may have happened before (undated.ts)
 */
export function toFact(mark: Mark, at: number, earliest?: number): Fact {
  const fields = mark.fields ?? {};
  const seconds = Number(fields.seconds ?? fields.limit ?? Number.NaN);
  return {
    at,
    seen: mark.ingestedAt,
    by: mark.agent,
    text: mark.text.trim().slice(0, 400),
    record: `${mark.source}:${mark.offset}`,
    path: mark.path,
    rule: mark.rule,
    offset: mark.offset,
    ...(fields.reason === undefined ? {} : { reason: fields.reason.slice(0, 300) }),
    ...(Number.isFinite(seconds) ? { seconds } : {}),
    ...defined({ port: portOf(fields), address: fields.address?.slice(0, 300), earliest }),
  };
}

function portOf({ port, address }: Record<string, string>): number | undefined {
  const text = port ?? /:(\d{1,5})$/.exec(address ?? '')?.[1];
  const number = Number(text);
  return text !== undefined && number > 0 && number < 65_536 ? number : undefined;
}

/** Of two facts the first; within a log by offset. */
export function earlier(known: Fact | undefined, fact: Fact): Fact {
  return known === undefined || fact.at < known.at || (fact.at === known.at && fact.offset < known.offset)
    ? fact
    : known;
}

/** Of two facts the last. */
export function later(known: Fact | undefined, fact: Fact): Fact {
  return known === undefined || fact.at > known.at || (fact.at === known.at && fact.offset > known.offset)
    ? fact
    : known;
}
