const WINDOW_MS = 3000;

/** How many lines a second came lately, and how many of them were left out. */
export class Rate {
  private samples: { at: number; shown: number; left: number }[] = [];

  /** @param now ms */
  add(shown: number, left: number, now: number): void {
    this.samples.push({ at: now, shown, left });
  }

  read(now: number): { perSecond: number; left: number } {
    this.samples = this.samples.filter(one => now - one.at < WINDOW_MS);
    const [first] = this.samples;
    if (!first) return { perSecond: 0, left: 0 };
    const seconds = Math.max(1, (now - first.at) / 1000);
    const left = this.samples.reduce((sum, one) => sum + one.left, 0);
    const all = left + this.samples.reduce((sum, one) => sum + one.shown, 0);
    return { perSecond: Math.round(all / seconds), left };
  }

  clear(): void {
    this.samples = [];
  }
}
