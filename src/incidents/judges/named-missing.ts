import type { Cause } from '../../model/incident.js';
import { defined } from '../../platform/defined.js';
import { naturalOrder } from '../../platform/natural-order.js';
import { durationWords } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';
import { brief, list } from '../../wording/words.js';
import type { AgentFacts, Fact, Verdict } from '../facts.js';
import { type AddressFinding, addressOf } from './addresses.js';
import { type Busy, busyVerdicts, busyWith } from './busy.js';
import { type Context, cascade, causes } from './context.js';
import { expected, laterAnswer, startCause, whatItSays } from './missing.js';
import { causeOf as reasonOf } from './reasons.js';

/** A controller that gives up so fast was refused; a dead host takes the time of its neighbour discovery. */
const REFUSED_WITHIN = 2000;
const SETTLE = 500;
/** The service tries the address itself where it knows the agent: that says more than the complaint. */
const TRIED_WITHIN = 3000;

/** The controller names the agent it could not reach or that refused. */
export function namedMissing(context: Context, named: AgentFacts[]): Verdict[] {
  const { run } = context;
  const busy: Busy[] = [];
  const others = named.flatMap(agent => {
    const fact = agent.connectFailed ?? agent.rejected;
    if (!fact || (run.workloadStarted && run.workloadStarted.at < fact.at)) return [];
    const other = busyWith(context, agent.id, fact.at);
    if (other) {
      busy.push({ id: agent.id, fact, other });
      return [];
    }
    const unheard = agent.connectFailed !== undefined && !isAnswer(fact);
    return [unheard ? unreached(context, agent, fact, named.length) : refusing(context, agent, fact)];
  });
  return [...busyVerdicts(context, busy), ...others];
}

/** An error that only somebody who was reached can give: it did not like what it was told. */
function isAnswer({ reason = '' }: Fact): boolean {
  return (
    /\b(invalid|unsupported|unknown|missing|mismatch)\b.{0,40}\b(config|configuration|yaml|version|argument|field)\b/i.test(
      reason,
    ) && !/transport error|connection|timed? ?out|dns error/i.test(reason)
  );
}

function unreached(context: Context, agent: AgentFacts, fact: Fact, named: number): Verdict {
  const { run } = context;
  const all = named === 1 ? nobodyThere(context, agent.id) : [agent.id];
  const back = laterAnswer(context, agent.id, fact.at);
  const own = whatItSays(context, agent.id);
  const delay = fact.at - run.started.at;
  const witnessed = startCause(context, agent.id, 1);
  const address = addressOf(context, agent.id, fact);
  const cause: Cause | undefined =
    address?.cause ??
    (witnessed !== 'unknown'
      ? witnessed
      : (reasonOf([fact.reason ?? '']) ?? byDelay(context, delay, address)));
  const many = all.length > 1;
  return {
    ...base(context, all, fact),
    key: `not-ready:${run.run.id}:${agent.id}`,
    ...defined({ cause }),
    knowableAt: fact.seen + (address?.waiting ? TRIED_WITHIN : SETTLE),
    ...defined({ resolvedAt: back?.at, resolvedSeen: back?.seen }),
    explanation: `The controller could not reach ${agent.id} at ${clock(fact.at)}${delay >= 1000 ? `, ${durationWords(delay)} into the start` : ''} (“${brief(fact.reason)}”), and gave the run up; ${
      many
        ? `there is no sign of ${list(all)} at all, so none of them was started`
        : (address?.words ?? own.words(agent.id, false))
    }.`,
    evidence: [...causes(fact), ...(address?.evidence ?? []), ...own.evidence],
  };
}

/** It answers, and says no. */
function refusing(context: Context, agent: AgentFacts, fact: Fact): Verdict {
  const { run } = context;
  const back = laterAnswer(context, agent.id, fact.at);
  return {
    ...base(context, [agent.id], fact),
    key: `not-ready:${run.run.id}:${agent.id}`,
    knowableAt: fact.seen + SETTLE,
    ...defined({ resolvedAt: back?.at, resolvedSeen: back?.seen }),
    explanation: `${agent.id} refused to take part in the run at ${clock(fact.at)}: “${brief(fact.reason ?? fact.text)}”.`,
    evidence: [...causes(fact), ...whatItSays(context, agent.id).evidence],
  };
}

function base(
  context: Context,
  subjects: string[],
  fact: Fact,
): Omit<Verdict, 'key' | 'knowableAt' | 'explanation' | 'evidence'> {
  const { run } = context;
  return {
    kind: 'agent-not-ready',
    subjects,
    severity: 'critical',
    run: run.run.id,
    startedAt: run.started.at,
    endedRun: fact.at,
    consequences: cascade(context, subjects, fact.at),
    takesOver: subjects.flatMap(id => {
      const taken = context.agents[id]?.portTaken;
      return taken ? [`port:${id}:${Math.round(taken.at)}`] : [];
    }),
  };
}

/** A controller names only the first it can't reach: where no expected agent has given any sign, all are meant. */
function nobodyThere(context: Context, named: string): string[] {
  const all = expected(context);
  const anySign = all.some(id => {
    const facts = context.run.agents[id];
    return (
      context.agents[id] !== undefined ||
      context.hosts.agents[id]?.portWasOpen === true ||
      facts?.answered !== undefined ||
      facts?.joined !== undefined
    );
  });
  // the others may have logs that nobody reads: so it takes those that could be seen
  const watched = all.some(id => context.hosts.agents[id] !== undefined);
  return !anySign && watched && all.includes(named) ? [...all].sort(naturalOrder) : [named];
}

function byDelay(context: Context, delay: number, address: AddressFinding | undefined): Cause | undefined {
  if (delay <= REFUSED_WITHIN) return address?.answers ? undefined : 'refused';
  const keepalive = (context.behaviour.peerTimeoutSeconds ?? 40) * 1000;
  return delay < keepalive * 0.75 ? 'host-unreachable' : 'timeout';
}
