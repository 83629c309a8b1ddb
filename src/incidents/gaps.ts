import type { Verdict } from './facts.js';
import type { LostBytes } from './inputs.js';
import { judgeGap } from './judges/gaps-and-ports.js';

const KEPT = 200;

/** Bytes that can't be had any more, the newest few, and what is said of each: it never changes. */
export class Gaps {
  private readonly told = new Map<LostBytes, Verdict[]>();

  constructor(saved: readonly LostBytes[] = []) {
    for (const gap of saved) this.note(gap);
  }

  note(gap: LostBytes): void {
    this.told.set(gap, judgeGap(gap));
    const oldest = this.told.keys().next().value;
    if (this.told.size > KEPT && oldest) this.told.delete(oldest);
  }

  verdicts(): Verdict[] {
    return [...this.told.values()].flat();
  }

  save(): LostBytes[] {
    return [...this.told.keys()];
  }
}
