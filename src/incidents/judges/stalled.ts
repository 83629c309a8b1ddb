import { defined } from '../../platform/defined.js';
import { plural } from '../../wording/amount.js';
import { durationWords } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';
import { list } from '../../wording/words.js';
import { type AgentFacts, type Fact, observation, type SilentSpell, type Verdict } from '../facts.js';
import { absentAt, agentsOf, type Context, endFact, endOf, isWorking, symptoms } from './context.js';

/** Silences so close together are one trouble that comes and goes. */
const FLAP_WITHIN = 120_000;
/** All agents silent at once for so long, and back in the same instant: their controller stood still. */
const ALL_SILENT = 10_000;
const SAME_INSTANT = 1000;
/** All agents called late at once is the controller's own fault: that is waited for. */
const REPORT_SETTLE = 4000;
/** How long an inquiry may take that the controller makes before it calls an agent gone. */
const INQUIRY = 10_000;

/**
 * Signs of life that stop. Where the controller prints one per agent and second, an agent that misses five while the
 * others go on has stalled, long before the program itself notices. Where it does not, its own reports of late agents
 * are all there is.
 */
export function judgeStalled(context: Context): Verdict[] {
  return [...byAlive(context), ...byReports(context)];
}

interface Watched {
  agent: AgentFacts;
  silences: SilentSpell[];
  open?: (SilentSpell & { knowableAt: number }) | undefined;
}

function byAlive(context: Context): Verdict[] {
  const { run } = context;
  const watched: Watched[] = [];
  const end = endOf(run);
  for (const agent of agentsOf(run)) {
    if (!agent.alive || agent.alive.count < 3) continue;
    watched.push({
      agent,
      silences: agent.alive.silences.filter(
        silence => expectedAt(agent, silence.from, end) && wasWatched(context, agent, silence),
      ),
    });
  }
  const proofs = new Proofs(watched.flatMap(({ agent }) => (agent.alive ? [agent.alive.last] : [])));
  for (const entry of watched) entry.open = openSilence(context, entry.agent, proofs, end);
  const shared = sharedSilences(watched);
  const verdicts: Verdict[] = [];
  const told = context.earlier.some(verdict => verdict.kind === 'controller-stalled');
  const last = shared.at(-1);
  if (!told && last) verdicts.push(controllerStoodStill(context, last, watched.length));
  for (const entry of watched) {
    const own = entry.silences.filter(silence => !shared.some(common => overlaps(common, silence)));
    verdicts.push(...stalls(context, entry.agent, own, entry.open));
  }
  if (!told && !last) verdicts.push(...allSilent(context, watched, end));
  return verdicts;
}

/** It was too long even without the time in which nobody looked. */
function wasWatched(context: Context, agent: AgentFacts, { from, to }: SilentSpell): boolean {
  return to === undefined || context.silentAt(from, context.aliveLimit(agent)) <= to;
}

/** The agent should have shown signs of life then: the run goes on and it has not come to its end. */
function expectedAt(agent: AgentFacts, at: number, runEnd: number): boolean {
  const over = [agent.completed, agent.aborted, agent.stopping, agent.workloadFailed].some(
    end => end && end.at <= at + 2000,
  );
  const resting = agent.phaseEnded !== undefined && !isWorking(agent, at) && agent.phaseEnded.at <= at + 2000;
  return !over && !resting && runEnd > at + 2000;
}

/** An agent silent by now while another is not: the others' words show that the controller would have printed. */
function openSilence(context: Context, agent: AgentFacts, proofs: Proofs, end: number): Watched['open'] {
  const last = agent.alive?.last;
  if (!last || !expectedAt(agent, last.at, end)) return undefined;
  const limit = context.aliveLimit(agent);
  const proof = proofs.since(last.at + limit);
  if (proof === undefined) return undefined;
  // theirs may come with the next piece of the controller's log
  const silent = absentAt(context, [context.run.run.controller], last.seen, limit);
  return { from: last.at, knowableAt: Math.max(proof, silent) };
}

/** The last signs of life of all agents, by time: each silent agent asks which came after its own. */
class Proofs {
  private readonly byTime: { at: number; firstSeen: number }[];

  constructor(lasts: readonly Fact[]) {
    this.byTime = lasts.map(({ at, seen }) => ({ at, firstSeen: seen })).sort((a, b) => a.at - b.at);
    for (let i = this.byTime.length - 2; i >= 0; i--) {
      const [one, next] = [this.byTime[i]!, this.byTime[i + 1]!];
      one.firstSeen = Math.min(one.firstSeen, next.firstSeen);
    }
  }

  /** When the first of those from `at` on reached the server. */
  since(at: number): number | undefined {
    let low = 0;
    let high = this.byTime.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.byTime[middle]!.at < at) low = middle + 1;
      else high = middle;
    }
    return this.byTime[low]?.firstSeen;
  }
}

/** Silences all watched agents share and that ended for all in the same instant. */
function sharedSilences(watched: Watched[]): SilentSpell[] {
  const first = watched[0];
  if (!first || watched.length < 2) return [];
  return first.silences.flatMap(silence => {
    const matching = watched.map(entry =>
      entry.silences.find(
        other => Math.abs((other.to ?? 0) - (silence.to ?? 0)) <= SAME_INSTANT && overlaps(other, silence),
      ),
    );
    const all = matching.every(other => other !== undefined);
    const from = Math.max(...matching.map(other => other?.from ?? 0));
    return all && (silence.to ?? 0) - from >= ALL_SILENT / 2 ? [{ ...silence, from }] : [];
  });
}

function controllerStoodStill(context: Context, silence: SilentSpell, count: number): Verdict {
  const { run } = context;
  const to = silence.to ?? silence.from;
  return {
    key: `controller-stalled:${run.run.id}`,
    kind: 'controller-stalled',
    subjects: ['controller'],
    cause: 'frozen',
    severity: 'warning',
    run: run.run.id,
    startedAt: silence.from,
    knowableAt:
      to - silence.from >= ALL_SILENT ? (silence.seen ?? to) + SAME_INSTANT : Number.POSITIVE_INFINITY,
    resolvedAt: to,
    resolvedSeen: (silence.seen ?? to) + SAME_INSTANT,
    explanation: `The controller stood still for ${durationWords(to - silence.from)} from ${clock(silence.from)}: its reports of all ${count} agents stopped together and came back in the same instant.`,
    evidence: [observation(silence.from, `no report of any agent for ${durationWords(to - silence.from)}`)],
    consequences: [],
  };
}

/** Nothing of anybody: the controller, or the network on its side. Its own verdict on lost agents comes first. */
function allSilent(context: Context, watched: Watched[], end: number): Verdict[] {
  const { run, behaviour } = context;
  const lasts = watched.flatMap(({ agent }) =>
    agent.alive && expectedAt(agent, agent.alive.last.at, end) ? [agent.alive.last] : [],
  );
  if (lasts.length === 0 || lasts.length < watched.length || end !== Number.POSITIVE_INFINITY) return [];
  const last = lasts.reduce((a, b) => (b.at > a.at ? b : a));
  const limit = ((behaviour.peerTimeoutSeconds ?? 40) + 5) * 1000;
  const knowableAt = absentAt(context, [run.run.controller], last.seen, limit);
  if (!Number.isFinite(knowableAt)) return [];
  return [
    {
      key: `controller-stalled:${run.run.id}`,
      kind: 'controller-stalled',
      subjects: ['controller'],
      severity: 'warning',
      run: run.run.id,
      startedAt: last.at,
      knowableAt,
      explanation: `The controller has reported no agent since ${clock(last.at)}; were they lost it would have said so after ${behaviour.peerTimeoutSeconds ?? 40} s, so it stands still itself.`,
      evidence: symptoms(last),
      consequences: [],
    },
  ];
}

function stalls(
  context: Context,
  agent: AgentFacts,
  silences: SilentSpell[],
  open: Watched['open'],
): Verdict[] {
  const { run } = context;
  const all: (SilentSpell & { knowableAt: number })[] = silences.map(silence => ({
    ...silence,
    knowableAt: Math.min(silence.seen ?? 0, silence.from + context.aliveLimit(agent)),
  }));
  if (open) all.push(open);
  const verdicts: Verdict[] = [];
  for (const group of held(all)) {
    const first = group[0] as (typeof all)[number];
    const last = group.at(-1) as (typeof all)[number];
    const lengths = group.map(silence =>
      silence.to === undefined ? `since ${clock(silence.from)}` : durationWords(silence.to - silence.from),
    );
    // a silence seen only in hindsight could be told when it was over
    const knowableAt = first.to === undefined ? first.knowableAt : Math.max(first.knowableAt, first.from);
    verdicts.push({
      key:
        verdicts.length === 0
          ? `stalled:${run.run.id}:${agent.id}`
          : `stalled:${run.run.id}:${agent.id}:${Math.round(first.from)}`,
      kind: 'agent-stalled',
      subjects: [agent.id],
      cause: context.hosts.causeFor(agent.id, first.from, context.now) ?? 'unresponsive',
      severity: 'warning',
      run: run.run.id,
      startedAt: first.from,
      knowableAt,
      ...(last.to === undefined ? {} : { resolvedAt: last.to, resolvedSeen: last.seen ?? last.to }),
      explanation:
        group.length === 1 && last.to !== undefined
          ? `${agent.id} gave no sign of life for ${durationWords(last.to - last.from)} from ${clock(last.from)} while the other agents went on; then it was back by itself.`
          : group.length === 1
            ? `${agent.id} has given no sign of life since ${clock(last.from)} while the other agents go on.`
            : `${agent.id} comes and goes since ${clock(first.from)}: ${plural(group.length, 'silence')} (${list(lengths)}) while the other agents went on.`,
      evidence: [
        observation(
          first.from,
          `${agent.id}: the last sign of life its controller printed before the silence`,
        ),
        ...group.flatMap(silence =>
          silence.to === undefined
            ? []
            : [
                observation(
                  silence.to,
                  `${agent.id}: back after ${durationWords(silence.to - silence.from)}`,
                  'recovery',
                ),
              ],
        ),
        ...context.hosts.evidenceFor(agent.id, first.from),
      ],
      consequences: [],
    });
  }
  return verdicts;
}

function held<T extends SilentSpell>(silences: T[]): T[][] {
  const groups: T[][] = [];
  for (const silence of [...silences].sort((a, b) => a.from - b.from)) {
    const group = groups.at(-1);
    if (group && silence.from - (group.at(-1)?.to ?? Number.POSITIVE_INFINITY) <= FLAP_WITHIN)
      group.push(silence);
    else groups.push([silence]);
  }
  return groups;
}

function overlaps(a: SilentSpell, b: SilentSpell): boolean {
  return a.from <= (b.to ?? Number.POSITIVE_INFINITY) && b.from <= (a.to ?? Number.POSITIVE_INFINITY);
}

/** Agents the controller itself reports as late or stalled. */
function byReports(context: Context): Verdict[] {
  const { run } = context;
  const still = context.earlier.find(
    verdict => verdict.kind === 'controller-stalled' && verdict.cause === 'frozen',
  );
  return agentsOf(run).flatMap(agent => {
    // what a controller says that stood still itself proves nothing
    const spells = (agent.late ?? []).filter(
      spell => !still?.evidence.some(line => line.record === spell.first.record),
    );
    const stalled = agent.stalled && !still ? agent.stalled : undefined;
    const report = spells[0]?.first ?? stalled;
    if (!report || agent.alive) return [];
    const lastReport = spells.at(-1)?.last ?? report;
    const back = [agent.recovered, agent.completed].find(sign => sign && sign.at >= lastReport.at);
    // an inquiry that is answered is no fault
    const inquiry = report.seconds === undefined;
    if (inquiry && back && back.at - lastReport.at <= INQUIRY) {
      context.skip('agent-stalled', agent.id, report.at, 'it answered when it was asked');
      return [];
    }
    const startedAt = report.at - (report.seconds ?? 0) * 1000;
    const end = endFact(run);
    const over = back ?? (Number.isFinite(end.at) ? end : undefined);
    return [
      {
        key: `stalled:${run.run.id}:${agent.id}`,
        kind: 'agent-stalled' as const,
        subjects: [agent.id],
        cause: context.hosts.causeFor(agent.id, report.at, context.now) ?? ('unresponsive' as const),
        severity: 'warning' as const,
        run: run.run.id,
        startedAt,
        knowableAt: report.seen + (inquiry ? INQUIRY : REPORT_SETTLE),
        ...defined({ resolvedAt: over?.at, resolvedSeen: over?.seen }),
        explanation: `${agent.id} sent its controller nothing from about ${clock(startedAt)}${back ? ` until ${clock(back.at)}` : ''}${lastReport.seconds ? ` (${durationWords(lastReport.seconds * 1000)} by the last report)` : ''}.`,
        evidence: symptoms(report, lastReport === report ? undefined : lastReport, stalled, agent.recovered),
        consequences: [],
      },
    ];
  });
}
