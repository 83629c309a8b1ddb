import type { ProgramEvent } from '../detect/events.js';
import type { Mark } from '../model/finding.js';
import type { Run } from '../model/run.js';
import { type ByName, byName } from '../platform/by-name.js';
import { insertedInOrder, naturalOrder } from '../platform/natural-order.js';
import { applyControllersWord, applyOwnWord, noteWay } from './agent-words.js';
import { noteBirth, SAME_START, takeBackBirth } from './births.js';
import {
  type AgentFacts,
  type AgentState,
  earlier,
  type Fact,
  later,
  type RunFacts,
  toFact,
} from './facts.js';
import { ulidAt } from './ids.js';
import type { Names } from './names.js';
import { refusedRun } from './refusals.js';
import { endRun, goesOn, supersede } from './run-ends.js';
import { ADOPT_WITHIN, implicitRunOf, runOf } from './run-of.js';
import { applyRunWord, describe, isBare } from './run-words.js';
import type { Behaviour, EngineSettings } from './settings.js';
import type { Skips } from './skips.js';

/** So long nothing of an agent's logs came: they had been read to their ends. */
const PAUSE = 5000;
const RUNS_KEPT = 50;

export interface LedgerState {
  runs: RunFacts[];
  agents: ByName<AgentState>;
}

/** Signs of life of one agent are kept so far apart. */
export const HEARD_GRAIN_MS = 250;

/**
 * Turns marks into facts: which run they belong to, whom they are about. Knows program events only, no program.
 */
export class Ledger {
  readonly runs: RunFacts[];
  readonly agents: ByName<AgentState>;

  /** @param earliestOf when a line without a time can have happened at the earliest (undated.ts) */
  constructor(
    private readonly settings: EngineSettings,
    private readonly names: Names,
    private readonly skips: Skips,
    private readonly earliestOf: (mark: Mark, at: number) => number | undefined,
    saved?: LedgerState,
  ) {
    this.runs = (saved?.runs ?? []).map(run => ({ ...run, agents: byName(run.agents) }));
    this.agents = byName(saved?.agents);
  }

  save(): LedgerState {
    return { runs: this.runs, agents: this.agents };
  }

  agent(id: string, seen: number): AgentState {
    let state = this.agents[id];
    if (!state) {
      state = { id, firstSeen: seen, heard: 0, heardAt: [] };
      this.agents[id] = state;
    }
    return state;
  }

  /** Lines of an agent were read, whatever they say. */
  hear(id: string, at: number, seen: number): void {
    const state = this.agent(id, seen);
    if (state.cameAt !== undefined && seen - state.cameAt >= PAUSE) state.pausedAt = state.cameAt;
    state.cameAt = seen;
    state.heard = Math.max(state.heard, at);
    const last = state.heardAt.at(-1);
    if (last === undefined || at >= last + HEARD_GRAIN_MS) {
      state.heardAt.push(at);
      if (state.heardAt.length > 400) state.heardAt.splice(0, 100);
    }
    const run = this.ofController(id);
    if (!run) return;
    run.controllerHeard = Math.max(run.controllerHeard, at);
    goesOn(run, at);
  }

  /** When the latest pause in an agent's lines began: its logs had been read to their ends. */
  pausedAt(id: string): number | undefined {
    return this.agents[id]?.pausedAt;
  }

  behaviour(run: RunFacts): Behaviour {
    return this.settings.behaviours.get(run.pack) ?? {};
  }

  /** The newest run of a controller. */
  ofController(id: string): RunFacts | undefined {
    return this.runs.findLast(facts => facts.run.controller === id);
  }

  private ofAgent(id: string, fact: Fact, joining = false): RunFacts | undefined {
    return runOf(this.runs, id, fact, { joining, oldOutput: this.settings.oldOutput });
  }

  /** @returns the names, when the mark tells that an agent is known by another one */
  apply(mark: Mark, at: number): { from: string; to: string } | undefined {
    const state = this.agent(mark.agent, mark.ingestedAt);
    noteWay(state, mark);
    if (this.isOldOutput(mark, at)) {
      this.skips.note({
        at,
        rule: mark.event ?? 'network-fault',
        agent: mark.agent,
        reason: 'old output: the line was in the file long before the agent was first seen',
      });
      return undefined;
    }
    if (!mark.event) return undefined;
    const fact = toFact(mark, at, this.earliestOf(mark, at));
    state.host ??= mark.host;
    const event = mark.event as ProgramEvent;
    if (event === 'agent.named' && !this.ofController(mark.agent))
      return this.adopt(mark.fields?.agent, mark.agent);
    if (event === 'run.started') this.startRun(mark, fact);
    else if (event.startsWith('run.') || event === 'controller.aborting' || event === 'controller.gave-up') {
      this.applyToRun(event, mark, fact);
    } else if (this.isController(mark, event)) this.controllersWord(event, mark, fact);
    else this.own(event, mark, fact, state);
    return undefined;
  }

  /** The line was in the file long before its agent was first heard of: an earlier test's, read for the first time. */
  isOldOutput(mark: Mark, at: number): boolean {
    return at < this.agent(mark.agent, mark.ingestedAt).firstSeen - this.settings.oldOutput;
  }

  /** Whether a line is a controller's word of an agent or of its own process, rather than an agent's own. */
  private isController({ agent, fields = {} }: Mark, event: ProgramEvent): boolean {
    const run = this.ofController(agent);
    if (!run) return false;
    if (event === 'agent.detail') return run.lastNamed !== undefined;
    if (!event.startsWith('agent.')) return event.startsWith('process.');
    return (fields.agent ?? fields.agents ?? fields.address) !== undefined;
  }

  private startRun(mark: Mark, fact: Fact): void {
    const previous = this.ofController(mark.agent);
    if (previous && previous.started.record === fact.record) return;
    const pack = packOf(mark);
    if (
      previous &&
      previous.pack !== pack &&
      isBare(previous) &&
      fact.at - previous.started.at <= ADOPT_WITHIN
    ) {
      // what started the program told of the run first (`deadair run`), now the program itself does
      previous.pack = pack;
      describe(previous, mark);
      return;
    }
    if (previous) supersede(previous, fact.at, this.agents);
    const implicit = implicitRunOf(this.runs, fact, this.settings.oldOutput);
    if (implicit) {
      implicit.implicit = false;
      implicit.run.controller = mark.agent;
      implicit.run.startedAt = Math.min(implicit.run.startedAt, fact.at);
      implicit.started = fact.at <= implicit.started.at ? fact : { ...fact, at: implicit.started.at };
      implicit.controllerHeard = fact.at;
      describe(implicit, mark);
      return;
    }
    const facts = this.addRun(mark, fact, false);
    describe(facts, mark);
  }

  private addRun(mark: Mark, fact: Fact, implicit: boolean): RunFacts {
    const run: Run = {
      id: ulidAt(fact.at, `run ${fact.record}`),
      name: mark.fields?.config ?? 'run',
      startedAt: fact.at,
      startedBy: 'pack',
      agents: [],
      pinned: false,
      ...(implicit ? {} : { controller: mark.agent }),
    };
    const facts: RunFacts = {
      run,
      pack: packOf(mark),
      started: fact,
      implicit,
      unreachable: [],
      controllerHeard: fact.at,
      agents: byName(),
    };
    this.runs.push(facts);
    this.runs.sort((a, b) => a.started.at - b.started.at);
    if (this.runs.length > RUNS_KEPT) this.runs.shift();
    return facts;
  }

  private applyToRun(event: ProgramEvent, mark: Mark, fact: Fact): void {
    const facts =
      this.ofController(mark.agent) ??
      this.runs.findLast(run => run.implicit && run.run.endedAt === undefined);
    if (!facts) return;
    const outcome = applyRunWord(event, facts, mark, fact);
    const named = event === 'controller.gave-up' ? mark.fields?.agent : undefined;
    // before the start its last words may be the only ones that name the agent
    if (named && !facts.workloadStarted && !facts.allReady) {
      const agent = this.factsOf(facts, this.names.agent(named));
      agent.connectFailed = earlier(agent.connectFailed, fact);
    }
    if (outcome) endRun(facts, outcome, fact.at);
  }

  factsOf(facts: RunFacts, id: string): AgentFacts {
    let agent = facts.agents[id];
    if (!agent) {
      agent = { id };
      facts.agents[id] = agent;
      facts.run.agents = insertedInOrder(facts.run.agents, id);
    }
    return agent;
  }

  /** What a controller says: of an agent, or of its own process. */
  private controllersWord(event: ProgramEvent, mark: Mark, fact: Fact): void {
    const run = this.ofController(mark.agent);
    if (!run) return;
    if (event === 'process.panicked') {
      run.panicked = earlier(run.panicked, fact);
      return;
    }
    if (event === 'process.failed') {
      run.gaveUp = earlier(run.gaveUp, fact);
      endRun(run, 'failed', fact.at);
      return;
    }
    if (event.startsWith('process.')) return;
    const fields = mark.fields ?? {};
    if (event === 'agent.address') {
      if (fields.agent && fields.address) this.names.learnAddress(fields.address, fields.agent);
      return;
    }
    if (fields.agent && fields.address) this.names.learnAddress(fields.address, fields.agent);
    if (event === 'agent.detail') {
      const about = run.agents[run.lastNamed ?? ''];
      if (about) about.detail = earlier(about.detail, fact);
      return;
    }
    const named = fields.agents?.split(/[,\s]+/).filter(Boolean) ?? [fields.agent ?? fields.address ?? ''];
    for (const name of named) {
      if (!name) continue;
      const id = this.names.agent(name);
      // an address nobody's name is known for: somebody's, unless addresses are the names here
      if (this.names.isAddress(id) && !(id in run.agents) && fields.agent === undefined) {
        if (event === 'agent.abort-unreachable') run.unreachable.push({ address: id, fact });
        continue;
      }
      this.about(event, run, this.factsOf(run, id), mark, fact);
      run.lastNamed = id;
    }
  }

  private about(event: ProgramEvent, run: RunFacts, agent: AgentFacts, mark: Mark, fact: Fact): void {
    const state = this.agents[agent.id];
    if (state && event === 'agent.answered') state.answered = later(state.answered, fact);
    applyControllersWord(event, agent, mark, fact, this.aliveLimit(run, agent));
  }

  /** How long an agent's periodic sign of life may stay away: five periods, and more than what was normal so far. */
  aliveLimit(run: RunFacts, agent: AgentFacts): number {
    const period = (this.behaviour(run).aliveSeconds ?? 1) * 1000;
    return Math.max(5 * period, 3 * (agent.alive?.longest ?? 0));
  }

  /** What an agent's own log says. */
  private own(event: ProgramEvent, mark: Mark, fact: Fact, state: AgentState): void {
    switch (event) {
      case 'process.started':
        noteBirth(state, fact, () => this.ofAgent(mark.agent, fact));
        return;
      case 'process.port-taken':
        state.portTaken = later(state.portTaken, fact);
        takeBackBirth(this.runs, mark.agent, fact);
        return;
      case 'process.failed':
        state.processFailed = later(state.processFailed, fact);
        return;
      case 'process.panicked':
        state.panicked = later(state.panicked, fact);
        return;
      default:
    }
    if (event === 'agent.joined') this.joined(mark, fact, state);
    let run = this.ofAgent(mark.agent, fact);
    if (event === 'agent.rejected') run = refusedRun(this.runs, run, mark.agent);
    if (event === 'process.stopping') {
      state.stopping = later(state.stopping, fact);
      const agent = run?.agents[mark.agent];
      if (agent) agent.stopping = earlier(agent.stopping, fact);
      return;
    }
    if (!run) return;
    const agent = this.factsOf(run, mark.agent);
    applyOwnWord(event, agent, mark, fact, this.settings.failingOperations);
    if (run.implicit) this.endImplicit(run, event, fact.at);
  }

  /** Without a controller's log the agents' words tell of the end. */
  private endImplicit(run: RunFacts, event: ProgramEvent, at: number): void {
    if (event === 'agent.aborted') endRun(run, 'failed', at);
    const done = Object.values(run.agents).every(agent => agent.completed);
    if (event === 'agent.completed' && done) endRun(run, 'completed', at);
  }

  private joined(mark: Mark, fact: Fact, state: AgentState): void {
    const before = state.joined;
    state.joined = later(state.joined, fact);
    let run = this.ofAgent(mark.agent, fact, true);
    const over = run === undefined || run.run.endedAt !== undefined || run.supersededAt !== undefined;
    const again =
      run?.implicit &&
      before !== undefined &&
      run.agents[mark.agent]?.joined !== undefined &&
      fact.at - before.at > SAME_START;
    if (again && run) supersede(run, fact.at, this.agents);
    if (over || again) run = this.addRun(mark, fact, true);
    if (!run) return;
    if (fact.at < run.started.at && fact.at >= (run.started.earliest ?? run.started.at)) {
      run.started = { ...run.started, at: fact.at };
      run.run.startedAt = fact.at;
    }
    const agent = this.factsOf(run, mark.agent);
    agent.joined = earlier(agent.joined, fact);
  }

  /** An agent told what its controller calls it: what was said of that name was said of the agent. */
  private adopt(called: string | undefined, id: string): { from: string; to: string } | undefined {
    if (called === undefined || called === id || called in this.agents || this.names.agent(called) === id)
      return undefined;
    this.names.learnAlias(called, id);
    for (const run of this.runs) {
      const other = run.agents[called];
      if (!other) continue;
      run.agents[id] = { ...other, ...run.agents[id], id };
      delete run.agents[called];
      run.run.agents = Object.keys(run.agents).sort(naturalOrder);
    }
    return { from: called, to: id };
  }
}

function packOf(mark: Mark): string {
  return mark.rule.split('/')[0] ?? '';
}
