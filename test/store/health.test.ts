import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../src/platform/clock.js';
import { StoreHealth } from '../../src/store/health.js';

const MINUTE = 60_000;
const GIB = 1024 ** 3;

describe('the store’s health warns before anything is lost', () => {
  const stats = (bytes: number, diskFree: number | null) => ({
    lines: 1,
    bytes,
    rawBytes: bytes,
    oldest: 0,
    newest: 0,
    diskFree,
    damaged: [],
  });
  /** Ten minutes of growth by `grown` bytes, one look a minute. */
  const grow = (
    policy: { maxBytes?: number; minFreeBytes?: number },
    grown: number,
    from: { bytes: number; free: number | null },
  ) => {
    const clock = new VirtualClock(1_000_000);
    const health = new StoreHealth(clock, policy);
    for (let i = 0; i <= 10; i++) {
      const part = (grown * i) / 10;
      const free = from.free === null ? null : from.free - part;
      health.looked(stats(from.bytes + part, free), { dropped: [] });
      clock.advance(MINUTE);
    }
    return health.warnings();
  };

  it('of the size limit, with the time that is left', () => {
    const [warning, more] = grow({ maxBytes: 10 * GIB }, GIB, { bytes: 3 * GIB, free: null });
    assert.match(warning ?? '', /reaches store\.retention\.maxSize in 1 h/);
    assert.equal(more, undefined);
  });

  it('of the free disk', () => {
    const [warning] = grow({ minFreeBytes: GIB }, GIB, { bytes: 0, free: 4 * GIB });
    assert.match(warning ?? '', /less than store\.retention\.minFree is free in 20 min/);
  });

  it('not when the limit is days away, nothing grows, or it is met and retention deals with it', () => {
    assert.deepEqual(grow({ maxBytes: 1000 * GIB }, GIB, { bytes: 0, free: null }), []);
    assert.deepEqual(grow({ maxBytes: 10 * GIB, minFreeBytes: GIB }, 0, { bytes: GIB, free: 2 * GIB }), []);
    assert.deepEqual(grow({ maxBytes: GIB }, GIB, { bytes: GIB, free: null }), []);
  });

  it('not of what other programs write on the same disk', () => {
    const clock = new VirtualClock(1_000_000);
    const health = new StoreHealth(clock, { minFreeBytes: GIB });
    for (let i = 0; i <= 10; i++) {
      health.looked(stats(1_300_000, 70 * GIB - 6 * i * GIB), { dropped: [] });
      clock.advance(MINUTE);
    }
    assert.deepEqual(health.warnings(), []);
  });

  it('of what retention could not do', () => {
    const health = new StoreHealth(new VirtualClock(0), {});
    health.looked(stats(1, 1), { dropped: [], warning: 'Pinned runs fill the disk.' });
    assert.deepEqual(health.warnings(), ['Pinned runs fill the disk.']);
  });

  it('while collectors are refused for want of room, and no longer than that', () => {
    const clock = new VirtualClock(Date.UTC(2026, 10, 24));
    const health = new StoreHealth(clock, {});
    health.refused('busy');
    assert.deepEqual(health.warnings(), []);
    health.refused('store.full');
    clock.advance(MINUTE);
    health.refused('store.full');
    assert.match(health.warnings()[0] ?? '', /since 2026-11-24 00:00:00/);
    health.stored();
    assert.deepEqual(health.warnings(), []);
    health.refused('store.full');
    clock.advance(5 * MINUTE);
    assert.deepEqual(health.warnings(), []);
  });
});
