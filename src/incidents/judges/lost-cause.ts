import type { Cause, Incident } from '../../model/incident.js';
import type { Fact } from '../facts.js';
import { agentsOf, type Context, ownLineWithin } from './context.js';
import type { Loss } from './loss.js';

/** Causes that are one cut when all agents share it. */
const CUT_OFF: ReadonlySet<Cause> = new Set(['unresponsive', 'unknown', 'host-unreachable']);
/** Causes that stand whatever the others suffered. */
const SURE: ReadonlySet<Cause> = new Set(['crashed', 'reset', 'frozen']);
/** A restart so soon after a loss is the supervisor's answer to a crash. */
const RESTART_WITHIN = 20_000;
/** Causes that witnesses saw: a controller's complaint, which comes later and tells less, does not undo them. */
const SEEN: ReadonlySet<Cause> = new Set(['host-unreachable', 'frozen', 'timeout']);
/** An answer so long after the loss is not one that was on its way. */
const AFTERWARDS = 300;

/** Each loss by what is known of its agent; where all agents at once are silent without a better reason, a cut they share. */
export function nameCauses(context: Context, losses: readonly Loss[]): void {
  for (const loss of losses) loss.cause = ownCause(context, loss);
  const everyone = agentsOf(context.run).filter(agent => agent.started || agent.answered || agent.joined);
  const silent = losses.filter(loss => CUT_OFF.has(loss.cause));
  if (everyone.length < 2 || silent.length !== everyone.length) return;
  for (const loss of losses) if (!SURE.has(loss.cause)) loss.cause = 'partition';
}

function ownCause(context: Context, loss: Loss): Cause {
  const cause = witnessedCause(context, loss) ?? causeByLogs(context, loss);
  return cause === 'crashed' && isStillThere(context, loss) ? 'unresponsive' : cause;
}

function witnessedCause(context: Context, { agent, fact }: Loss): Cause | undefined {
  const seen = context.hosts.causeFor(agent.id, fact.at, context.now);
  const told = toldBefore(context, agent.id, fact.at)?.cause;
  return told && SEEN.has(told) ? told : seen;
}

/** What witnesses made known of the loss before the controller spoke. */
export function toldBefore(context: Context, agent: string, at: number): Incident | undefined {
  const patience = (context.behaviour.peerTimeoutSeconds ?? 40) * 1500 + 15_000;
  return context
    .told(agent)
    .find(
      ({ kind, startedAt, resolvedAt }) =>
        (kind === 'agent-lost' || kind === 'agent-stalled') &&
        startedAt >= at - patience &&
        startedAt <= at + 15_000 &&
        (resolvedAt ?? Number.POSITIVE_INFINITY) >= at - 60_000,
    );
}

function causeByLogs(context: Context, loss: Loss): Cause {
  const { agent, fact } = loss;
  const state = context.agents[agent.id];
  const restarted = state?.processStarted;
  const restart = restarted && restarted.at > fact.at - 60_000 && restarted.at <= fact.at + RESTART_WITHIN;
  const died = [state?.panicked, state?.processFailed].some(
    death => death && death.at > fact.at - 10_000 && death.at < fact.at + 10_000,
  );
  if (died || (restart && (!agent.joined || restarted.at > agent.joined.at + 5000))) return 'crashed';
  const silence = silenceBefore(loss);
  const byExit = causeByExit(context, loss);
  if (agent.unreachable ?? loss.refused)
    return noticedItself(context, loss) || livedOn(context, loss) ? 'reset' : 'crashed';
  const keepalive = (context.behaviour.peerTimeoutSeconds ?? 20) * 1000;
  if (silence !== undefined && silence >= Math.min(10_000, keepalive / 2)) return 'unresponsive';
  if (byExit === 'unresponsive' || loss.unheard) return 'unresponsive';
  if (noticedItself(context, loss)) return 'reset';
  const quick = byExit ?? (silence !== undefined ? 'crashed' : 'unresponsive');
  // it wrote on and noticed no break: a reset would have reached it, and an exit read late looks quick
  if (quick === 'crashed' && livedOn(context, loss)) return 'unresponsive';
  // that a log ends proves a death only where somebody was reading it
  return quick === 'crashed' && isUnread(context, agent.id, fact.at) ? 'unresponsive' : quick;
}

/** A port that answers, or a process that listens, after the loss and without a new process: nobody died. */
function isStillThere(context: Context, { agent, fact }: Loss): boolean {
  const witness = context.hosts.agents[agent.id];
  if (!witness) return false;
  const born = context.agents[agent.id]?.births?.some(at => at > fact.at - 60_000) === true;
  if (born) return false;
  const after = fact.at + AFTERWARDS;
  const gone = witness.process.some(({ value, last }) => value === 'gone' && last >= fact.at - 60_000);
  const listens = witness.listening.some(({ value, last }) => value && last > after);
  // a new process may answer on the port of one that died unseen
  const answers = witness.port.at(-1)?.value === 'open' && (witness.port.at(-1)?.last ?? 0) > after;
  const refusedMeanwhile = witness.port.some(
    ({ value, last }) => value === 'refused' && last >= fact.at - 15_000,
  );
  return listens || (answers && !gone && !refusedMeanwhile);
}

/** Its collector was not heard at that time, or had not read on: the log can't but end. */
export function isUnread(context: Context, agent: string, at: number): boolean {
  const host = context.hosts.hostOf(agent);
  if (!host) return false;
  const silent = (from: number, to: number) =>
    from <= at && to > at && Math.max(at - from, to - at) > 2 * host.periodMs;
  return (
    silent(host.lastAt, context.now) ||
    host.gaps.some(gap => silent(gap.from, gap.to)) ||
    context.hosts.agents[agent]?.unread === true
  );
}

/** The same process wrote lines after its connection broke. */
export function livedOn(context: Context, { agent, fact }: Loss): boolean {
  return ownLineWithin(context, agent.id, fact.at + 1000, Number.POSITIVE_INFINITY) !== undefined;
}

/** How long before the complaint the controller last had a sign of life, where it prints them. */
export function silenceBefore({ agent, fact }: Loss): number | undefined {
  if (!agent.alive || agent.alive.count < 3) return undefined;
  return Math.max(0, fact.at - agent.alive.last.at);
}

/** The agent's own log shows that it lived on when its connection broke, and that it noticed. */
export function noticedItself(context: Context, { agent, fact }: Loss): boolean {
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
export function causeByExit(context: Context, loss: Loss): Cause | undefined {
  const { run } = context;
  if (!run.aborting || !run.gaveUp || run.gaveUp.at < run.aborting.at) return undefined;
  const wait = (context.behaviour.abortSeconds ?? 2) * 1000;
  if (run.gaveUp.at - run.aborting.at >= wait * 0.3) return 'unresponsive';
  return loss.fact.at <= run.gaveUp.at ? 'crashed' : undefined;
}
