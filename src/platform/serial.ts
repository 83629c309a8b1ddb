/** Runs one piece of work at a time, in the order it was asked for. */
export class Serial {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** Something asked for is not done yet. */
  get busy(): boolean {
    return this.waiting > 0;
  }

  /** Runs `work` when everything asked for before is done, however that ended. @returns what it gives */
  run<T>(work: () => Promise<T> | T): Promise<T> {
    this.waiting++;
    const next = this.last.then(work).finally(() => this.waiting--);
    this.last = next.catch(() => {});
    return next;
  }

  /** Resolves when nothing is left to do, what was asked for meanwhile included. */
  async idle(): Promise<void> {
    let seen: Promise<unknown>;
    do {
      seen = this.last;
      await seen;
    } while (seen !== this.last);
  }
}
