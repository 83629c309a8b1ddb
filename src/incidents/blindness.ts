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

  /** Spells that meet are one: several reasons not to look at once count once. */
  add(from: number, to?: number): void {
    if (to !== undefined && to <= from) return;
    const spell: Spell = { from, to: to ?? null };
    const apart = this.spells.filter(other => {
      if (endOf(other) < spell.from || other.from > endOf(spell)) return true;
      spell.from = Math.min(spell.from, other.from);
      spell.to = spell.to === null || other.to === null ? null : Math.max(spell.to, other.to);
      return false;
    });
    this.spells = [...apart, spell].sort((a, b) => a.from - b.from).slice(-KEPT);
  }

  /** The clock was set back: nothing that is kept lies after `to`. */
  setBack(to: number): void {
    this.spells = this.spells.flatMap(spell =>
      spell.from >= to ? [] : [{ ...spell, to: spell.to === null ? null : Math.min(spell.to, to) }],
    );
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

function endOf({ to }: Spell): number {
  return to ?? Number.POSITIVE_INFINITY;
}
