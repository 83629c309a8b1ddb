import { plural } from '../../wording/amount.js';
import { clock } from '../../wording/time.js';
import { list } from '../../wording/words.js';
import { type Fact, observation, type Verdict } from '../facts.js';
import { absentAt, agentsOf, type Context, cascade, causes, symptoms } from './context.js';

const SETTLE = 1000;
/** An order to stop that reaches the agents so close together is one order. */
const ONE_ORDER = 5000;
/** A controller that has said nothing for so long after the order to stop says no more. */
const NO_LAST_WORD = 10_000;
/** No log comes later than that. */
const LATEST = 60_000;

/** A run that somebody ended: no fault of any host, and no secret either. */
export function judgeInterrupted(context: Context): Verdict[] {
  const { run } = context;
  const fact = run.interrupted;
  if (fact) return [verdict(context, fact, orderWords(fact), fact.seen + SETTLE)];
  return toldToStop(context);
}

function orderWords(fact: Fact): string {
  const signal = /SIG[A-Z]+/.exec(fact.reason ?? fact.text)?.[0];
  const by =
    signal === 'SIGINT'
      ? 'SIGINT (Ctrl-C)'
      : signal === 'SIGHUP'
        ? 'SIGHUP (its terminal or ssh session ended)'
        : signal;
  return `The run was interrupted${by ? ` by ${by}` : ''} at ${clock(fact.at)}: somebody ended it, no host failed`;
}

/**
 * The agents were all told to stop, nobody had failed, and the controller's own log just ends: Ctrl-C in a terminal ends `tee` before
 * the controller can say so.
 */
function toldToStop(context: Context): Verdict[] {
  const { run } = context;
  if (run.completed ?? run.failed ?? run.gaveUp ?? run.aborting ?? run.panicked ?? run.startupTimeout)
    return [];
  if (run.implicit || run.supersededAt !== undefined) return [];
  // another controller's order
  if (context.earlier.some(({ kind, endedRun }) => kind === 'agent-stopped' && endedRun !== undefined))
    return [];
  const takesPart = agentsOf(run).filter(agent => agent.joined ?? agent.started ?? agent.answered);
  const told = takesPart.flatMap(agent => (agent.aborted ? [agent.aborted] : []));
  told.sort((a, b) => a.at - b.at);
  const [first] = told;
  const last = told.at(-1);
  if (!first || !last || told.length < takesPart.length || last.at - first.at > ONE_ORDER) return [];
  if (takesPart.some(agent => agent.failed ?? agent.streamError ?? agent.workloadFailed)) return [];
  if (run.controllerHeard > first.at + NO_LAST_WORD) return [];
  // its lines may come late, as its first did
  const late = Math.min(LATEST, Math.max(0, run.started.seen - run.started.at));
  const knowableAt = absentAt(context, [run.run.controller], last.seen, NO_LAST_WORD + late);
  context.wake(knowableAt);
  if (!Number.isFinite(knowableAt)) return [];
  return [
    verdict(
      context,
      first,
      `The run was interrupted at ${clock(first.at)}: the controller told ${told.length > 1 ? `all ${plural(told.length, 'agent')}` : list(takesPart.map(agent => agent.id))} to stop although nobody had failed, and its own log ends without a word, as when Ctrl-C or the end of its session takes its tee along`,
      knowableAt,
    ),
  ];
}

function verdict(context: Context, fact: Fact, words: string, knowableAt: number): Verdict {
  const { run } = context;
  return {
    key: `controller-lost:${run.run.id}`,
    kind: 'controller-lost',
    subjects: ['controller'],
    cause: 'interrupted',
    // asked for: nobody is woken for it
    severity: 'info',
    run: run.run.id,
    startedAt: fact.at,
    endedRun: fact.at,
    knowableAt,
    resolvedAt: fact.at,
    resolvedSeen: knowableAt,
    explanation: `${words}.`,
    evidence: [
      ...causes(fact),
      ...symptoms(run.gaveUp, run.failed),
      observation(run.controllerHeard, 'controller: last line of its log'),
    ],
    consequences: cascade(context, [], fact.at),
  };
}
