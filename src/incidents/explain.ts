import type { Incident } from '../model/incident.js';
import type { Verdict } from './facts.js';
import type { HostWatch } from './hosts.js';
import type { Ledger } from './ledger.js';
import type { Skip, Skips } from './skips.js';

export interface Question {
  agent?: string;
  /** A kind of incident, or a part of its name. */
  rule?: string;
  at?: number;
}

export interface Answer {
  /** Incidents the question is about. */
  incidents: Incident[];
  /** Verdicts that wait for more time or evidence. */
  pending: { kind: string; subjects: string[]; until: number; explanation: string }[];
  /** What did not become an incident, and why. */
  skipped: Skip[];
  /** What is known of the agents now. */
  known: string[];
}

interface Knowledge {
  incidents: Incident[];
  pending: Verdict[];
  skips: Skips;
  ledger: Ledger;
  hosts: HostWatch;
}

/** An incident is about a moment from a minute before it began to a minute after its end. */
const AROUND = 60_000;

export function answer(question: Question, { incidents, pending, skips, ledger, hosts }: Knowledge): Answer {
  const { agent, rule, at } = question;
  const concerns = ({ kind, subjects }: { kind: string; subjects: string[] }) =>
    (agent === undefined || subjects.includes(agent)) && (rule === undefined || kind.includes(rule));
  const then = ({ startedAt, resolvedAt = Number.POSITIVE_INFINITY }: Incident) =>
    at === undefined || (startedAt <= at + AROUND && resolvedAt >= at - AROUND);
  const told = incidents.filter(incident => concerns(incident) && then(incident));
  return {
    incidents: told,
    // what can't be known while nobody looks waits for no time
    pending: pending
      .filter(one => Number.isFinite(one.knowableAt) && concerns(one))
      .map(({ kind, subjects, knowableAt, explanation }) => ({
        kind,
        subjects,
        until: knowableAt,
        explanation,
      })),
    // what an incident tells already is not told a second time as what was left out
    skipped: skips.find(question).filter(skip => !told.some(incident => isPartOf(incident, skip))),
    known: whatIsKnown(ledger, hosts, agent),
  };
}

function isPartOf({ kind, subjects, startedAt, resolvedAt }: Incident, { rule, agent, at }: Skip): boolean {
  // the first agent that lost its controller was alone for a moment
  const concerns =
    agent !== undefined && (subjects.includes(agent) || (rule === kind && subjects.includes('controller')));
  return concerns && at >= startedAt - AROUND && at <= (resolvedAt ?? Number.POSITIVE_INFINITY) + AROUND;
}

function whatIsKnown(ledger: Ledger, hosts: HostWatch, agent: string | undefined): string[] {
  const iso = (time: number) => new Date(time).toISOString();
  return Object.values(ledger.agents)
    .filter(({ id }) => agent === undefined || id === agent)
    .flatMap(({ id, heard, retired }) => {
      const lines = [
        `${id}: ${heard > 0 ? `last line read ${iso(heard)}` : 'no line read'}${retired ? ', retired' : ''}`,
      ];
      const run = ledger.runs.findLast(facts => id in facts.agents || facts.run.controller === id)?.run;
      if (run)
        lines.push(
          `${id}: part of run ${run.name} (${run.outcome ?? (run.endedAt === undefined ? 'going on' : 'over; it never said how it ended')})`,
        );
      const host = hosts.hostOf(id);
      if (host)
        lines.push(
          `${id}: last heartbeat of ${host.host} ${iso(host.lastAt)}${host.goodbye ? ', said goodbye' : ''}`,
        );
      return lines;
    });
}
