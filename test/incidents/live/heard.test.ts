import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IncidentWatch } from '../../../src/incidents/live/incident-watch.js';
import type { Clock, Timer } from '../../../src/platform/clock.js';
import type { Store } from '../../../src/store/store.js';
import type { Heartbeat } from '../../../src/wire/protocol.js';
import { MemoryDocuments } from '../../alerts/memory-documents.js';
import fc from '../../property.js';
import { LocalEngine } from './local-engine.js';

const START = Date.UTC(2026, 10, 23, 12);
const LATE = 15_000;
const SILENT = 60_000;
const PERIOD = 5000;
const STEP = 250;

/** The clock of a host whose processes do not always run, and which somebody sets. */
class StarvedClock implements Clock {
  private passed = 0;
  private readonly timers = new Set<{ due: number; period?: number; run: () => void }>();
  setOff = 0;

  now(): number {
    return START + this.passed + this.setOff;
  }

  monotonic(): number {
    return this.passed;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.keep({ due: this.passed + delayMs, run });
  }

  every(period: number, run: () => void): Timer {
    return this.keep({ due: this.passed + period, period, run });
  }

  /** Time passes, and nothing runs. */
  pass(ms: number): void {
    this.passed += ms;
  }

  /** What is due runs once, as timers of a loop do that was held up; the earliest first. */
  run(): void {
    for (const timer of [...this.timers].sort((a, b) => a.due - b.due)) {
      if (timer.due > this.passed) continue;
      if (timer.period === undefined) this.timers.delete(timer);
      else timer.due = this.passed + timer.period;
      timer.run();
    }
  }

  private keep(timer: { due: number; period?: number; run: () => void }): Timer {
    this.timers.add(timer);
    return { cancel: () => this.timers.delete(timer) };
  }
}

type Step = { pass: number } | { stall: number } | { set: number };

/** Hosts that beat, and a service that hears them when it runs. */
class World {
  readonly clock = new StarvedClock();
  readonly told: string[] = [];
  readonly watch: IncidentWatch;
  private readonly due = new Map<string, number>();
  private readonly dead = new Set<string>();
  /** The heartbeats of these come by way of the store that several services share. */
  foreign = new Set<string>();
  storeAnswers = true;

  constructor(hosts: readonly string[], shared = false) {
    for (const [index, host] of hosts.entries()) this.due.set(host, index * 700);
    const answer = <T>(value: T) =>
      this.storeAnswers ? Promise.resolve(value) : Promise.reject(new Error('away'));
    const view = {
      oldestOpenSeq: () => answer(undefined),
      refresh: () => answer(undefined),
      activity: () => answer([]),
      seqAt: () => 0,
    };
    this.watch = new IncidentWatch({
      store: {
        documents: new MemoryDocuments(),
        marks: () => answer([]),
        gaps: () => answer([]),
        ...(shared ? { shared: view } : {}),
      } as unknown as Pick<Store, 'documents' | 'marks' | 'gaps' | 'shared'>,
      settings: { lateAfter: LATE, silentAfter: SILENT },
      clock: this.clock,
      engine: () => new LocalEngine(),
      onChange: ({ change, incident }) =>
        this.told.push(`${change} ${incident.kind} ${incident.subjects.join()}`),
    });
  }

  kill(host: string): void {
    this.dead.add(host);
  }

  async step(step: Step): Promise<void> {
    if ('set' in step) this.clock.setOff += step.set;
    else if ('stall' in step) {
      this.clock.pass(step.stall);
      await this.run();
      this.hear();
    } else
      for (let ms = 0; ms < step.pass; ms += STEP) {
        this.clock.pass(STEP);
        await this.run();
        this.hear();
      }
  }

  private async run(): Promise<void> {
    this.clock.run();
    for (let i = 0; i < 4; i++) await new Promise<void>(resolve => setImmediate(resolve));
  }

  /** What waits in the sockets; a collector has one heartbeat on its way at most. */
  private hear(): void {
    for (const [host, due] of this.due) {
      if (this.clock.monotonic() < due || this.dead.has(host)) continue;
      this.due.set(host, this.clock.monotonic() + PERIOD);
      if (this.foreign.has(host) && !this.storeAnswers) continue;
      this.watch.heartbeat(beatOf(host), this.clock.now());
    }
  }
}

function beatOf(host: string): Heartbeat {
  return {
    version: 1,
    collector: `c-${host}`,
    host: `host-${host}`,
    agents: [host],
    sentAt: START,
    program: 'deadair',
    startedAt: START,
    diskFree: 1e9,
    files: [],
  };
}

const HOUR = 3_600_000;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }).map(n => ({ pass: n * STEP })) },
  { weight: 3, arbitrary: fc.integer({ min: 300, max: 200_000 }).map(stall => ({ stall })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(HOUR, -HOUR, 24 * HOUR, -24 * HOUR, 2000, -2000, -400).map(set => ({ set })),
  },
);

describe('silence counts only while the service could hear', () => {
  it('model: whoever beats is never missed, however the service stands still and its clock is set; whoever stops is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.array(step, { maxLength: 6 }),
        async (before, after) => {
          const world = new World(['a', 'b', 'c']);
          await world.watch.start();
          await world.step({ pass: 20_000 });
          for (const one of before) await world.step(one);
          assert.deepEqual(world.told, [], 'all beat');
          world.kill('b');
          for (const one of after) await world.step(one);
          assert.ok(!world.told.some(line => / [ac]$|,/.test(line)), `only one stopped: ${world.told}`);
          await world.step({ pass: SILENT + 2 * PERIOD });
          assert.deepEqual(world.told, ['opened collector-lost b']);
          await world.watch.stop();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('the store that services share is away: hosts that beat to another one are not missed', async () => {
    const world = new World(['own', 'foreign'], true);
    world.foreign.add('foreign');
    await world.watch.start();
    await world.step({ pass: 30_000 });
    world.storeAnswers = false;
    await world.step({ pass: 4 * SILENT });
    world.storeAnswers = true;
    await world.step({ pass: 30_000 });
    assert.deepEqual(world.told, []);
    world.kill('foreign');
    await world.step({ pass: SILENT + 2 * PERIOD });
    assert.deepEqual(world.told, ['opened collector-lost foreign']);
    await world.watch.stop();
  });
});
