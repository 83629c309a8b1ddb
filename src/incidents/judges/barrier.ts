import { plural } from '../../wording/amount.js';
import { durationWords } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';
import { list } from '../../wording/words.js';
import { type AgentFacts, type Fact, observation, type Verdict } from '../facts.js';
import { absentAt, agentsOf, type Context, canSpeak, causes, endOf, isWorking, symptoms } from './context.js';

/** Agents that begin a phase so close together do the same one, ms. */
const SAME_PHASE = 30_000;
/** Patience with the slowest: at least so long after the middle one of its siblings, and so many times what they took. */
const LEAST_PATIENCE = 30_000;
const TIMES_SIBLINGS = 5;

/**
 * At a barrier all wait for the slowest. Where no duration was announced, what its siblings took tells when it is late: then it is
 * named, as the one all wait for.
 */
export function judgeBarrier(context: Context): Verdict[] {
  const { run } = context;
  if (endOf(run) < Number.POSITIVE_INFINITY) return [];
  const there = agentsOf(run).flatMap(agent => {
    const { started, phaseEnded } = agent;
    const waits = phaseEnded && !agent.completed && !agent.aborted && !isWorking(agent, context.now);
    return waits && started && started.at <= phaseEnded.at ? [{ agent, started, phaseEnded }] : [];
  });
  if (there.length < 2) return [];
  const slow = agentsOf(run).filter(
    agent =>
      isWorking(agent, context.now) &&
      canSpeak(context, agent.id) &&
      agent.started?.seconds === undefined &&
      !agent.streamEnded &&
      !agent.controllerLost &&
      there.some(({ started }) => Math.abs(started.at - (agent.started?.at ?? 0)) <= SAME_PHASE),
  );
  if (slow.length === 0 || slow.length >= there.length) return [];
  const told = new Set(context.earlier.flatMap(verdict => verdict.subjects));
  const late = slow.filter(agent => !told.has(agent.id));
  there.sort((a, b) => a.phaseEnded.at - b.phaseEnded.at);
  const middle = there[Math.floor((there.length - 1) / 2)]?.phaseEnded;
  if (!middle || late.length === 0) return [];
  const took = Math.max(...there.map(({ started, phaseEnded }) => phaseEnded.at - started.at));
  const ids = late.map(({ id }) => id);
  const knowableAt = absentAt(context, ids, middle.seen, Math.max(LEAST_PATIENCE, TIMES_SIBLINGS * took));
  context.wake(knowableAt);
  return Number.isFinite(knowableAt)
    ? [
        toVerdict(context, late, {
          middle,
          took,
          knowableAt,
          waiting: there.map(({ agent }) => agent.id),
        }),
      ]
    : [];
}

function toVerdict(
  context: Context,
  late: AgentFacts[],
  known: { middle: Fact; took: number; knowableAt: number; waiting: string[] },
): Verdict {
  const { run } = context;
  const { middle, took, knowableAt, waiting } = known;
  const many = late.length > 1;
  const state = (id: string) => context.hosts.agents[id]?.process.at(-1)?.value;
  const blocked = late.filter(({ id }) => state(id) === 'D' || state(id) === 'T');
  return {
    key: `barrier:${run.run.id}:${late[0]?.id}:${Math.round(late[0]?.started?.at ?? 0)}`,
    kind: 'agent-stalled',
    subjects: late.map(agent => agent.id),
    ...(blocked.length > 0 ? { cause: 'frozen' as const } : {}),
    severity: 'warning',
    run: run.run.id,
    startedAt: middle.at,
    knowableAt,
    explanation: `All wait for ${list(late.map(agent => agent.id))}: ${list(waiting)} reached the barrier by ${clock(middle.at)} within ${durationWords(took)} of beginning, and ${many ? 'they have' : 'it has'} not, ${durationWords(knowableAt - middle.at)} later.`,
    evidence: [
      ...causes(...late.map(agent => agent.started)),
      ...symptoms(middle),
      ...late.flatMap(agent => context.hosts.evidenceFor(agent.id, knowableAt)),
      observation(knowableAt, `${plural(waiting.length, 'agent')} at the barrier, ${late.length} not`),
    ].slice(0, 20),
    consequences: [],
  };
}
