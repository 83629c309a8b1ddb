import type { Activity } from '../inputs.js';
import { HEARD_GRAIN_MS } from '../ledger.js';

/**
 * Hands an agent's signs of life to the engine no more often than the ledger keeps them, four times a second, and always the
 * latest before it is asked. The engine judges at each moment something arrived: with eight agents whose four files are followed
 * that were three hundred moments between two looks, which took half of the main thread's time while incidents were open.
 */
export class SignsOfLife {
  private readonly told = new Map<string, number>();
  private readonly latest = new Map<string, Activity>();

  constructor(private readonly tell: (activity: Activity) => void) {}

  heard(activity: Activity): void {
    const { agent, ingestedAt } = activity;
    const told = this.told.get(agent);
    if (told !== undefined && ingestedAt < told + HEARD_GRAIN_MS && ingestedAt >= told) {
      const held = this.latest.get(agent);
      // Of two the one that says more: lines read late are no later sign of life.
      if (!held || Math.min(ingestedAt, activity.observedAt) >= Math.min(held.ingestedAt, held.observedAt))
        this.latest.set(agent, activity);
      return;
    }
    this.told.set(agent, ingestedAt);
    this.tell(activity);
  }

  /** To be called before the engine is asked. */
  flush(): void {
    for (const activity of this.latest.values()) this.tell(activity);
    this.latest.clear();
  }
}
