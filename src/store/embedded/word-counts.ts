import { ByteReader, ByteWriter } from './varint.js';
import type { WordTable } from './word-table.js';

/**
 * How many lines of a block hold each frequent word, by minute and agent: the histogram of a word is then read, not
 * counted. A word that fewer lines hold is not here; its few chunks are looked at.
 */
const FREQUENT_LINES = 8;

/** A cell: a minute (whole minutes since the epoch) and an agent. */
export interface Cell {
  minute: number;
  agent: string;
}

/** How many lines of a cell hold a word. */
export interface WordCount extends Cell {
  lines: number;
}

export function encodeCounts(cells: Cell[], table: WordTable): Uint8Array {
  const agents = new Map<string, number>();
  for (const { agent } of cells) if (!agents.has(agent)) agents.set(agent, agents.size);
  const writer = new ByteWriter(16_384);
  writer.varint(agents.size);
  for (const agent of agents.keys()) writer.sized(Buffer.from(agent));
  writer.varint(cells.length);
  let previous = 0;
  for (const { minute, agent } of cells) {
    writer.signed(minute - previous);
    previous = minute;
    writer.varint(agents.get(agent)!);
  }
  // Words first, then numbers: each compresses better beside its own kind.
  const words = new ByteWriter(16_384);
  const numbers = new ByteWriter(16_384);
  let wordCount = 0;
  table.eachFrequent(FREQUENT_LINES, cells.length, (word, length, own, lines, count) => {
    const from = numbers.length;
    let last = 0;
    for (let i = 0; i < count; i++) {
      numbers.varint(own[i]! - last);
      numbers.varint(lines[i]!);
      last = own[i]!;
    }
    words.sizedFirst(word, length);
    words.varint(numbers.length - from);
    wordCount++;
  });
  writer.varint(wordCount);
  writer.raw(words.done());
  writer.raw(numbers.done());
  return writer.done();
}

/** Calls `each` with the lines that hold the word in each cell. Returns false when the word is not counted here. */
export function readCounts(
  body: Uint8Array,
  word: Uint8Array,
  each: (cell: Cell, lines: number) => void,
): boolean {
  const reader = new ByteReader(body);
  const agents = Array.from({ length: reader.varint() }, () => Buffer.from(reader.sized()).toString('utf8'));
  const cellCount = reader.varint();
  const minutes: number[] = [];
  const agentOf: number[] = [];
  let minute = 0;
  for (let i = 0; i < cellCount; i++) {
    minute += reader.signed();
    minutes.push(minute);
    agentOf.push(reader.varint());
  }
  let before = 0;
  let found = -1;
  let length = 0;
  for (let left = reader.varint(); left > 0; left--) {
    const size = reader.varint();
    const here = found < 0 && size === word.length && equal(body, reader.at, word);
    reader.at += size;
    const bytes = reader.varint();
    if (here) {
      found = before;
      length = bytes;
    }
    before += bytes;
  }
  if (found < 0) return false;
  reader.at += found;
  const end = reader.at + length;
  for (let cell = 0; reader.at < end; ) {
    cell += reader.varint();
    each({ minute: minutes[cell]!, agent: agents[agentOf[cell]!]! }, reader.varint());
  }
  return true;
}

function equal(body: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (body[at + i] !== word[i]) return false;
  return true;
}
