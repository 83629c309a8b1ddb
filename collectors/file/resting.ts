import type { Logger } from '../../src/platform/logger.js';
import type { Generation } from './generation.js';
import type { Entry } from './registry.js';

/**
 * Closes what has been quiet for longest where more files are open than may be. They are opened anew when they have changed, and
 * not before: what is opened at each look only to be closed again keeps others from being read at all.
 */
export async function restIdle(active: Iterable<Generation>, most: number): Promise<void> {
  const open = [...active].filter(generation => generation.handle);
  if (open.length <= most) return;
  const idle = open
    .filter(({ state, unread, inFlight }) => state === 'live' && unread === 0 && inFlight === 0)
    .sort((a, b) => a.grewAt - b.grewAt);
  for (const generation of idle.slice(0, open.length - most)) {
    await generation.closeHandle();
    generation.rests = true;
  }
}

/** Says once that files wait because no more may be open, and once that it is over. They are read in turn, and late. */
export class TooManyFiles {
  private told = false;

  constructor(private readonly logger: Logger) {}

  look(entries: Iterable<Entry>): void {
    let waiting = 0;
    for (const { error } of entries) if (error === 'EMFILE' || error === 'ENFILE') waiting++;
    if (waiting > 0 === this.told) return;
    this.told = waiting > 0;
    if (this.told)
      this.logger.warn('files.too-many', { waiting, advice: 'raise the limit of open files (ulimit -n)' });
    else this.logger.info('files.read-in-turn');
  }
}
