import type { HostWatch } from './hosts.js';
import type { Input } from './inputs.js';
import type { Ledger } from './ledger.js';

/**
 * The server's clock was set back to `to`: whatever was heard before was heard until then. Otherwise everybody would be silent for as
 * long as the clock went back, or nobody could be.
 */
export function setBack(queue: readonly Input[], hosts: HostWatch, ledger: Ledger, to: number): void {
  for (const input of queue) input.seen = Math.min(input.seen, to);
  for (const host of Object.values(hosts.hosts)) {
    // what was measured against the old clock says nothing of the new one
    delete host.clock;
    for (const key of ['firstAt', 'lastAt', 'linesAt', 'goodbye'] as const) {
      const at = host[key];
      if (at !== undefined) host[key] = Math.min(at, to);
    }
    host.gaps = host.gaps.filter(gap => gap.to <= to);
  }
  for (const { process, listening, port, backlog } of Object.values(hosts.agents)) {
    for (const spell of [...process, ...listening, ...port]) {
      spell.since = Math.min(spell.since, to);
      spell.last = Math.min(spell.last, to);
    }
    for (const spell of backlog?.spells ?? []) {
      spell.from = Math.min(spell.from, to);
      if (spell.to !== null) spell.to = Math.min(spell.to, to);
    }
  }
  for (const state of Object.values(ledger.agents)) {
    state.heard = Math.min(state.heard, to);
    state.firstSeen = Math.min(state.firstSeen, to);
    state.heardAt = state.heardAt.filter(at => at <= to);
  }
  for (const run of ledger.runs) run.controllerHeard = Math.min(run.controllerHeard, to);
}
