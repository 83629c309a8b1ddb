import { readFileSync } from 'node:fs';

/** Of the kernel this process runs under: the same for all containers of a machine. Undefined where there is none (not Linux). */
export function ownBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
