/** After so many blocks in a row all of whose chunks hold the words, so many are looked at without asking. */
const IN_VAIN = 2;
const UNASKED = 14;

/**
 * Whether the index rules chunks out for a query. Of `port` and `from` it says each time that all chunks hold them, which costs a tenth
 * of what it costs to look at the lines. One a plan, so that it lasts over the portions in which a reader takes a query.
 */
export class IndexWorth {
  private inVain = 0;
  private left = 0;

  /** Whether the index is to be asked for the next block. */
  asks(): boolean {
    if (this.left === 0) return true;
    this.left--;
    return false;
  }

  /** @param ruledOut whether it ruled some chunk out */
  answered(ruledOut: boolean): void {
    this.inVain = ruledOut ? 0 : this.inVain + 1;
    if (this.inVain >= IN_VAIN) this.left = UNASKED;
  }
}
