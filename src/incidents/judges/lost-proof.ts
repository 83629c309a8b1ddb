import type { Fact } from '../facts.js';
import { absentAt, type Context, endOf, lagOf } from './context.js';

/** Opening waits so long for the lines that tell crash from silence: the abort calls and the controller's exit. */
const FIRST_SETTLE = 3000;
/** What befell a process or a port further apart from the complaint is another matter. */
const SAME_MATTER = 30_000;

/**
 * When a complaint can be told as a loss. For a while the accused agent's own log may clear it, unless nothing of it can any more:
 * its process is gone and its log has been read to its end, or nobody listens on its port while the run goes on.
 * @param sure nothing of its own log is waited for
 */
export function tellableAt(context: Context, agent: string, fact: Fact, sure: boolean): number {
  const soon = fact.seen + FIRST_SETTLE;
  if (sure) return soon;
  const lag = lagOf(context, agent);
  const cleared = absentAt(context, [agent], fact.seen, context.settings.clearWithin + lag);
  const gone = goneAt(context, agent, fact);
  const refused = refusedAt(context, agent, fact);
  return Math.min(cleared, Math.max(soon, gone), Math.max(soon + lag, refused));
}

/** By its own host's word, which tells nothing while bytes of the log have not come. Infinity: not that it is known. */
function goneAt({ hosts }: Context, agent: string, fact: Fact): number {
  const since = hosts.goneSince(agent);
  return typeof since === 'number' && Math.abs(since - fact.seen) <= SAME_MATTER
    ? since
    : Number.POSITIVE_INFINITY;
}

/** Refused from here, and where its host can tell of its process, that it is no firewall in its place. An agent told to stop may end. */
function refusedAt(context: Context, agent: string, fact: Fact): number {
  const { hosts, run } = context;
  if (Number.isFinite(endOf(run))) return Number.POSITIVE_INFINITY;
  const near = (at: number) => at >= fact.at && at - fact.seen <= SAME_MATTER;
  const port = hosts.agents[agent]?.port.at(-1);
  if (port?.value === 'refused' && near(port.last) && hosts.livesBehind(agent, port) === false)
    return Math.max(port.since, fact.seen);
  const own = context.settings.agents.find(({ id }) => id === agent)?.address;
  if (own === undefined) return Number.POSITIVE_INFINITY;
  context.wantTried(agent, own);
  const tried = context.attempt(agent);
  if (tried?.address !== own || tried.outcome !== 'refused' || !near(tried.at))
    return Number.POSITIVE_INFINITY;
  const seen = { value: tried.outcome, since: tried.at, last: tried.at };
  return hosts.livesBehind(agent, seen) === false ? tried.at : Number.POSITIVE_INFINITY;
}
