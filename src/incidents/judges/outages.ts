import type { Cause, IncidentKind } from '../../model/incident.js';
import { defined } from '../../platform/defined.js';
import { naturalOrder } from '../../platform/natural-order.js';
import { plural } from '../../wording/amount.js';
import { clock } from '../../wording/time.js';
import { list } from '../../wording/words.js';
import { EVIDENCE_KEPT, observation, type Verdict } from '../facts.js';
import type { Outage } from '../host-state.js';
import { witnessedBeginning } from './began.js';
import { type HostContext, isBusy } from './host-context.js';
import { Peers } from './peers.js';

/** What the witnesses say of one agent now. */
export interface Trouble {
  agent: string;
  kind: IncidentKind;
  cause?: Cause;
  since: number;
  /** It rests on heartbeats that stay away. */
  silent?: boolean;
  /** Its port answered when a heartbeat was missing already: nothing is cut there. */
  answers?: boolean;
  knowableAt: number;
  words: string;
}

/** Whom a run loses by one cause before its controller notices the first is one incident by the controller's words. */
const ONE_STORY = 45_000;
/** Signs of one outage come so close together, ms. */
const AROUND = 20_000;
const MINOR: ReadonlySet<IncidentKind> = new Set(['collector-lost', 'log-gap']);

/**
 * Findings that belong together are one incident: agents of one host, hosts that fell silent together, ports closed at
 * once. An outage is remembered until the last of its agents is well, so that those who come back first do not turn one
 * incident into several.
 */
export function judgeOutages(context: HostContext, findings: Trouble[]): Verdict[] {
  const waiting: Verdict[] = [];
  const open: Trouble[] = [];
  const peers = new Peers(context);
  const cut = new Set(everybody(context, peers, findings));
  for (const finding of findings) {
    if (cut.has(finding)) {
      open.push({ ...finding, knowableAt: Math.min(finding.knowableAt, context.now) });
      continue;
    }
    const knowableAt = Math.max(
      finding.knowableAt,
      finding.silent ? toldApartAt(context, peers, finding) : 0,
    );
    if (knowableAt <= context.now) open.push({ ...finding, knowableAt });
    else if (!memberOf(context, finding))
      waiting.push(toVerdict(context, `waiting:${finding.agent}`, [{ ...finding, knowableAt }]));
    else open.push(finding);
  }
  const left = forget(context, open);
  if (cut.size > 0) joinCut(context, [...cut]);
  const groups = new Map<string, Trouble[]>();
  for (const finding of open) {
    const key = assign(context, peers, finding, left.get(finding.agent) ?? []);
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  const verdicts = [...groups].flatMap(([key, group]) => {
    const rest = untold(context, group, context.hosts.outages[key]);
    return rest.length > 0 ? [toVerdict(context, key, rest, context.hosts.outages[key])] : [];
  });
  return [...verdicts, ...waiting];
}

/** What no verdict on a run covers: the agents it names, and those of its run that were lost together with them. */
function untold(context: HostContext, group: Trouble[], outage: Outage | undefined): Trouble[] {
  const ill = new Set(group.map(finding => finding.agent));
  const covering = context.earlier.filter(
    ({ kind, subjects, knowableAt, resolvedAt }) =>
      kind === 'agent-lost' &&
      knowableAt <= context.now &&
      resolvedAt === undefined &&
      subjects.some(subject => ill.has(subject)),
  );
  if (covering.length === 0) return group;
  const told = new Set(covering.flatMap(({ subjects }) => subjects));
  const shared = outage?.kind === 'agent-lost' || outage?.partition === true;
  const ids = new Set(shared ? covering.map(({ run }) => run) : []);
  const runs = context.runs.filter(one => ids.has(one.run.id));
  return group.filter(({ agent, kind, since }) => {
    const covered = told.has(agent) || runs.some(one => agent in one.agents);
    if (covered) context.skip(kind, agent, since, 'a consequence: the agent is lost already');
    return !covered;
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
        // what was told as a loss is not told on as something weaker: it is over, and that is another matter
        if (kind !== 'agent-lost') left.set(agent, [...(left.get(agent) ?? []), key]);
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
function assign(context: HostContext, peers: Peers, finding: Trouble, left: string[]): string {
  const { hosts } = context;
  const witness = hosts.agents[finding.agent];
  const known = keyIn(context, finding);
  const key = known ?? outageLike(context, peers, finding) ?? keyOf(context, finding);
  hosts.outages[key] ??= newOutage(finding);
  const outage = hosts.outages[key];
  if (known === undefined) outage.takesOver.push(...left.filter(other => other !== key));
  if (witness) witness.outage = { ...witness.outage, [finding.kind]: key };
  outage.agents.add(finding.agent);
  outage.since = Math.min(outage.since, finding.since);
  if (finding.cause) outage.cause = finding.cause;
  return key;
}

/** The first outage of the same kind and cause, of the same time or in the same run. */
function outageLike(context: HostContext, { closeness }: Peers, finding: Trouble): string | undefined {
  const { kind, cause, since } = finding;
  const run = kind === 'agent-lost' ? runAt(context, [finding.agent], since)?.run.id : undefined;
  const same = Object.entries(context.hosts.outages).filter(
    ([, other]) => other.kind === kind && other.cause === cause,
  );
  return (same.find(([, other]) => Math.abs(other.since - since) <= closeness) ??
    same.find(
      ([, other]) =>
        run !== undefined &&
        Math.abs(other.since - since) <= ONE_STORY &&
        runAt(context, [...other.agents], other.since)?.run.id === run,
    ))?.[0];
}

/** The same trouble of the same host in the same run is the same incident when it comes back. */
function keyOf(context: HostContext, { agent, kind, since }: Trouble): string {
  const { hosts } = context;
  const host = hosts.isBeside(agent) || kind === 'collector-lost' ? hosts.agents[agent]?.host : undefined;
  const run = runAt(context, [agent], since)?.run.id ?? '';
  return `${host === undefined ? `port:${agent}` : `host:${host}`}:${kind}:${run}`;
}

/** When it is told apart whether the agent's host fell silent or all did. */
function toldApartAt(context: HostContext, peers: Peers, { agent }: Trouble): number {
  const own = context.hosts.hostOf(agent);
  return own ? peers.toldApartAt(own) : 0;
}

/**
 * The findings of a cut that all hosts share, or none. Once everybody is late together no further witness is needed: it does not
 * matter whose port was probed already.
 */
function everybody(context: HostContext, peers: Peers, findings: Trouble[]): Trouble[] {
  const silent = findings.filter(finding => finding.silent);
  const latest = silent.reduce((last, { since }) => Math.max(last, since), Number.NEGATIVE_INFINITY);
  const near = silent.filter(finding => finding.since >= latest - peers.closeness);
  const hosts = new Set(near.map(finding => context.hosts.agents[finding.agent]?.host));
  // a port that answers is on the way that would be cut
  if (hosts.size < 2 || near.some(finding => finding.answers)) return [];
  return peers.heardAround(latest).every(host => hosts.has(host.host)) ? near : [];
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
  return { kind, since, agents: new Set(), partition: false, takesOver: [] };
}

function runAt(context: HostContext, agents: string[], since: number) {
  return context.runs.findLast(
    one => agents.some(agent => agent in one.agents) && context.endOf(one) > since,
  );
}

function toVerdict(context: HostContext, key: string, group: Trouble[], outage?: Outage): Verdict {
  const first = group.reduce((a, b) => (b.since < a.since ? b : a));
  const subjects = group.map(finding => finding.agent).sort(naturalOrder);
  const since = Math.min(first.since, outage?.since ?? first.since);
  const run = runAt(context, subjects, since);
  const partition = outage?.partition === true;
  const inRun = partition && [...outage.agents].some(agent => isBusy(context, agent, since));
  const kind = !partition ? first.kind : inRun ? 'agent-lost' : 'collector-lost';
  const cause = partition ? 'partition' : outage ? outage.cause : first.cause;
  const all = [...(outage?.agents ?? subjects)].sort(naturalOrder);
  const search = { from: since - AROUND, to: since + AROUND, lastsUntil: since };
  const began = witnessedBeginning(context.hosts, first.agent, search, context.now);
  return {
    key,
    kind,
    subjects,
    ...defined({ cause }),
    severity: MINOR.has(kind) && !partition ? 'warning' : 'critical',
    ...defined({ run: run?.run.id }),
    startedAt: since,
    ...defined({ began }),
    knowableAt: group.reduce((first, one) => Math.min(first, one.knowableAt), Number.POSITIVE_INFINITY),
    explanation: partition
      ? `All ${plural(all.length, 'agent')} fell silent together at about ${clock(since)} (${list(all)}): a switch or this side's network, not ${plural(all.length, 'failure')}.`
      : `${names(context, subjects)}: ${subjects.length > 1 ? ofSeveral(first.words) : first.words} (since ${clock(since)}).`,
    evidence: group
      .slice(0, EVIDENCE_KEPT)
      .flatMap(finding => [
        observation(finding.since, `${finding.agent}: ${finding.words}`, 'cause'),
        ...context.hosts.evidenceFor(finding.agent, finding.since),
      ]),
    consequences: [],
    ...(outage?.takesOver.length ? { takesOver: outage.takesOver } : {}),
  };
}

/** What was found of one, said of several. */
function ofSeveral(words: string): string {
  return words
    .replace(/\bits collector's last heartbeat came\b/g, "their collectors' last heartbeats came")
    .replace(/\bthe agent's port answers\b/g, "the agents' ports answer")
    .replace(
      /\bits collector died, or what it sends does not\b/g,
      'their collectors died, or what they send does not',
    )
    .replace(/\bthe agent itself is there\b/g, 'the agents themselves are there')
    .replace(/\bits port does not answer\b/g, 'their ports do not answer')
    .replace(/\bthe host is down or cut off\b/g, 'the hosts are down or cut off')
    .replace(/\bits (\w+)/g, 'their $1');
}

/** `agent-2 on node2`, and where it is several hosts the agents alone. */
function names({ hosts }: HostContext, agents: string[]): string {
  const on = new Set(agents.map(agent => hosts.agents[agent]?.host));
  const [host] = on;
  return `${list(agents)}${on.size === 1 && host !== undefined ? ` on ${host}` : ''}`;
}
