import type { Heartbeat } from '../wire/protocol.js';

/** What an agent's collector had found written and not yet brought: lines that wait prove no silence. */
export interface Backlog {
  /** By path, how large the files were at the last heartbeat that were not read to their ends. */
  sizes: [path: string, size: number][];
  /** Spells in which it was a heartbeat and more behind; `to` null: it still is. */
  spells: { from: number; to: number | null }[];
}

const KEPT = 16;

/**
 * Behind is who has not brought by one heartbeat what was there at the one before: a log that is written all the time has some
 * unread bytes at every one.
 * @param files the agent's that can be read
 * @param lastAt when the heartbeat before came
 */
export function noteBacklog(
  known: Backlog | undefined,
  files: Heartbeat['files'],
  at: number,
  lastAt: number,
): Backlog | undefined {
  const unread = files.filter(file => file.position < file.size);
  if (!known && unread.length === 0) return undefined;
  const before = new Map(known?.sizes);
  const isBehind = unread.some(({ path, position, size }) => {
    const was = before.get(path);
    // smaller than it was: another file
    return was !== undefined && position < was && size >= was;
  });
  const spells = known?.spells ?? [];
  const last = spells.at(-1);
  if (isBehind && last?.to !== null) spells.push({ from: lastAt, to: null });
  else if (!isBehind && last?.to === null) last.to = at;
  if (spells.length > KEPT) spells.shift();
  return { sizes: unread.map(({ path, size }) => [path, size]), spells };
}

/** How long of a silence since `since` lines waited, ms; Infinity while they do. */
export function waitedSince(backlog: Backlog | undefined, since: number): number {
  let waited = 0;
  for (const { from, to } of backlog?.spells ?? []) {
    if (to === null) return Number.POSITIVE_INFINITY;
    waited += Math.max(0, to - Math.max(from, since));
  }
  return waited;
}
