import { DeadairError } from './errors.js';

/** Names not heard of for so long give their places to new ones: containers get a new name with every start. */
const FORGET_MS = 2 * 86_400_000;

/**
 * How many names of a kind are kept: whoever invents a million of them is refused, and told so; those who were there go on. What is
 * kept of each name (parsers, witnesses, views) is bounded by it.
 */
export class NameCensus {
  /** When each was last heard of; those of the longest silence first. */
  private readonly known = new Map<string, number>();

  /** @param kind in words, many: `hosts` */
  constructor(
    private readonly kind: string,
    private readonly most: number,
  ) {}

  get size(): number {
    return this.known.size;
  }

  clear(): void {
    this.known.clear();
  }

  /** Takes all of them, or none. @throws DeadairError `names.too-many` */
  admit(names: Iterable<string>, now: number): void {
    const all = new Set(names);
    let fresh = 0;
    for (const name of all) if (!this.known.has(name)) fresh++;
    if (fresh > 0 && this.known.size + fresh > this.most) {
      this.forget(now - FORGET_MS);
      if (this.known.size + fresh > this.most) throw this.refusal(all);
    }
    this.heard(all, now);
  }

  /** Names that are there, whatever the limit says: of the store. */
  heard(names: Iterable<string>, at: number): void {
    for (const name of names) {
      this.known.delete(name);
      this.known.set(name, at);
    }
  }

  private forget(before: number): void {
    for (const [name, at] of this.known) if (at < before) this.known.delete(name);
  }

  private refusal(names: ReadonlySet<string>): DeadairError {
    const first = [...names].find(name => !this.known.has(name)) ?? '';
    return new DeadairError(
      'names.too-many',
      `"${first}" is one of too many: ${this.most} ${this.kind} are kept, those of two days and more ago give way. Who invents names is to be stopped, with a token of its own each sender (deadair token).`,
      { subject: this.kind, retryAfterSeconds: 60 },
    );
  }
}
