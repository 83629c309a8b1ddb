import { type AgentState, observation, type RunFacts, type Verdict } from '../facts.js';
import type { HostState, HostWatch } from '../hosts.js';
import type { Cause, IncidentKind } from '../incident.js';
import type { EngineSettings } from '../settings.js';
import { byNumber, clock, list, plural, span } from '../words.js';
import { endOf, isWorking } from './context.js';

export interface HostContext {
  now: number;
  settings: EngineSettings;
  hosts: HostWatch;
  agents: Record<string, AgentState>;
  runs: readonly RunFacts[];
  /** Verdicts on runs: what they explain is not told twice. */
  earlier: Verdict[];
  silentAt(since: number, limit: number): number;
  skip(rule: string, agent: string | undefined, at: number, reason: string): void;
}

interface Finding {
  agent: string;
  kind: IncidentKind;
  cause?: Cause;
  since: number;
  knowableAt: number;
  words: string;
}

/**
 * The table of DESIGN.md §6: heartbeat, the log's process, and the port as seen from here decide together. A heartbeat
 * that is late is enough with a second witness; alone it must be silent for as long as the settings say.
 */
export function judgeHosts(context: HostContext): Verdict[] {
  const findings: Finding[] = [];
  for (const host of Object.values(context.hosts.hosts)) {
    if (host.goodbye !== undefined) {
      if (context.now - host.lastAt > context.settings.silentAfter) {
        context.skip('collector-lost', undefined, host.goodbye, `the collector on ${host.host} said goodbye`);
      }
      continue;
    }
    for (const agent of host.agents) {
      if (context.agents[agent]?.retired) {
        context.skip('collector-lost', agent, context.now, 'the agent is retired');
        continue;
      }
      const finding = judgeAgent(context, host, agent);
      if (finding) findings.push(finding);
    }
  }
  return [...together(context, findings), ...clocks(context)];
}

function judgeAgent(context: HostContext, host: HostState, agent: string): Finding | undefined {
  const { settings, hosts, now } = context;
  const witness = hosts.agents[agent];
  if (!witness) return undefined;
  const busy = isBusy(context, agent);
  const port = witness.portWasOpen || busy ? witness.port : undefined;
  const cutOff = port !== undefined && (port.value === 'timeout' || port.value === 'unreachable');
  const lateAt = context.silentAt(host.lastAt, Math.max(settings.lateAfter, 2.5 * host.periodMs));
  if (now >= lateAt) {
    const silentAt = context.silentAt(host.lastAt, settings.silentAfter);
    const ago = `its collector's last heartbeat came at ${clock(host.lastAt)}`;
    if (cutOff) {
      return {
        agent,
        kind: 'agent-lost',
        cause: 'host-unreachable',
        since: host.lastAt,
        knowableAt: Math.max(lateAt, port.since),
        words: `${ago} and its port does not answer, so the host is down or cut off`,
      };
    }
    if (port?.value === 'refused') {
      return {
        agent,
        kind: 'agent-lost',
        cause: 'crashed',
        since: Math.min(host.lastAt, port.since),
        knowableAt: Math.max(lateAt, port.since),
        words: `${ago} and nobody listens on its port: collector and agent are both gone while the host answers`,
      };
    }
    if (port?.value === 'open') {
      return {
        agent,
        kind: 'collector-lost',
        cause: 'crashed',
        since: host.lastAt,
        knowableAt: Math.max(silentAt === Number.POSITIVE_INFINITY ? silentAt : lateAt, port.last),
        words: `${ago} while the agent's port answers, so only the collector is gone`,
      };
    }
    return {
      agent,
      kind: 'collector-lost',
      cause: 'unknown',
      since: host.lastAt,
      knowableAt: silentAt,
      words: `${ago}, and there is no probe to tell the host from its collector`,
    };
  }
  // only what the last heartbeat still told
  const process = fresh(witness.process, host);
  const listening = fresh(witness.listening, host);
  const gone = process?.value === 'gone' ? process : undefined;
  const closed = listening?.value === false ? listening : port?.value === 'refused' ? port : undefined;
  const ended = gone ?? closed;
  if (ended) {
    const since = Math.min(gone?.since ?? ended.since, closed?.since ?? ended.since);
    if (!isBusy(context, agent, since)) {
      context.skip('agent-lost', agent, since, 'its process ended outside a run');
      return undefined;
    }
    const words = gone
      ? "its collector reports that the log's process is gone"
      : 'nobody listens on its port any more while the host answers';
    return { agent, kind: 'agent-lost', cause: 'crashed', since, knowableAt: since + 500, words };
  }
  if (!busy) return undefined;
  if (process?.value === 'T' || process?.value === 'D') {
    return {
      agent,
      kind: 'agent-stalled',
      cause: 'frozen',
      since: process.since,
      knowableAt: process.since + settings.frozenAfter,
      words:
        process.value === 'T'
          ? 'its process is stopped (state T)'
          : 'its process is blocked in the kernel (state D), as with storage that hangs',
    };
  }
  // a heartbeat after the port fell silent shows that the host itself can be reached
  if (cutOff && port.last - port.since >= 4000 && host.lastAt > port.since) {
    return {
      agent,
      kind: 'agent-lost',
      cause: 'timeout',
      since: port.since,
      knowableAt: port.last,
      words:
        'its collector is heard and its process runs, but its port does not answer from here: the way to the port is cut or filtered',
    };
  }
  return undefined;
}

/** At work in a run that had not ended at the time, so that its process is needed. */
function isBusy(context: HostContext, agent: string, at = context.now): boolean {
  return context.runs.some(run => {
    const facts = run.agents[agent];
    if (!facts || endOf(run) < at - 1000) return false;
    const partOfIt = (facts.joined ?? facts.ready ?? facts.answered) !== undefined;
    return isWorking(facts, at) || (partOfIt && !facts.completed && !facts.phaseEnded);
  });
}

function fresh<T extends { last: number }>(condition: T | undefined, host: HostState): T | undefined {
  return condition && condition.last >= host.lastAt ? condition : undefined;
}

function together(context: HostContext, findings: Finding[]): Verdict[] {
  const told = (finding: Finding) =>
    context.earlier.find(
      verdict =>
        verdict.subjects.includes(finding.agent) &&
        verdict.kind === 'agent-lost' &&
        verdict.knowableAt <= context.now &&
        verdict.resolvedAt === undefined,
    );
  const open = findings.filter(finding => {
    const verdict = told(finding);
    if (verdict)
      context.skip(finding.kind, finding.agent, finding.since, 'a consequence: the agent is lost already');
    return !verdict;
  });
  const watched = Object.values(context.hosts.hosts).filter(host => host.goodbye === undefined);
  const silent = open.filter(finding => finding.since === context.hosts.hostOf(finding.agent)?.lastAt);
  const silentHosts = new Set(silent.map(finding => context.hosts.agents[finding.agent]?.host));
  if (silentHosts.size >= 2 && silentHosts.size === watched.length && closeTogether(silent, context)) {
    const rest = open.filter(finding => !silent.includes(finding));
    return [partition(context, silent), ...rest.map(finding => toVerdict(context, [finding]))];
  }
  const groups = new Map<string, Finding[]>();
  for (const finding of open) {
    // agents of one host fail together
    const key = `${finding.kind}:${context.hosts.agents[finding.agent]?.host ?? finding.agent}:${finding.cause ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map(group => toVerdict(context, group));
}

function closeTogether(findings: Finding[], context: HostContext): boolean {
  const times = findings.map(finding => finding.since);
  const period = Math.max(...Object.values(context.hosts.hosts).map(host => host.periodMs));
  return Math.max(...times) - Math.min(...times) <= 2 * period + context.settings.groupWithin;
}

function partition(context: HostContext, findings: Finding[]): Verdict {
  const since = Math.min(...findings.map(finding => finding.since));
  const subjects = [...new Set(findings.map(finding => finding.agent))].sort(byNumber);
  const inRun = subjects.some(agent => isBusy(context, agent));
  // once everybody is late together no further witness is needed
  const knowableAt = Math.max(
    ...findings.map(finding => context.silentAt(finding.since, context.settings.lateAfter)),
  );
  return {
    key: 'hosts:partition',
    kind: inRun ? 'agent-lost' : 'collector-lost',
    subjects,
    cause: 'partition',
    severity: 'critical',
    startedAt: since,
    knowableAt,
    explanation: `All ${plural(subjects.length, 'agent')} fell silent together at about ${clock(since)} (${list(subjects)}): a switch or this side's network, not ${plural(subjects.length, 'failure')}.`,
    evidence: findings.map(finding =>
      observation(finding.since, `${finding.agent}: ${finding.words}`, 'cause'),
    ),
    consequences: [],
  };
}

function toVerdict(context: HostContext, group: Finding[]): Verdict {
  const first = group[0] as Finding;
  const subjects = group.map(finding => finding.agent).sort(byNumber);
  const host = context.hosts.agents[first.agent]?.host ?? first.agent;
  const run = context.runs.findLast(
    one => subjects.some(agent => agent in one.agents) && endOf(one) > first.since,
  );
  return {
    key: `host:${host}:${first.kind === 'collector-lost' ? 'collector' : 'agent'}`,
    kind: first.kind,
    subjects,
    ...(first.cause && first.cause !== 'unknown' ? { cause: first.cause } : {}),
    severity: first.kind === 'collector-lost' ? 'warning' : 'critical',
    ...(run ? { run: run.run.id } : {}),
    startedAt: Math.min(...group.map(finding => finding.since)),
    knowableAt: Math.min(...group.map(finding => finding.knowableAt)),
    explanation: `${list(subjects)} on ${host}: ${first.words} (since ${clock(first.since)}).`,
    evidence: group.flatMap(finding => [
      observation(finding.since, `${finding.agent}: ${finding.words}`, 'cause'),
      ...context.hosts.evidenceFor(finding.agent, finding.since),
    ]),
    consequences: [],
  };
}

/** Clocks that are off, by the exchange of heartbeats; certain only beyond their uncertainty. */
function clocks(context: HostContext): Verdict[] {
  const off = Object.values(context.hosts.hosts).filter(
    host =>
      host.goodbye === undefined &&
      host.clock &&
      Math.abs(host.clock.offset) - host.clock.within >= context.settings.clockSkew,
  );
  return off.map(host => ({
    key: `clock:host:${host.host}`,
    kind: 'clock-skew' as const,
    subjects: host.agents.length > 0 ? host.agents : [host.host],
    severity: 'warning' as const,
    startedAt: host.clock?.at ?? host.lastAt,
    knowableAt: host.lastAt,
    explanation: `The clock of ${host.host} is ${span(host.clock?.offset ?? 0)} (± ${span(host.clock?.within ?? 0)}) ${(host.clock?.offset ?? 0) > 0 ? 'ahead of' : 'behind'} this host's; times in its logs are off by as much.`,
    evidence: [
      observation(
        host.lastAt,
        `clock offset of ${host.host}: ${Math.round(host.clock?.offset ?? 0)} ms ± ${Math.round(host.clock?.within ?? 0)} ms`,
        'cause',
      ),
    ],
    consequences: [],
  }));
}
