import { defined } from '../platform/defined.js';
import type { Gap, SourceState } from '../store/store.js';
import type { FileStatus, GapReason } from '../wire/protocol.js';

/** The account of one source: every byte before `acknowledged` is stored, skipped on purpose, or in a named gap. */
export interface SourceAccount {
  source: string;
  agent: string;
  host: string;
  path: string;
  /** As its collector last saw it; absent when it does not report the file (ended, gone, or the collector is). */
  size?: number;
  acknowledged: number;
  /** Bytes the collector sees and the store has not yet. */
  behind?: number;
  /** Bytes before the place following began (`collect.from: end`). */
  skipped: number;
  stored: number;
  /** Bytes in named gaps of known size. */
  missing: number;
  gaps: { from: number; to: number | null; reason: GapReason; at: number }[];
  lines: number;
  ended?: { at: number; reason: string };
}

/** Draws up the accounts from what the store has and what collectors last reported. */
export function accounts(
  sources: readonly SourceState[],
  gaps: readonly Gap[],
  files: readonly FileStatus[],
): SourceAccount[] {
  const seen = new Map(
    files.flatMap(file => (file.source === undefined ? [] : [[file.source, file] as const])),
  );
  const gapsOf = new Map<string, Gap[]>();
  for (const gap of gaps) {
    const list = gapsOf.get(gap.source);
    if (list) list.push(gap);
    else gapsOf.set(gap.source, [gap]);
  }
  return sources.map(({ id, agent, host, path, position, start = 0, lines, ended }) => {
    const own = [...(gapsOf.get(id) ?? [])].sort((a, b) => a.from - b.from);
    const missing = own.reduce((sum, { from, to }) => sum + (to === null ? 0 : to - from), 0);
    const size = seen.get(id)?.size;
    return {
      source: id,
      agent,
      host,
      path,
      ...(size === undefined ? {} : { size, behind: Math.max(0, size - position) }),
      acknowledged: position,
      skipped: start,
      stored: position - start - missing,
      missing,
      gaps: own.map(({ from, to, reason, at }) => ({ from, to, reason, at })),
      lines,
      ...defined({ ended }),
    };
  });
}

/** What collectors see in their files and have not had acknowledged. */
export function behindBytes(files: readonly FileStatus[]): number {
  return files.reduce((sum, { size, position }) => sum + Math.max(0, size - position), 0);
}
