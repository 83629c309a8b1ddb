/** Every so many-th line is looked at whole, until the first choice and from then on: looking at one costs as much as judging ten. */
const SAMPLED_FIRST = 64;
const SAMPLED_LATER = 256;
/** Lines looked at before the first choice, and from one choice to the next (some two million lines). */
const FIRST_CHOICE = 512;
const NEXT_CHOICE = 8192;
/** A trigger found in fewer lines is left alone, and another one must be so many times as rare. */
const COMMON = 0.005;
const BETTER = 2;

/**
 * Which group of an arm's literals triggers the check of the others: at first the one that the packs put first, then, by what
 * the lines that come hold, a rarer one where that is common. Lines are sampled blindly, those the sieve drops, too, so that
 * the share of a group does not depend on what is chosen now, and nothing goes back and forth.
 */
export class TriggerChoice {
  /** Per arm: index into its groups. */
  private readonly chosen: Uint8Array;
  /** Per literal: sampled lines that hold it. */
  private readonly hits: Uint32Array;
  private sampled = 0;
  private nextChoice = FIRST_CHOICE;
  /** Lines until the next one that is looked at. */
  private ahead = 0;
  /** Each so many-th line is to be looked at. */
  step = SAMPLED_FIRST;

  /**
   * @param literalsOfGroup numbers of the literals of each group
   * @param groupsOfArm of each arm its groups, the one that is rarest by a guess first
   */
  constructor(
    private readonly literalsOfGroup: readonly (readonly number[])[],
    private readonly groupsOfArm: readonly (readonly number[])[],
    literals: number,
  ) {
    this.chosen = new Uint8Array(groupsOfArm.length);
    this.hits = new Uint32Array(literals);
  }

  /** Index of the group of an arm that triggers. */
  of(arm: number): number {
    return this.chosen[arm]!;
  }

  /** @returns the first of the next `lines` lines to be looked at; each `step`-th after it follows */
  skip(lines: number): number {
    const first = this.ahead;
    const looked = first < lines ? Math.ceil((lines - first) / this.step) : 0;
    this.ahead = first + looked * this.step - lines;
    this.sampled += looked;
    return first;
  }

  /** A line that was looked at holds the literal; once a line. */
  count(literal: number): void {
    this.hits[literal]!++;
  }

  /** Chooses anew when enough was seen. @returns whether another group was chosen for any arm */
  changed(): boolean {
    if (this.sampled < this.nextChoice) return false;
    const shares = this.literalsOfGroup.map(
      literals => literals.reduce((sum, literal) => sum + this.hits[literal]!, 0) / this.sampled,
    );
    let changed = false;
    for (const [arm, groups] of this.groupsOfArm.entries()) {
      const share = shares[groups[this.chosen[arm]!]!]!;
      if (share < COMMON) continue;
      const rarest = groups.reduce(
        (best, group, index) => (shares[group]! < shares[groups[best]!]! ? index : best),
        0,
      );
      if (shares[groups[rarest]!]! * BETTER > share) continue;
      this.chosen[arm] = rarest;
      changed = true;
    }
    // What was seen long ago counts less and less.
    for (let literal = 0; literal < this.hits.length; literal++) this.hits[literal]! >>>= 1;
    this.sampled >>>= 1;
    this.nextChoice = this.sampled + NEXT_CHOICE;
    this.step = SAMPLED_LATER;
    return changed;
  }
}
