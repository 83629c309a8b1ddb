import type { Cause, Evidence } from '../../model/incident.js';
import { brief, byNumber, clock, list, plural, span, within } from '../../wording/words.js';
import { type AgentFacts, evidenceOf, type Fact, observation } from '../facts.js';
import { agentsOf, type Context, causes, symptoms } from './context.js';

/** One agent that was lost, as far as it has been worked out. */
export interface Loss {
  agent: AgentFacts;
  /** The complaint, or the moment the agent should have reacted. */
  fact: Fact;
  cause: Cause;
  /** When the agent was last known to be well. */
  lastWell?: number;
  knowableAt: number;
  /** Its host answered the order to stop, but nobody listened any more. */
  refused?: Fact | undefined;
  /** Nobody complained of it: it was found missing. */
  unheard?: boolean;
}

/** The complaint, what the agent itself last wrote, and what witnesses saw. */
export function evidenceFor(context: Context, { agent, fact, unheard, refused }: Loss): Evidence[] {
  const state = context.agents[agent.id];
  const own: Evidence[] = [];
  const before = [agent.started, agent.joined, agent.ready].filter(
    line => line && line.at <= fact.at,
  ) as Fact[];
  const last = before.sort((a, b) => b.at - a.at)[0];
  if (last) own.push(evidenceOf(last, 'symptom'));
  if (state) {
    const heard = state.heardAt.filter(at => at < fact.at - 500).at(-1);
    if (heard !== undefined)
      own.push(observation(heard, `${agent.id}: last line of its own log before the loss`));
  } else own.push(observation(fact.at, `${agent.id}: no log of it is followed`));
  const lines = unheard
    ? [observation(fact.at, `${agent.id}: does not react when the run is stopped`)]
    : causes(fact);
  return [
    ...lines,
    ...symptoms(
      agent.failed === fact ? undefined : agent.failed,
      agent.unreachable === fact ? undefined : (agent.unreachable ?? refused),
    ),
    ...own,
    ...context.hosts.evidenceFor(agent.id, fact.at),
  ];
}

/** One sentence: who, how, when, how long, and what was only a consequence. */
export function explain(context: Context, losses: Loss[], startedAt: number, all: Loss[]): string {
  const { run } = context;
  const heard = losses.filter(loss => !loss.unheard);
  const first = heard[0];
  if (!first) return sentence(explainUnheard(losses));
  const names = namesOf(heard);
  const many = heard.length > 1;
  const when = clock(first.fact.at);
  const others = agentsOf(run).length - all.length;
  const because = first.fact.reason ? ` (“${brief(first.fact.reason)}”)` : '';
  const also = losses.length > heard.length ? `; ${explainUnheard(losses.filter(loss => loss.unheard))}` : '';
  const after =
    run.aborting && run.aborting.at >= first.fact.at - 1000 && others > 0
      ? `; the controller gave up and stopped the other ${plural(others, 'agent')}, whose errors are only a consequence`
      : '';
  const spread = (heard.at(-1)?.fact.at ?? 0) - first.fact.at;
  const told: Partial<Record<Cause, string>> = {
    crashed: `${names} died at ${when} during the run: the connection broke at once${because}, ${
      heard.some(loss => loss.agent.unreachable ?? loss.refused)
        ? `${many ? 'their hosts answer' : 'its host answers'} but nobody listens on the port any more`
        : 'without any silence before'
    }, and ${many ? 'their own logs just end' : 'its own log just ends'}`,
    reset: `${names} lost the connection with the controller at ${when}${because}, but the process lived on and noticed the break too, so the connection was reset and nobody died`,
    frozen: `${names} stood still (process stopped or blocked) from about ${clock(startedAt)}; the controller lost the connection at ${when}`,
    'host-unreachable': `the host of ${names} is down or cut off since about ${clock(startedAt)}: neither its collector nor its port answers, and the controller lost the connection at ${when}${because}`,
    partition: `all ${losses.length} agents were cut off together, from about ${clock(startedAt)}: at ${when} the controller lost the connection to ${names} ${within(spread)}, after its keepalive went unanswered; one link or switch on the controller's side, not ${plural(losses.length, 'failure')}`,
  };
  const otherwise = `${names} stopped answering about ${clock(startedAt)}: the controller noticed at ${when}${because} when its keepalive had gone unanswered (${span(first.fact.at - startedAt)} of silence), and the host did not answer the order to stop either (frozen host, cut link or dropped packets)`;
  return sentence(`${told[first.cause] ?? otherwise}${also}${after}`);
}

function explainUnheard(losses: Loss[]): string {
  const many = losses.length > 1;
  const [it, was, its] = many ? ['they', 'were', 'their logs show'] : ['it', 'was', 'its log shows'];
  return `${namesOf(losses)} did not react when the run was stopped at ${clock(losses[0]?.fact.at ?? 0)}: ${it} ${was} at work, the others were told to stop, and ${its} nothing (frozen host, cut link, dropped packets or a process that died)`;
}

function namesOf(losses: Loss[]): string {
  return list(losses.map(loss => loss.agent.id).sort(byNumber));
}

function sentence(text: string): string {
  return `${/^(all|the) /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text}.`;
}
