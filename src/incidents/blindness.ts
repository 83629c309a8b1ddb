interface Spell {
  from: number;
  /** null: it goes on. */
  to: number | null;
}

/** A time in which Deadair was away, and until when collectors that could not reach it have tried again. */
export interface Absence {
  from: number;
  to: number;
  caughtUp: number;
}

/** Requests wait out a shorter one in the service's sockets: nobody has to try again. */
const LEAST_TOLD = 5000;
/** Collectors wait at most so long before they try again, and no longer than they have tried in vain already. */
const LONGEST_RETRY = 15_000;
/** What waited is read within so long then. */
const READING = 2000;

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

  /** The last time it was away for so long that collectors gave up in between, and is back. */
  latest(): Absence | undefined {
    const { from = 0, to } = this.spells.findLast(spell => (spell.to ?? 0) - spell.from >= LEAST_TOLD) ?? {};
    if (to === undefined || to === null) return undefined;
    return { from, to, caughtUp: to + Math.min(LONGEST_RETRY, to - from) + READING };
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
