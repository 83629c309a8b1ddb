import { defined } from '../platform/defined.js';
import type { Attempts } from './attempts.js';
import type { Blindness } from './blindness.js';
import type { RunFacts, Verdict } from './facts.js';
import type { Gaps } from './gaps.js';
import type { HostWatch } from './hosts.js';
import { type Context, endOf } from './judges/context.js';
import { judgePorts } from './judges/gaps-and-ports.js';
import { judgeHosts, nextSilence } from './judges/hosts.js';
import { judgeRun } from './judges/run.js';
import type { Ledger } from './ledger.js';
import type { Names } from './names.js';
import type { NetworkWatch } from './network.js';
import { endForgotten } from './run-ends.js';
import type { EngineSettings } from './settings.js';
import type { Skips } from './skips.js';
import type { Tracker } from './tracker.js';

/** A run is judged so long after its end: late lines, agents that come back. */
const JUDGED_FOR = 3_600_000;

/** What is known, for the judges to look at. */
export interface Known {
  settings: EngineSettings;
  names: Names;
  skips: Skips;
  ledger: Ledger;
  hosts: HostWatch;
  tracker: Tracker;
  blind: Blindness;
  network: NetworkWatch;
  gaps: Gaps;
  attempts: Attempts;
}

export interface Judgement {
  verdicts: Verdict[];
  /** The runs that were judged. */
  runs: RunFacts[];
  /** When more may hold, though nothing new comes in. */
  next: number;
}

/** Everything that holds at a moment, by all judges. */
export function judgeMoment(known: Known, at: number): Judgement {
  const { settings, hosts, ledger, network, blind, skips } = known;
  let wakeAt = endForgotten(ledger.runs, ledger.agents, at, agent => hosts.goneSince(agent));
  const wake = (when: number) => {
    if (when > at) wakeAt = Math.min(wakeAt, when);
  };
  const open = known.tracker.openRuns();
  const runs = ledger.runs.filter(run => isJudged(run, at, open));
  const verdicts = runs.flatMap(run => judgeRun(contextOf(known, run, at, wake)));
  const shared = {
    now: at,
    settings,
    hosts,
    agents: ledger.agents,
    runs: ledger.runs,
    endOf: remembering(endOf),
    silentAt: (since: number, limit: number) => blind.after(since, limit),
    skip: (rule: string, agent: string | undefined, when: number, reason: string) =>
      skips.note({ at: when, rule, reason, ...defined({ agent }) }),
  };
  verdicts.push(...judgeHosts({ ...shared, earlier: [...verdicts] }));
  const missing = new Set(
    verdicts.flatMap(({ kind, knowableAt, subjects }) =>
      kind === 'agent-not-ready' && knowableAt <= at ? subjects : [],
    ),
  );
  // whose run failed of it is told of once
  verdicts.push(...judgePorts(shared).filter(({ subjects }) => !subjects.every(one => missing.has(one))));
  verdicts.push(...known.gaps.verdicts());
  verdicts.push(...network.judge(at, verdicts));
  return { verdicts, runs, next: Math.min(wakeAt, nextSilence(shared), network.due(at)) };
}

function contextOf(known: Known, run: RunFacts, at: number, wake: (when: number) => void): Context {
  const { ledger, attempts, tracker, blind, skips, settings, names, hosts } = known;
  return {
    now: at,
    settings,
    run,
    behaviour: ledger.behaviour(run),
    agents: ledger.agents,
    names,
    hosts,
    runs: ledger.runs,
    earlier: [],
    skip: (rule, agent, when, reason) =>
      skips.note({ at: when, rule, reason, run: run.run.id, ...defined({ agent }) }),
    silentAt: (since, limit) => blind.after(since, limit),
    absence: blind.latest(),
    wake,
    told: agent => tracker.toldOf(run.run.id, agent),
    attempt: agent => attempts.of(agent),
    wantTried: (agent, address) => attempts.want(agent, address, at),
    aliveLimit: agent => ledger.aliveLimit(run, agent),
  };
}

/** A run is judged while it goes on, an hour longer, and as long as something is open whose agents may come back. */
function isJudged(run: RunFacts, at: number, open: ReadonlySet<string>): boolean {
  const ended = Math.min(endOf(run), run.controllerHeard + JUDGED_FOR);
  return at - ended <= JUDGED_FOR || open.has(run.run.id);
}

/** A function of a run that is asked for many agents of it. */
function remembering(work: (run: RunFacts) => number): (run: RunFacts) => number {
  const known = new Map<RunFacts, number>();
  return run => {
    let value = known.get(run);
    if (value === undefined) {
      value = work(run);
      known.set(run, value);
    }
    return value;
  };
}
