import type { Cause } from '../../model/incident.js';
import { defined } from '../../platform/defined.js';
import { naturalOrder } from '../../platform/natural-order.js';
import { type AgentFacts, EVIDENCE_KEPT, type Fact, type Interval, type Verdict } from '../facts.js';
import { type Search, witnessedBeginning } from './began.js';
import {
  absentAt,
  agentsOf,
  backAfter,
  type Context,
  canSpeak,
  cascade,
  isFollowed,
  isWorking,
  lagOf,
  ownLineWithin,
} from './context.js';
import type { Loss } from './loss.js';
import { isUnread, nameCauses, silenceBefore, toldBefore } from './lost-cause.js';
import { tellableAt } from './lost-proof.js';
import { evidenceFor, explain } from './lost-words.js';
import { isStoppedByRival } from './rival.js';

/** An agent that did not hear of the abort has had so long to say anything at all. */
const UNHEARD_AFTER = 15_000;
/** A controller that goes on again complains within so long of what it missed. */
const STOOD_BEFORE = 10_000;
/** How well the moment is known at which a keepalive went unanswered for the first time. */
const KEEPALIVE_WITHIN = 1000;
/** Losses that a controller notices when its keepalive has run out, not when they happen. */
const NOTICED_LATE: ReadonlySet<Cause> = new Set([
  'unresponsive',
  'partition',
  'host-unreachable',
  'timeout',
  'frozen',
]);

/**
 * Agents a controller lost. The text of the complaint tells nothing (one h2 message stands for a killed process and for
 * a cut link alike), so the verdict rests on who complained first, what the accused wrote itself, whether its port still
 * answered, and how long it had been silent.
 */
export function judgeLost(context: Context): Verdict[] {
  const losses = [...complained(context)];
  losses.push(...unheard(context, losses));
  assignUnreachable(context, losses);
  nameCauses(context, losses);
  for (const loss of losses) dateIt(context, loss);
  for (const loss of losses) context.wake(loss.knowableAt);
  return grouped(losses).map(group => toVerdict(context, group, losses));
}

function complained(context: Context): Loss[] {
  const { run } = context;
  const found: Loss[] = [];
  const first = firstFailed(context);
  for (const agent of agentsOf(run)) {
    const fact = complaintOf(agent);
    if (!fact) continue;
    const reason = whyCleared(context, agent, fact, first);
    if (reason) {
      context.skip('agent-lost', agent.id, fact.at, reason);
      continue;
    }
    // where witnesses lost it, too, its own log is not waited for: both words are one incident
    const sure = agent === first || earlyForms(context, agent.id).length > 0;
    const knowableAt = tellableAt(context, agent.id, fact, sure);
    found.push({ agent, fact, cause: 'unknown', knowableAt, ...UNDATED });
  }
  return found;
}

/**
 * Addresses that refused the order to stop, where no line tells whose they are: the lost agents', in their order. With
 * fewer addresses than agents, those named first.
 */
function assignUnreachable(context: Context, losses: Loss[]): void {
  const nameless = losses.filter(
    loss => !loss.unheard && !loss.agent.unreachable && context.names.addressOf(loss.agent.id) === undefined,
  );
  const refused = [...context.run.unreachable].sort((a, b) => naturalOrder(a.address, b.address));
  const first = nameless
    .sort((a, b) => a.fact.at - b.fact.at || a.fact.offset - b.fact.offset)
    .slice(0, refused.length);
  first.sort((a, b) => naturalOrder(a.agent.id, b.agent.id));
  for (const [index, loss] of first.entries()) loss.refused = refused[index]?.fact;
}

function complaintOf(agent: AgentFacts): Fact | undefined {
  const facts = [agent.failed, agent.streamError, agent.unreachable].flatMap(fact => (fact ? [fact] : []));
  return facts.sort((a, b) => a.at - b.at || a.offset - b.offset)[0];
}

/** The agent whose loss made the controller give up: named first, before anybody was told to stop. */
function firstFailed(context: Context): AgentFacts | undefined {
  const named = agentsOf(context.run).filter(agent => agent.failed);
  return named.sort(
    (a, b) => (a.failed?.at ?? 0) - (b.failed?.at ?? 0) || (a.failed?.offset ?? 0) - (b.failed?.offset ?? 0),
  )[0];
}

/** Why a complaint is no loss; undefined where it is one. */
function whyCleared(
  context: Context,
  agent: AgentFacts,
  fact: Fact,
  first: AgentFacts | undefined,
): string | undefined {
  const { run } = context;
  if (run.interrupted && run.interrupted.at <= fact.at + 1000) return 'the run was ended by a person';
  if (!agent.answered && !agent.ready && !agent.started && !run.workloadStarted)
    return 'it never was ready: a fault of the start';
  if (agent.completed && agent.completed.at < fact.at) return 'it had completed its part before';
  if (agent.stopping && agent.stopping.at <= fact.at + 1000) return 'it was being stopped in an orderly way';
  if (agent.workloadFailed && agent.workloadFailed.at <= fact.at)
    return 'it had reported a failing workload before';
  if (run.startupTimeout && run.startupTimeout.at <= fact.at) return 'the start had failed already';
  if (isStoppedByRival(context, agent.id, fact.at)) return 'another controller had stopped it';
  if (controllerStood(context, fact)) return 'the controller itself had stood still';
  if (agent === first) return undefined;
  if (controllerStalledWhile(context, fact)) return 'the controller itself had stood still';
  // who was seen lost before is not cleared by what reached it when it was back
  if (toldBefore(context, agent.id, fact.at)) return undefined;
  const aborted = agent.aborted;
  const within = context.settings.clearWithin + lagOf(context, agent.id);
  const near = (apart: number) => apart >= -2000 && apart <= within;
  // by its own clock or by its arrival: clocks may disagree
  if (aborted && (near(aborted.at - fact.at) || near(aborted.seen - fact.seen))) {
    return 'it received the order to stop, so it could be reached';
  }
  const toldToStop = run.aborting !== undefined && isAfter(fact, run.aborting);
  if (toldToStop && !agent.unreachable && !isFollowed(context, agent.id, fact.at)) {
    return 'its own log is not followed and the run was being stopped already';
  }
  return undefined;
}

function isAfter(fact: Fact, other: Fact): boolean {
  return fact.path === other.path && fact.by === other.by ? fact.offset > other.offset : fact.at >= other.at;
}

/** By its own host's word: what it missed meanwhile proves nothing of others. */
function controllerStood({ hosts, run }: Context, fact: Fact): boolean {
  const spells = run.run.controller === undefined ? [] : (hosts.agents[run.run.controller]?.process ?? []);
  return spells.some(
    ({ value, since, last }) =>
      (value === 'T' || value === 'D') && since <= fact.at && last >= fact.at - STOOD_BEFORE,
  );
}

function controllerStalledWhile(context: Context, fact: Fact): boolean {
  return context.earlier.some(
    verdict => verdict.kind === 'controller-stalled' && Math.abs((verdict.resolvedAt ?? 0) - fact.at) < 2000,
  );
}

/**
 * Agents nobody complained of that should have reacted: the run was stopped, the others say they were told, this one was
 * at work and says nothing at all.
 */
function unheard(context: Context, complained: Loss[]): Loss[] {
  const { run } = context;
  const told = agentsOf(run).flatMap(agent => (agent.aborted ? [agent.aborted] : []));
  const stop = told.sort((a, b) => a.at - b.at)[0];
  if (!stop) return [];
  const found: Loss[] = [];
  const accused = new Set(complained.map(loss => loss.agent));
  for (const agent of agentsOf(run)) {
    if (agent.aborted || accused.has(agent)) continue;
    if (!isWorking(agent, stop.at) || !isFollowed(context, agent.id, stop.at)) continue;
    if (agent.restarted && agent.restarted.at < stop.at) continue;
    const mute = !canSpeak(context, agent.id);
    if (mute || isUnread(context, agent.id, stop.at)) {
      const why = mute ? 'nobody writes its log any more' : 'nobody was reading its log then';
      context.skip('agent-lost', agent.id, stop.at, `${why}, so that it ends proves nothing`);
      continue;
    }
    const patience = UNHEARD_AFTER + lagOf(context, agent.id);
    if (ownLineWithin(context, agent.id, stop.at - 1000, stop.at + patience) !== undefined) {
      context.skip('agent-lost', agent.id, stop.at, 'it wrote lines of its own when the run was stopped');
      continue;
    }
    const knowableAt = absentAt(context, [agent.id], stop.seen, patience);
    if (!Number.isFinite(knowableAt)) continue;
    found.push({ agent, fact: stop, cause: 'unknown', knowableAt, unheard: true, ...UNDATED });
  }
  return found;
}

/** Dated when the cause is known. */
const UNDATED = { began: { from: 0, to: 0 }, startedAt: 0 };

/** When it began: by witnesses where there are any, else as the complaint and its cause tell. */
function dateIt(context: Context, loss: Loss): void {
  const { agent, fact, cause } = loss;
  const keepalive = (context.behaviour.peerTimeoutSeconds ?? 0) * 1000;
  const slow = NOTICED_LATE.has(cause);
  const search: Search = {
    from: fact.at - (slow ? 1.5 * keepalive : 0) - 15_000,
    to: fact.at + 10_000,
    lastsUntil: fact.at - 10_000,
  };
  const seen = witnessedBeginning(context.hosts, agent.id, search, context.now);
  const { interval, startedAt } = byComplaint(context, loss, slow ? keepalive : undefined);
  const from = Math.max(seen?.from ?? 0, interval.from);
  const to = Math.min(seen?.to ?? interval.to, interval.to);
  loss.began = seen === undefined ? interval : from <= to ? { from, to } : seen;
  loss.startedAt = seen === undefined || !slow ? startedAt : loss.began.from;
}

/** @param keepalive how long a complaint comes after the loss, where it does */
function byComplaint(
  context: Context,
  loss: Loss,
  keepalive: number | undefined,
): { interval: Interval; startedAt: number } {
  const { agent, fact } = loss;
  if (loss.unheard) {
    const last = context.agents[agent.id]?.heardAt.findLast(at => at < fact.at - 500);
    const from = Math.min(fact.at, last ?? agent.started?.at ?? fact.at);
    return { interval: { from, to: fact.at }, startedAt: fact.at };
  }
  const silence = silenceBefore(loss);
  if (silence !== undefined) {
    const well = fact.at - silence;
    const period = (context.behaviour.aliveSeconds ?? 1) * 1000;
    return { interval: { from: well, to: Math.min(fact.at, well + period + 500) }, startedAt: well };
  }
  const at = fact.at - (keepalive ?? 0);
  if (keepalive === undefined) return { interval: { from: at - KEEPALIVE_WITHIN, to: at }, startedAt: at };
  return { interval: { from: at - KEEPALIVE_WITHIN, to: at + KEEPALIVE_WITHIN }, startedAt: at };
}

/** Losses of one cause are one event. */
function grouped(losses: Loss[]): Loss[][] {
  const groups = new Map<Cause, Loss[]>();
  for (const loss of losses) {
    const group = groups.get(loss.cause);
    if (group) group.push(loss);
    else groups.set(loss.cause, [loss]);
  }
  return [...groups.values()];
}

function toVerdict(context: Context, group: Loss[], all: Loss[]): Verdict {
  const { run } = context;
  group.sort((a, b) => a.fact.at - b.fact.at || a.fact.offset - b.fact.offset);
  const first = group[0] as Loss;
  const known = group.filter(loss => loss.knowableAt <= context.now);
  const told = known.length > 0 ? known : [first];
  const moreAt = group.reduce(
    (next, loss) => (loss.knowableAt > context.now ? Math.min(next, loss.knowableAt) : next),
    Number.POSITIVE_INFINITY,
  );
  const back = group.map(loss => backFrom(context, loss));
  const allBack = back.every(sign => sign !== undefined);
  const subjects = withCompanions(context, told);
  const endedRun = endOfRunBy(context, told, all);
  return {
    key: `lost:${run.run.id}:${first.agent.id}`,
    kind: 'agent-lost',
    subjects,
    cause: first.cause,
    severity: 'critical',
    run: run.run.id,
    startedAt: Math.min(...told.map(loss => loss.startedAt)),
    began: {
      from: Math.min(...told.map(loss => loss.began.from)),
      to: Math.min(...told.map(loss => loss.began.to)),
    },
    ...defined({ endedRun }),
    knowableAt: Math.min(...group.map(loss => loss.knowableAt)),
    ...(Number.isFinite(moreAt) ? { moreAt } : {}),
    ...(allBack && told.length === group.length
      ? {
          resolvedAt: Math.max(...back.map(sign => sign?.at ?? 0)),
          resolvedSeen: Math.max(...back.map(sign => sign?.seen ?? 0)),
        }
      : {}),
    explanation: explain(context, { losses: told, subjects, all, endedRun, isBack: allBack }),
    evidence: told.slice(0, EVIDENCE_KEPT).flatMap(loss => evidenceFor(context, loss)),
    consequences: cascade(
      context,
      all.map(loss => loss.agent.id),
      first.fact.at,
    ),
    takesOver: [
      ...told.flatMap(loss => [
        `stalled:${run.run.id}:${loss.agent.id}`,
        ...earlyForms(context, loss.agent.id),
        `died:${run.run.id}:${loss.agent.id}`,
      ]),
    ],
  };
}

/** When the controller gave the run up because of one of these: for whom, its log says. */
function endOfRunBy({ run, ...context }: Context, losses: Loss[], all: Loss[]): number | undefined {
  const ends = [run.failed, run.aborting, run.gaveUp].flatMap(end => (end ? [end.at] : []));
  const end = Math.min(...ends);
  if (!Number.isFinite(end) || run.interrupted) return undefined;
  const blamed =
    firstFailed({ run, ...context }) ??
    [...all].sort((a, b) => a.fact.at - b.fact.at || a.fact.offset - b.fact.offset)[0]?.agent;
  const mine = losses.find(loss => loss.agent === blamed);
  return mine && !mine.unheard && end >= mine.fact.at - 1000 ? end : undefined;
}

/** The agents lost, and those of the run that witnesses lost together with them: the controller will say so, too, or could not. */
function withCompanions({ hosts, run }: Context, losses: readonly Loss[]): string[] {
  const subjects = new Set<string>();
  const looked = new Set<string>();
  for (const { agent } of losses) {
    subjects.add(agent.id);
    for (const key of Object.values(hosts.agents[agent.id]?.outage ?? {})) {
      const outage = hosts.outages[key];
      if (!outage || looked.has(key) || (outage.kind !== 'agent-lost' && !outage.partition)) continue;
      looked.add(key);
      for (const other of outage.agents) if (other in run.agents) subjects.add(other);
    }
  }
  return [...subjects];
}

/** What witnesses told of the agent before its controller did; that its collector is gone is another matter. */
function earlyForms({ hosts }: Context, agent: string): string[] {
  return Object.entries(hosts.agents[agent]?.outage ?? {}).flatMap(([kind, key]) =>
    kind !== 'collector-lost' || hosts.outages[key]?.partition ? [key] : [],
  );
}

/** The agent is back by its own words, or by those of all witnesses of its loss: well again may be earlier than the complaint. */
function backFrom(context: Context, loss: Loss): { at: number; seen: number } | undefined {
  const { agent, fact, cause, began } = loss;
  // a line may have been read late; a port or process that is ill now says more
  const said = context.hosts.isIll(agent.id) ? undefined : backAfter(context, agent.id, fact.at);
  const since = NOTICED_LATE.has(cause) ? Math.min(began.to, fact.at) : fact.at;
  const well = context.hosts.wellAgain(agent.id, since, context.now);
  if (well === undefined || (said && said.seen <= well)) return said;
  return { at: well, seen: well };
}
