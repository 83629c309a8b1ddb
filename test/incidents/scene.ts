import type { ProgramEvent } from '../../src/detect/events.js';
import { IncidentEngine } from '../../src/incidents/engine.js';
import { type EngineSettings, programsOf } from '../../src/incidents/settings.js';
import type { Mark } from '../../src/model/finding.js';
import type { IncidentChange } from '../../src/model/incident.js';
import type { ProbeResult } from '../../src/model/probe.js';
import { LEVELS, type Level, type SignalClass } from '../../src/model/vocabulary.js';
import type { Heartbeat, LogWriter } from '../../src/wire/protocol.js';
import { packs } from './recordings.js';

export const START = Date.UTC(2026, 10, 23, 12);

export interface BeatState {
  process?: LogWriter['state'] | 'gone' | 'untold';
  listening?: boolean;
  /** Ports its program takes connections at, as its collector sees it; only of a process that runs. */
  listens?: number[];
  goodbye?: boolean;
  /** Its log holds lines that have not been shipped. */
  unread?: boolean;
  /** What its collector reads can't be delivered. */
  undelivered?: boolean;
  /** Another collector than the host's first. */
  collector?: string;
  /** Agents beside the host's own whose logs it reads. */
  others?: string[];
  /** Host clock ahead of the server's, ms. */
  clock?: number;
}

/** A small world on a virtual clock: agents that beat, are probed and say things. Times are seconds after the start. */
export class Scene {
  readonly changes: IncidentChange[] = [];
  engine: IncidentEngine;
  private offset = 0;
  private now = START;

  constructor(settings: Partial<EngineSettings> = {}) {
    this.engine = new IncidentEngine({ ...programsOf(packs), ...settings });
  }

  /** Everything in the span happens in steps of one second; heartbeats and probes come every five. */
  live(
    from: number,
    to: number,
    world: (second: number) => {
      beats?: Record<string, BeatState | undefined>;
      ports?: Record<string, ProbeResult['outcome']>;
      /** The ports' addresses are in no settings. */
      learnt?: boolean;
    },
  ): void {
    for (let second = from; second < to; second++) {
      this.at(second);
      if (second % 5 !== 0) continue;
      const { beats = {}, ports = {}, learnt } = world(second);
      for (const [agent, state] of Object.entries(beats)) if (state) this.beat(agent, second, state);
      for (const [agent, outcome] of Object.entries(ports))
        this.engine.probe({
          agent,
          address: `${agent}:7761`,
          at: START + second * 1000,
          outcome,
          ...(learnt ? { learnt: true as const } : {}),
        });
    }
    this.at(to);
  }

  at(second: number): void {
    this.now = START + second * 1000;
    this.changes.push(...this.engine.advance(this.now));
  }

  beat(agent: string, second: number, state: BeatState = {}): void {
    const at = START + second * 1000;
    const skew = state.clock ?? 0;
    const process = state.process ?? 'S';
    const writers =
      process === 'untold' ? undefined : process === 'gone' ? [] : [{ pid: 42, name: 'app', state: process }];
    const heartbeat: Heartbeat = {
      version: 1,
      collector: state.collector ?? `c-${agent}`,
      host: `host-${agent}`,
      agents: [agent, ...(state.others ?? [])],
      sentAt: at + skew,
      roundTrip: { serverNow: at, sentAt: at + skew - 5, receivedAt: at + skew + 5 },
      program: 'deadair',
      startedAt: START,
      diskFree: 1e9,
      files: [
        {
          path: `/logs/${agent}.log`,
          agent,
          size: 1,
          position: state.unread ? 0 : 1,
          mtime: at,
          error: null,
          ...(writers ? { writers } : {}),
          ...(state.listens && writers && writers.length > 0
            ? { listens: state.listens.map(port => ({ address: '0.0.0.0', port })) }
            : {}),
        },
      ],
      ...(state.listening === undefined ? {} : { ports: [{ port: 7761, listening: state.listening }] }),
      ...(state.undelivered ? { undelivered: { since: at, error: 'the store is out of reach' } } : {}),
      ...(state.goodbye ? { goodbye: { reason: 'stopped' } } : {}),
    };
    this.engine.heartbeat(heartbeat, at);
  }

  /** A program event in an agent's log. */
  event(second: number, agent: string, event: ProgramEvent, fields: Record<string, string> = {}): void {
    this.line(second, agent, { rule: 'sai3-bench/made', event, fields, class: 'none' });
  }

  /** A line that arrives at `second` and is much older by its own time. */
  late(
    second: number,
    written: number,
    agent: string,
    event: ProgramEvent,
    fields: Record<string, string> = {},
  ): void {
    this.line(second, agent, { rule: 'sai3-bench/made', event, fields, class: 'none' }, written);
  }

  line(
    second: number,
    agent: string,
    finding: {
      rule?: string;
      event?: string;
      fields?: Record<string, string>;
      class?: SignalClass;
      level?: Level;
      text?: string;
      path?: string;
    },
    written = second,
  ): void {
    const at = START + second * 1000;
    const path = finding.path ?? `/logs/${agent}.log`;
    const mark: Mark = {
      seq: 0,
      agent,
      host: `host-${agent}`,
      path,
      source: `${agent}:${path}`,
      offset: this.offset++,
      time: START + written * 1000,
      timeKind: 'own',
      observedAt: at,
      ingestedAt: at,
      level: LEVELS.indexOf(finding.level ?? 'none'),
      text: finding.text ?? `${finding.event ?? finding.class} ${JSON.stringify(finding.fields ?? {})}`,
      class: finding.class ?? 'none',
      rule: finding.rule ?? 'generic/made',
      ...(finding.event ? { event: finding.event } : {}),
      ...(finding.fields ? { fields: finding.fields } : {}),
    };
    this.engine.activity({ agent, host: mark.host, observedAt: at, ingestedAt: at });
    this.engine.mark(mark);
  }

  /** A run of these agents, at work from second 12 on. */
  run(agents: string[], seconds = 600): void {
    this.event(0, 'controller', 'run.started');
    this.event(0, 'controller', 'run.described', { agents: String(agents.length) });
    for (const agent of agents) {
      this.event(0, agent, 'process.started');
      this.event(1, agent, 'agent.joined');
      this.event(1, agent, 'agent.ready');
      this.event(2, 'controller', 'agent.answered', { agent });
    }
    this.event(3, 'controller', 'run.workload-started');
    for (const agent of agents) this.event(3, agent, 'agent.started', { seconds: String(seconds) });
  }

  /** `kind subjects cause openedAt[-resolvedAt]`, seconds after the start. */
  told(): string[] {
    return this.engine.incidents().map(({ kind, subjects, cause, openedAt, resolvedAt }) => {
      const seconds = (at: number) => ((at - START) / 1000).toString();
      return `${kind} ${subjects.join()} ${cause ?? '-'} @${seconds(openedAt)}${resolvedAt === undefined ? '' : `-${seconds(resolvedAt)}`}`;
    });
  }
}
