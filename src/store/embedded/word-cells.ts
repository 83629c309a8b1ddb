/** How many lines of each cell hold a word: what the table of words writes down while it goes through a block. */
export class WordCells {
  /** (word, cell, lines) each time a word leaves a cell. */
  private noted = new Int32Array(3 << 14);
  private count = 0;
  private firsts = new Int32Array(0);
  private order = new Int32Array(0);
  private inCell = new Int32Array(0);
  /** Of the word that was asked for last: its cells, rising, and how many lines of each hold it. */
  cells = new Int32Array(0);
  lines = new Int32Array(0);

  clear(): void {
    this.count = 0;
  }

  push(word: number, cell: number, lines: number): void {
    const to = this.count++ * 3;
    if (to === this.noted.length) this.noted = grown(this.noted);
    this.noted[to] = word;
    this.noted[to + 1] = cell;
    this.noted[to + 2] = lines;
  }

  /**
   * The cells in which a word stands, rising, and the lines of each: in `cells` and `lines`, until the next word is asked for.
   * @returns how many
   */
  gather(word: number): number {
    const { noted, firsts, order, inCell, cells, lines } = this;
    const end = firsts[word + 1]!;
    let count = 0;
    for (let at = firsts[word]!; at < end; at++) {
      const note = order[at]! * 3;
      const cell = noted[note + 1]!;
      if (inCell[cell] === 0) cells[count++] = cell;
      inCell[cell]! += noted[note + 2]!;
    }
    sortFirst(cells, count);
    for (let i = 0; i < count; i++) {
      lines[i] = inCell[cells[i]!]!;
      inCell[cells[i]!] = 0;
    }
    return count;
  }

  /** Before words are asked for: a counting sort brings each word's notes together. @param words numbers of words are below this */
  prepare(words: number, cellCount: number): void {
    if (this.firsts.length < words + 2) this.firsts = new Int32Array(Math.ceil(words * 1.25) + 2);
    if (this.order.length < this.count) this.order = new Int32Array(Math.ceil(this.count * 1.25));
    if (this.inCell.length < cellCount) {
      this.inCell = new Int32Array(cellCount);
      this.cells = new Int32Array(cellCount);
      this.lines = new Int32Array(cellCount);
    }
    const { noted, count, firsts, order } = this;
    firsts.fill(0, 0, words + 2);
    // Counted two places on, so that filling moves each beginning to where it belongs.
    for (let i = 0; i < count; i++) firsts[noted[i * 3]! + 2]!++;
    for (let word = 1; word <= words; word++) firsts[word + 1]! += firsts[word]!;
    for (let i = 0; i < count; i++) order[firsts[noted[i * 3]! + 1]!++] = i;
  }
}

/** A word has few cells, and the calls of a sort would cost more than its work; where it has many, they don't. */
function sortFirst(array: Int32Array, count: number): void {
  if (count > 32) {
    array.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const value = array[i]!;
    let at = i;
    while (at > 0 && array[at - 1]! > value) {
      array[at] = array[at - 1]!;
      at--;
    }
    array[at] = value;
  }
}

/** The same in memory of twice the length. */
export function grown<T extends Int32Array | Uint32Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array as never);
  return larger;
}
