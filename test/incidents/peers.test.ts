import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostWatch } from '../../src/incidents/hosts.js';
import type { HostContext } from '../../src/incidents/judges/host-context.js';
import { Peers } from '../../src/incidents/judges/peers.js';
import { DEFAULT_SETTINGS } from '../../src/incidents/settings.js';
import { byName } from '../../src/platform/by-name.js';
import fc from '../property.js';

interface Made {
  lastAt: number;
  periodMs: number;
  goodbye: boolean;
  retired: boolean;
}

function contextOf(made: Made[]): HostContext {
  const hosts = new HostWatch();
  for (const [index, { lastAt, periodMs, goodbye }] of made.entries()) {
    const host = `host-${index}`;
    hosts.hosts[host] = {
      host,
      collector: 'c',
      agents: [`agent-${index}`],
      firstAt: 0,
      lastAt,
      periodMs,
      intervals: [],
      gaps: [],
      ...(goodbye ? { goodbye: lastAt } : {}),
    };
  }
  const agents = byName(
    Object.fromEntries(
      made.map(({ retired }, index) => [
        `agent-${index}`,
        { id: `agent-${index}`, firstSeen: 0, heard: 0, heardAt: [], retired },
      ]),
    ),
  );
  return {
    now: 0,
    settings: DEFAULT_SETTINGS,
    hosts,
    agents,
    runs: [],
    earlier: [],
    endOf: () => Number.POSITIVE_INFINITY,
    silentAt: (since, limit) => since + limit,
    skip: () => {},
  };
}

/** As the rule reads, host by host. */
function toldApartBySearch(made: Made[], own: number, closeness: number): number {
  const { lastAt, periodMs } = made[own]!;
  const others = made.filter(
    (one, index) => index !== own && !one.goodbye && !one.retired && one.lastAt >= lastAt - closeness,
  );
  if (others.length === 0) return 0;
  if (others.some(one => one.lastAt > lastAt + 1.5 * Math.max(one.periodMs, periodMs))) return 0;
  return Math.max(
    ...others.map(one => one.lastAt + Math.max(DEFAULT_SETTINGS.lateAfter, 2.5 * one.periodMs)),
  );
}

test('how a host stands to the others is what a walk over all of them finds', () => {
  const host = fc.record({
    lastAt: fc.integer({ min: 0, max: 60_000 }),
    periodMs: fc.constantFrom(1000, 5000, 9000, 20_000),
    goodbye: fc.boolean(),
    retired: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(host, { minLength: 1, maxLength: 12 }), made => {
      const context = contextOf(made);
      const peers = new Peers(context);
      for (const index of made.keys()) {
        const own = context.hosts.hosts[`host-${index}`]!;
        assert.equal(peers.toldApartAt(own), toldApartBySearch(made, index, peers.closeness));
        const around = made.flatMap((one, at) =>
          !one.goodbye && !one.retired && one.lastAt >= own.lastAt - peers.closeness ? [`host-${at}`] : [],
        );
        assert.deepEqual(
          peers
            .heardAround(own.lastAt)
            .map(({ host }) => host)
            .sort(),
          around.sort(),
        );
      }
    }),
    { numRuns: 300 },
  );
});
