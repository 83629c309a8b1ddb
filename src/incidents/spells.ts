/** A spell in which a witness said the same thing. */
export interface Condition<T> {
  value: T;
  since: number;
  last: number;
}

export const SPELLS_KEPT = 16;
/** How far apart a loss and what explains it may be told: heartbeats and probes come every few seconds. */
export const NEAR = 10_000;

/** What a witness says at a time goes on with its last spell, or begins another. */
export function noteSpell<T>(spells: Condition<T>[], value: T, at: number, since = at): void {
  const last = spells.at(-1);
  if (last?.value === value) last.last = at;
  else spells.push({ value, since: Math.max(since, last?.last ?? since), last: at });
  if (spells.length > SPELLS_KEPT) spells.shift();
}

/** How it stood in the minute before and the seconds after a moment. */
export function spellAround<T>(spells: Condition<T>[], at: number): Condition<T> | undefined {
  return spells.findLast(spell => spell.last >= at - 60_000 && spell.since <= at + NEAR) ?? spells.at(-1);
}
