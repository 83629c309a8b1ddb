interface Spell {
  from: number;
  /** null: it goes on. */
  to: number | null;
}

const KEPT = 100;

/** Times in which Deadair was not looking: silence in them proves nothing. */
export class Blindness {
  private spells: Spell[];

  constructor(saved: Spell[] = []) {
    this.spells = saved;
  }

  add(from: number, to?: number): void {
    this.spells.push({ from, to: to ?? null });
    if (this.spells.length > KEPT) this.spells.shift();
    this.spells.sort((a, b) => a.from - b.from);
  }

  /** When a silence that began at `since` has been watched for `limit`; Infinity when nobody watches any more. */
  after(since: number, limit: number): number {
    let due = since + limit;
    for (const spell of this.spells) {
      if (spell.from >= due || (spell.to !== null && spell.to <= since)) continue;
      if (spell.to === null) return Number.POSITIVE_INFINITY;
      due += spell.to - Math.max(spell.from, since);
    }
    return due;
  }

  /** How long was looked in a span, ms. */
  seenOf(from: number, to: number): number {
    let blind = 0;
    for (const spell of this.spells)
      blind += Math.max(0, Math.min(to, spell.to ?? to) - Math.max(from, spell.from));
    return to - from - blind;
  }

  save(): Spell[] {
    return this.spells;
  }
}
