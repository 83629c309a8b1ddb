import type { Cause, IncidentKind } from '../../model/incident.js';
import { byNumber, clock, list, plural } from '../../wording/words.js';
import { observation, type Verdict } from '../facts.js';
import type { HostState, Outage } from '../hosts.js';
import { endOf } from './context.js';
import { type HostContext, isBusy, lateAt } from './host-context.js';

/** What the witnesses say of one agent now. */
export interface Trouble {
  agent: string;
  kind: IncidentKind;
  cause?: Cause;
  since: number;
  /** It rests on heartbeats that stay away. */
  silent?: boolean;
  knowableAt: number;
  words: string;
}

/** The heartbeat after which a host was certainly heard later than another. */
const HEARD_LATER = 1.5;

/**
 * Findings that belong together are one incident: agents of one host, hosts that fell silent together, ports closed at
 * once. An outage is remembered until the last of its agents is well, so that those who come back first do not turn one
 * incident into several.
 */
export function judgeOutages(context: HostContext, findings: Trouble[]): Verdict[] {
  const waiting: Verdict[] = [];
  const open: Trouble[] = [];
  const cut = everybody(context, findings);
  for (const finding of findings) {
    if (cut.includes(finding)) {
      open.push({ ...finding, knowableAt: Math.min(finding.knowableAt, context.now) });
      continue;
    }
    const knowableAt = Math.max(finding.knowableAt, finding.silent ? othersTold(context, finding) : 0);
    if (knowableAt <= context.now) open.push({ ...finding, knowableAt });
    else if (!memberOf(context, finding))
      waiting.push(toVerdict(context, `waiting:${finding.agent}`, [{ ...finding, knowableAt }]));
    else open.push(finding);
  }
  const left = forget(context, open);
  if (cut.length > 0) joinCut(context, cut);
  const groups = new Map<string, Trouble[]>();
  for (const finding of open) {
    const key = assign(context, finding, left.get(finding.agent) ?? []);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  const verdicts = [...groups].flatMap(([key, group]) => {
    const rest = untold(context, group, context.hosts.outages[key]);
    return rest.length > 0 ? [toVerdict(context, key, rest, context.hosts.outages[key])] : [];
  });
  return [...verdicts, ...waiting];
}

/** What no verdict on a run covers: the agents it names, and those of its run that were lost together with them. */
function untold(context: HostContext, group: Trouble[], outage: Outage | undefined): Trouble[] {
  const shared = outage?.kind === 'agent-lost' || outage?.partition === true;
  const covering = context.earlier.filter(
    ({ kind, subjects, knowableAt, resolvedAt }) =>
      kind === 'agent-lost' &&
      knowableAt <= context.now &&
      resolvedAt === undefined &&
      group.some(finding => subjects.includes(finding.agent)),
  );
  return group.filter(({ agent, kind, since }) => {
    const told = covering.some(
      ({ subjects, run }) =>
        subjects.includes(agent) ||
        (shared && context.runs.some(one => one.run.id === run && agent in one.agents)),
    );
    if (told) context.skip(kind, agent, since, 'a consequence: the agent is lost already');
    return !told;
  });
}

function memberOf(context: HostContext, finding: Trouble): Outage | undefined {
  return context.hosts.outages[keyIn(context, finding) ?? ''];
}

function keyIn({ hosts }: HostContext, { agent, kind }: Trouble): string | undefined {
  return hosts.agents[agent]?.outage?.[kind];
}

/**
 * Agents that are well leave their outage, and an outage without agents is over.
 * @returns what each agent left: an early form, if something else is the matter with it now
 */
function forget({ hosts }: HostContext, findings: Trouble[]): Map<string, string[]> {
  const ill = new Set(findings.map(finding => `${finding.agent}|${finding.kind}`));
  const used = new Set<string>();
  const left = new Map<string, string[]>();
  for (const [agent, witness] of Object.entries(hosts.agents)) {
    for (const [kind, key] of Object.entries(witness.outage ?? {})) {
      if (ill.has(`${agent}|${kind}`)) used.add(key);
      else {
        delete witness.outage?.[kind as IncidentKind];
        left.set(agent, [...(left.get(agent) ?? []), key]);
      }
    }
  }
  for (const key of Object.keys(hosts.outages)) if (!used.has(key)) delete hosts.outages[key];
  return left;
}

/**
 * Puts a finding into its outage: the one it is in, one of the same kind and time, or a new one.
 * @returns the outage's key
 */
function assign(context: HostContext, finding: Trouble, left: string[]): string {
  const { hosts } = context;
  const witness = hosts.agents[finding.agent];
  const known = keyIn(context, finding);
  const key =
    known ??
    Object.entries(hosts.outages).find(([, other]) => belongs(context, finding, other))?.[0] ??
    keyOf(context, finding);
  hosts.outages[key] ??= newOutage(finding);
  const outage = hosts.outages[key];
  if (known === undefined) outage.takesOver.push(...left.filter(other => other !== key));
  if (witness) witness.outage = { ...witness.outage, [finding.kind]: key };
  if (!outage.agents.includes(finding.agent)) outage.agents.push(finding.agent);
  outage.since = Math.min(outage.since, finding.since);
  if (finding.cause) outage.cause = finding.cause;
  return key;
}

function belongs(context: HostContext, finding: Trouble, outage: Outage): boolean {
  return (
    outage.kind === finding.kind &&
    outage.cause === finding.cause &&
    Math.abs(outage.since - finding.since) <= closeness(context)
  );
}

/** The same trouble of the same host in the same run is the same incident when it comes back. */
function keyOf(context: HostContext, { agent, kind, since }: Trouble): string {
  const { hosts } = context;
  const host = hosts.isBeside(agent) || kind === 'collector-lost' ? hosts.agents[agent]?.host : undefined;
  const run = runAt(context, [agent], since)?.run.id ?? '';
  return `${host === undefined ? `port:${agent}` : `host:${host}`}:${kind}:${run}`;
}

function closeness({ hosts, settings }: HostContext): number {
  return 2 * Math.max(0, ...Object.values(hosts.hosts).map(host => host.periodMs)) + settings.groupWithin;
}

/**
 * Hosts whose silence would mean something: they carry agents of which one is no controller. The controller's own collector
 * beats on however many cables are cut.
 */
function watched({ hosts, agents, runs }: HostContext): HostState[] {
  const controllers = new Set(['controller', ...runs.map(run => run.run.controller)]);
  return Object.values(hosts.hosts).filter(
    host =>
      host.goodbye === undefined &&
      host.agents.some(agent => !controllers.has(agent) && !agents[agent]?.retired),
  );
}

/** Hosts that were still heard when another fell silent at `since`. */
function peersOf(context: HostContext, since: number): HostState[] {
  return watched(context).filter(host => host.lastAt >= since - closeness(context));
}

/**
 * When it is told apart whether one host fell silent or all did: as soon as another is heard later, else when all would be
 * late.
 */
function othersTold(context: HostContext, finding: Trouble): number {
  const own = context.hosts.hostOf(finding.agent);
  if (!own) return 0;
  const others = peersOf(context, own.lastAt).filter(host => host !== own);
  if (others.length === 0) return 0;
  const later = others.some(
    host => host.lastAt > own.lastAt + HEARD_LATER * Math.max(host.periodMs, own.periodMs),
  );
  return later ? 0 : Math.max(...others.map(host => lateAt(context, host)));
}

/**
 * The findings of a cut that all hosts share, or none. Once everybody is late together no further witness is needed: it does not
 * matter whose port was probed already.
 */
function everybody(context: HostContext, findings: Trouble[]): Trouble[] {
  const silent = findings.filter(finding => finding.silent);
  const latest = Math.max(...silent.map(finding => finding.since));
  const near = silent.filter(finding => finding.since >= latest - closeness(context));
  const hosts = new Set(near.map(finding => context.hosts.agents[finding.agent]?.host));
  const all = peersOf(context, latest);
  return hosts.size >= 2 && all.every(host => hosts.has(host.host)) ? near : [];
}

/** Puts all of a cut into one outage: that of the first of them which was told already, or a new one. */
function joinCut(context: HostContext, cut: Trouble[]): void {
  const { hosts } = context;
  const [first] = cut.toSorted((a, b) => a.since - b.since);
  if (!first) return;
  const known = cut.flatMap(finding => keyIn(context, finding) ?? []);
  const key = known[0] ?? keyOf(context, first);
  hosts.outages[key] ??= newOutage(first);
  const outage = hosts.outages[key];
  outage.partition = true;
  outage.takesOver.push(...known.filter(other => other !== key));
  for (const { agent, kind } of cut) {
    const witness = hosts.agents[agent];
    if (witness) witness.outage = { ...witness.outage, [kind]: key };
  }
}

function newOutage({ kind, since }: Trouble): Outage {
  return { kind, since, agents: [], partition: false, takesOver: [] };
}

function runAt(context: HostContext, agents: string[], since: number) {
  return context.runs.findLast(one => agents.some(agent => agent in one.agents) && endOf(one) > since);
}

function toVerdict(context: HostContext, key: string, group: Trouble[], outage?: Outage): Verdict {
  const first = group.reduce((a, b) => (b.since < a.since ? b : a));
  const subjects = group.map(finding => finding.agent).sort(byNumber);
  const since = Math.min(first.since, outage?.since ?? first.since);
  const run = runAt(context, subjects, since);
  const partition = outage?.partition === true;
  const inRun = outage?.agents.some(agent => isBusy(context, agent, since)) === true;
  const kind = !partition ? first.kind : inRun ? 'agent-lost' : 'collector-lost';
  const cause = partition ? 'partition' : outage ? outage.cause : first.cause;
  const all = [...(outage?.agents ?? subjects)].sort(byNumber);
  return {
    key,
    kind,
    subjects,
    ...(cause ? { cause } : {}),
    severity: kind === 'collector-lost' && !partition ? 'warning' : 'critical',
    ...(run ? { run: run.run.id } : {}),
    startedAt: since,
    knowableAt: Math.min(...group.map(finding => finding.knowableAt)),
    explanation: partition
      ? `All ${plural(all.length, 'agent')} fell silent together at about ${clock(since)} (${list(all)}): a switch or this side's network, not ${plural(all.length, 'failure')}.`
      : `${names(context, subjects)}: ${first.words} (since ${clock(since)}).`,
    evidence: group.flatMap(finding => [
      observation(finding.since, `${finding.agent}: ${finding.words}`, 'cause'),
      ...context.hosts.evidenceFor(finding.agent, finding.since),
    ]),
    consequences: [],
    ...(outage?.takesOver.length ? { takesOver: outage.takesOver } : {}),
  };
}

/** `agent-2 on node2`, and where it is several hosts the agents alone. */
function names({ hosts }: HostContext, agents: string[]): string {
  const on = new Set(agents.map(agent => hosts.agents[agent]?.host));
  const [host] = on;
  return `${list(agents)}${on.size === 1 && host !== undefined ? ` on ${host}` : ''}`;
}
