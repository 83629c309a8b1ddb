import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock, Timer } from '../../src/platform/clock.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { silentLogger } from '../../src/platform/logger.js';
import { Retention } from '../../src/store/retention.js';
import type { RetentionPolicy, StoreStats } from '../../src/store/store.js';

const DAY = 86_400_000;
const MINUTE = 60_000;
const NOON = Date.parse('2026-06-30T12:00:00Z');
const MAX_AGE = 14 * DAY;

/** Goes evenly but for the steps that a test makes, as a host whose clock is set. */
class SteppedClock implements Clock {
  readonly even = new VirtualClock(NOON);
  step = 0;

  now(): number {
    return this.even.now() + this.step;
  }

  monotonic(): number {
    return this.even.monotonic();
  }

  after(delayMs: number, run: () => void): Timer {
    return this.even.after(delayMs, run);
  }

  every(periodMs: number, run: () => void): Timer {
    return this.even.every(periodMs, run);
  }
}

/** Turns of retention over a store whose newest line has the age `rested`; each turn says what is older than it drops. */
function begin(rested: number | null) {
  const clock = new SteppedClock();
  const newest = rested === null ? null : NOON - rested;
  const dropsBefore: number[] = [];
  const stats: StoreStats = {
    lines: 1,
    bytes: 1,
    rawBytes: 1,
    oldest: newest,
    newest,
    diskFree: null,
    damaged: [],
  };
  const retention = new Retention({
    store: {
      stats: () => Promise.resolve(stats),
      retain: (policy: RetentionPolicy) => {
        dropsBefore.push(clock.now() - policy.maxAgeMs!);
        return Promise.resolve({ dropped: [] });
      },
    },
    settings: { maxAge: MAX_AGE, minFree: 0 },
    pinned: () => Promise.resolve([]),
    clock,
    logger: silentLogger,
    metrics: { gauge: () => undefined },
  });
  retention.start();
  const settle = () => new Promise(resolve => setImmediate(resolve));
  return {
    clock,
    /** @returns what is older goes, as the last turn said */
    async minutes(count: number): Promise<number> {
      await settle();
      for (let i = 0; i < count; i++) {
        clock.even.advance(MINUTE);
        await settle();
      }
      return dropsBefore.at(-1)!;
    },
    now: () => clock.now(),
  };
}

describe('retention by age', () => {
  it('counts from now where the clock goes evenly', async () => {
    const scene = begin(MINUTE);
    await scene.minutes(30);
    assert.equal(await scene.minutes(0), scene.now() - MAX_AGE);
  });

  it('drops nothing more of a clock that jumps years ahead and is set right within ten minutes', async () => {
    const scene = begin(MINUTE);
    await scene.minutes(30);
    const before = scene.now();
    scene.clock.step = 3 * 365 * DAY;
    assert.ok((await scene.minutes(8)) <= before - MAX_AGE);
    scene.clock.step = 0;
    assert.ok((await scene.minutes(9)) <= scene.now() - MAX_AGE);
    assert.equal(await scene.minutes(2), scene.now() - MAX_AGE);
  });

  it('believes a new time that stays', async () => {
    const scene = begin(MINUTE);
    await scene.minutes(30);
    scene.clock.step = 40 * DAY;
    assert.ok((await scene.minutes(9)) < scene.now() - MAX_AGE - 39 * DAY);
    assert.equal(await scene.minutes(3), scene.now() - MAX_AGE);
  });

  it('begins with the newest line: a start with a wrong date drops nothing at once', async () => {
    const scene = begin(100 * DAY);
    assert.equal(await scene.minutes(5), NOON - 100 * DAY - MAX_AGE);
    assert.equal(await scene.minutes(6), scene.now() - MAX_AGE);
  });

  it('never counts from later than now, whatever the newest line or a step back say', async () => {
    const scene = begin(-DAY);
    assert.equal(await scene.minutes(1), scene.now() - MAX_AGE);
    scene.clock.step = -5 * DAY;
    assert.equal(await scene.minutes(1), scene.now() - MAX_AGE);
    assert.ok((await begin(null).minutes(1)) <= NOON + MINUTE - MAX_AGE);
  });
});
