import type { Heartbeat, LogWriter } from '../wire/protocol.js';

/** How an agent's program is by its own host's word. */
export interface ProcessState {
  /** `T` stopped, `D` blocked in the kernel, `gone`, else `running`. */
  value: 'running' | 'gone' | 'T' | 'D';
  /** Since when it has been blocked, where that is known better than by this heartbeat. */
  since?: number;
  /** Whether there is a process at all: only what was there can be gone. */
  present: boolean;
}

const STATE_WORDS: Record<ProcessState['value'], string> = {
  gone: 'its process is gone',
  running: 'its process runs',
  T: 'its process is stopped (state T)',
  D: 'its process is blocked in the kernel (state D), as with storage that hangs',
};

/** `its process is stopped (state T)`. */
export function processWords(value: ProcessState['value']): string {
  return STATE_WORDS[value];
}

/** A thread that did not run for so long while the kernel held it is no ordinary wait for a disk. */
const BLOCKED_FOR = 4000;

/**
 * What a heartbeat tells of the program behind an agent's logs: the one at the other end of the pipe where the log is held by `tee`,
 * and the one whose socket listens; else whoever holds the log.
 * @param files the agent's that can be read
 * @returns undefined where the collector can't tell (no /proc, no right to look)
 */
export function processOf(beat: Heartbeat, files: Heartbeat['files'], at: number): ProcessState | undefined {
  const told = files.filter(file => file.writers !== undefined);
  const listening =
    beat.agents.length === 1 ? (beat.ports ?? []).flatMap(({ process }) => process ?? []) : [];
  if (told.length === 0 && listening.length === 0) return undefined;
  // the pipe's reader is gone, its writer works on and is seen to listen: the log has nobody any more
  const orphaned =
    told.length > 0 &&
    told.every(({ writers, programs }) => writers?.length === 0 && (programs?.length ?? 0) > 0) &&
    listening.length > 0;
  if (orphaned) return { value: 'gone', present: false };
  const holders = [...told.flatMap(file => file.programs ?? file.writers ?? []), ...listening];
  if (holders.length === 0) return { value: 'gone', present: false };
  if (holders.some(({ state }) => state.toUpperCase() === 'T')) return { value: 'T', present: true };
  const since = blockedSince(holders, at);
  if (since !== undefined) return { value: 'D', since, present: true };
  // from a collector that looks at no threads
  const blocked = holders.some(({ state, blocked: threads }) => state === 'D' && threads === undefined);
  return { value: blocked ? 'D' : 'running', present: true };
}

function blockedSince(holders: readonly LogWriter[], at: number): number | undefined {
  const longest = Math.max(0, ...holders.map(({ blocked }) => blocked?.ms ?? 0));
  return longest >= BLOCKED_FOR ? at - longest : undefined;
}
