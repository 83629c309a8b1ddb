import { readFileSync } from 'node:fs';

/** A process that may open fewer can't even load its parts: the loader, the store and each thread open files beside each other. */
const LEAST_OPEN_FILES = 256;

/** How many files and connections this process may have open at once; Infinity where the system does not say. */
export function openFileLimit(read: () => string = () => readFileSync('/proc/self/limits', 'utf8')): number {
  try {
    const [, soft] = /^Max open files +(\S+)/m.exec(read()) ?? [];
    return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** What to say where too few files may be open; undefined where they suffice. */
export function tooFewOpenFiles(limit = openFileLimit()): string | undefined {
  if (limit >= LEAST_OPEN_FILES) return undefined;
  return (
    `Only ${limit} files may be open at once here, and ${LEAST_OPEN_FILES} are the least (4096 for many hosts): raise it with ` +
    '`ulimit -n 4096`, LimitNOFILE=4096 in a systemd unit, or --ulimit nofile=4096 for a container.'
  );
}

/** Of what a part of this process would hold open, as many as leave room for connections, the store and the other parts. */
export function openFilesFor(wanted: number, limit = openFileLimit()): number {
  return Math.max(16, Math.min(wanted, Math.floor(limit / 3)));
}
