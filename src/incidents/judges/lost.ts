import type { Cause } from '../../model/incident.js';
import { byNumber } from '../../wording/words.js';
import { type AgentFacts, EVIDENCE_KEPT, type Fact, type Verdict } from '../facts.js';
import {
  agentsOf,
  backAfter,
  type Context,
  cascade,
  isFollowed,
  isWorking,
  ownLineWithin,
} from './context.js';
import { evidenceFor, explain, type Loss } from './lost-words.js';

/** Opening waits so long for the lines that tell crash from silence: the abort calls and the controller's exit. */
const FIRST_SETTLE = 3000;
/** An agent that did not hear of the abort has had so long to say anything at all. */
const UNHEARD_AFTER = 15_000;
/** Causes that are one cut when all agents share it. */
const CUT_OFF: ReadonlySet<Cause> = new Set(['unresponsive', 'unknown', 'host-unreachable']);
/** Causes that stand whatever the others suffered. */
const SURE: ReadonlySet<Cause> = new Set(['crashed', 'reset', 'frozen']);
/** A restart so soon after a loss is the supervisor's answer to a crash. */
const RESTART_WITHIN = 20_000;

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
    const settle = sure ? FIRST_SETTLE : context.settings.clearWithin;
    found.push({ agent, fact, cause: 'unknown', knowableAt: fact.seen + settle });
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
  const refused = [...context.run.unreachable].sort((a, b) => byNumber(a.address, b.address));
  const first = nameless
    .sort((a, b) => a.fact.at - b.fact.at || a.fact.offset - b.fact.offset)
    .slice(0, refused.length);
  first.sort((a, b) => byNumber(a.agent.id, b.agent.id));
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
  if (agent === first) return undefined;
  if (controllerStalledWhile(context, fact)) return 'the controller itself had stood still';
  const aborted = agent.aborted;
  const near = (apart: number) => apart >= -2000 && apart <= context.settings.clearWithin;
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
    const host = context.hosts.hostOf(agent.id);
    if (host && host.lastAt < stop.at - context.settings.lateAfter) {
      context.skip(
        'agent-lost',
        agent.id,
        stop.at,
        'its collector was silent already, so its log proves nothing',
      );
      continue;
    }
    if (ownLineWithin(context, agent.id, stop.at - 1000, stop.at + UNHEARD_AFTER) !== undefined) {
      context.skip('agent-lost', agent.id, stop.at, 'it wrote lines of its own when the run was stopped');
      continue;
    }
    const knowableAt = context.silentAt(stop.seen, UNHEARD_AFTER);
    if (!Number.isFinite(knowableAt)) continue;
    found.push({ agent, fact: stop, cause: 'unknown', knowableAt, unheard: true });
  }
  return found;
}

/** Each loss by what is known of its agent; where all agents at once are silent without a better reason, a cut they share. */
function nameCauses(context: Context, losses: Loss[]): void {
  for (const loss of losses) loss.cause = ownCause(context, loss);
  const everyone = agentsOf(context.run).filter(agent => agent.started || agent.answered || agent.joined);
  const silent = losses.filter(loss => CUT_OFF.has(loss.cause));
  if (everyone.length < 2 || silent.length !== everyone.length) return;
  for (const loss of losses) if (!SURE.has(loss.cause)) loss.cause = 'partition';
}

function ownCause(context: Context, loss: Loss): Cause {
  const { agent, fact } = loss;
  const state = context.agents[agent.id];
  const seen = context.hosts.causeFor(agent.id, fact.at, context.now);
  if (seen) return seen;
  const restarted = state?.processStarted;
  const restart = restarted && restarted.at > fact.at - 60_000 && restarted.at <= fact.at + RESTART_WITHIN;
  const died = [state?.panicked, state?.processFailed].some(
    death => death && death.at > fact.at - 10_000 && death.at < fact.at + 10_000,
  );
  if (died || (restart && (!agent.joined || restarted.at > agent.joined.at + 5000))) return 'crashed';
  const silence = silenceBefore(context, loss);
  if (silence !== undefined) loss.lastWell = fact.at - silence;
  const byExit = causeByExit(context, loss);
  if (agent.unreachable ?? loss.refused)
    return noticedItself(context, loss) || livedOn(context, loss) ? 'reset' : 'crashed';
  const keepalive = (context.behaviour.peerTimeoutSeconds ?? 20) * 1000;
  if (silence !== undefined && silence >= Math.min(10_000, keepalive / 2)) return 'unresponsive';
  if (byExit === 'unresponsive' || loss.unheard) return 'unresponsive';
  if (noticedItself(context, loss)) return 'reset';
  const quick = byExit ?? (silence !== undefined ? 'crashed' : 'unresponsive');
  return quick === 'crashed' && livedOn(context, loss) ? 'reset' : quick;
}

/** The same process wrote lines after its connection broke. */
function livedOn(context: Context, { agent, fact }: Loss): boolean {
  return ownLineWithin(context, agent.id, fact.at + 1000, Number.POSITIVE_INFINITY) !== undefined;
}

/** How long before the complaint the controller last had a sign of life, where it prints them. */
function silenceBefore(_context: Context, { agent, fact }: Loss): number | undefined {
  if (!agent.alive || agent.alive.count < 3) return undefined;
  return Math.max(0, fact.at - agent.alive.last.at);
}

/** The agent's own log shows that it lived on when its connection broke, and that it noticed. */
function noticedItself(context: Context, { agent, fact }: Loss): boolean {
  const near = (other: Fact | undefined, within: number) =>
    other !== undefined && Math.abs(other.at - fact.at) <= within;
  return (
    near(agent.streamEnded, 1000) ||
    near(agent.controllerLost, 1000) ||
    near(agent.aborted, context.settings.clearWithin)
  );
}

/**
 * The controller calls every agent to stop and then exits. A host that does not answer holds it up for as long as it
 * waits; a closed port or a living agent answers at once.
 */
function causeByExit(context: Context, loss: Loss): Cause | undefined {
  const { run } = context;
  if (!run.aborting || !run.gaveUp || run.gaveUp.at < run.aborting.at) return undefined;
  const wait = (context.behaviour.abortSeconds ?? 2) * 1000;
  if (run.gaveUp.at - run.aborting.at >= wait * 0.3) return 'unresponsive';
  return loss.fact.at <= run.gaveUp.at ? 'crashed' : undefined;
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
  const startedAt = startOf(context, first);
  const back = group.map(loss => backFrom(context, loss));
  const allBack = back.every(sign => sign !== undefined);
  const evidence = told.slice(0, EVIDENCE_KEPT).flatMap(loss => evidenceFor(context, loss));
  return {
    key: `lost:${run.run.id}:${first.agent.id}`,
    kind: 'agent-lost',
    subjects: withCompanions(context, told),
    cause: first.cause,
    severity: 'critical',
    run: run.run.id,
    startedAt,
    knowableAt: Math.min(...group.map(loss => loss.knowableAt)),
    ...(allBack && told.length === group.length
      ? {
          resolvedAt: Math.max(...back.map(sign => sign?.at ?? 0)),
          resolvedSeen: Math.max(...back.map(sign => sign?.seen ?? 0)),
        }
      : {}),
    explanation: explain(context, told, startedAt, all),
    evidence,
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

/** The agent is back by its own words, or by those of all witnesses of its loss. */
function backFrom(context: Context, { agent, fact }: Loss): { at: number; seen: number } | undefined {
  // a line may have been read late; a port or process that is ill now says more
  const said = context.hosts.isIll(agent.id) ? undefined : backAfter(context, agent.id, fact.at);
  const well = context.hosts.wellAgain(agent.id, fact.at, context.now);
  if (well === undefined || (said && said.seen <= well)) return said;
  return { at: well, seen: well };
}

function startOf(context: Context, loss: Loss): number {
  if (loss.lastWell !== undefined) return loss.lastWell;
  if (loss.cause === 'unresponsive' || loss.cause === 'partition') {
    return loss.fact.at - (context.behaviour.peerTimeoutSeconds ?? 0) * 1000;
  }
  return loss.fact.at;
}
