import { DeadairError } from '../../platform/errors.js';

/** Each follower costs a search per commit. */
const MOST = 100;
/** Of one address: an engineer with a page in every tab, and not all the places there are. */
const MOST_OF_ONE = 16;

/** The places of those who follow lines: so many in all, and of one client's address. */
export class Followers {
  private count = 0;
  private readonly byAddress = new Map<string, number>();

  constructor(private readonly limits = { most: MOST, mostOfOne: MOST_OF_ONE }) {}

  /**
   * Takes a place.
   * @returns gives it back; called twice it does nothing more
   * @throws DeadairError `busy` when all are taken, or all of this address
   */
  enter(address: string): () => void {
    const { most, mostOfOne } = this.limits;
    const own = this.byAddress.get(address) ?? 0;
    if (this.count >= most) throw busy(`${most} clients follow already; try again later.`);
    if (own >= mostOfOne)
      throw busy(
        `${mostOfOne} clients of ${address} follow already; close one of them, or a tab of the page.`,
      );
    this.count++;
    this.byAddress.set(address, own + 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.count--;
      const left = (this.byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.byAddress.set(address, left);
      else this.byAddress.delete(address);
    };
  }
}

function busy(message: string): DeadairError {
  return new DeadairError('busy', message, { retryAfterSeconds: 10 });
}
