import { LEVELS, type Level, RecordFlag, SIGNAL_CLASSES, type SignalClass } from '../model/vocabulary.js';
import { messageText } from '../records/text.js';
import { Masker } from './mask.js';

/** Slices of the asked time in which each skeleton's lines are counted: bursts show there. */
export const SLICES = 48;
/** Skeletons kept apart at most; beyond them only the first words tell. */
export const MAX_SKELETONS = 20_000;
const MAX_COARSE = 4_000;
const COARSE_WORDS = 4;
/** As much of a message as is shown of a skeleton, and tells it, in UTF-16 units. */
export const EXAMPLE = 500;
/** As much of a displayed line is looked at for it, in bytes. */
export const EXAMPLE_BYTES = 2 * EXAMPLE;

/** Lines of one skeleton. Times: ms since the epoch. */
export interface SkeletonCount {
  /** The line without time and level, with placeholders. */
  text: string;
  count: number;
  first: number;
  last: number;
  /** Worst level and most telling class among its lines. */
  level: Level;
  class: SignalClass;
  /** The earliest line, without time and level. */
  example: string;
  /** Lines by agent. Made of entries, and read as entries: an agent may be called `constructor`. */
  agents: Record<string, number>;
  /** Lines in each of SLICES equal parts of the asked time. */
  slices: number[];
  /** All its lines belong to the record above them (stack traces). */
  continuation: boolean;
}

/** What a stretch of lines consists of. Can be made in parts and added up: the sum does not depend on the division. */
export interface Tally {
  from: number;
  to: number;
  lines: number;
  skeletons: SkeletonCount[];
}

interface Slot {
  count: number;
  first: number;
  last: number;
  level: number;
  class: number;
  text: string;
  example: string;
  slices: Uint32Array;
  continuation: boolean;
  /** Lines by number of origin. */
  origins: Map<number, number>;
  lastOrigin: number;
  sinceOrigin: number;
}

/** Counts the lines of a stretch of time by skeleton. Memory is bounded by the number of skeletons, not of lines. */
export class TallyMaker {
  private readonly masker = new Masker();
  private readonly slots: Slot[] = [];
  /** Open addressing: 64-bit hash → slot + 1. */
  private keys1 = new Int32Array(1024);
  private keys2 = new Int32Array(1024);
  private values = new Uint32Array(1024);
  private used = 0;
  private readonly width: number;

  /** @param from @param to the asked time [from, to), ms since the epoch */
  constructor(
    private readonly from: number,
    private readonly to: number,
  ) {
    this.width = Math.max(1, (to - from) / SLICES);
  }

  /**
   * One line as displayed, bytes [start, end) without newline.
   * @param origin a number that stands for an agent
   * @param level index into LEVELS @param signal index into SIGNAL_CLASSES @param flags RecordFlag bits
   */
  add(
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    origin: number,
    level: number,
    signal: number,
    flags: number,
  ): void {
    const { masker } = this;
    masker.mask(bytes, start, end);
    if (masker.length === 0) return;
    const slot = this.slotOf(masker.hash1, masker.hash2, bytes, start, end);
    if (slot.count === 0 || time < slot.first) {
      slot.first = time;
      // Lines of a source come in order; only where sources meet is an example made twice.
      if (slot.count > 0) slot.example = exampleOf(bytes, start, end);
    }
    if (slot.count === 0 || time > slot.last) slot.last = time;
    slot.count++;
    if (level > slot.level) slot.level = level;
    if (signal !== 0) slot.class = signal;
    if ((flags & RecordFlag.continuation) === 0) slot.continuation = false;
    const slice = Math.floor((time - this.from) / this.width);
    const at = slice < 0 ? 0 : slice >= SLICES ? SLICES - 1 : slice;
    slot.slices[at]!++;
    if (origin === slot.lastOrigin) slot.sinceOrigin++;
    else {
      flush(slot);
      slot.lastOrigin = origin;
      slot.sinceOrigin = 1;
    }
  }

  /** @param agentOf the agent an origin's number stands for */
  result(agentOf: (origin: number) => string): Tally {
    const { from, to } = this;
    // A line that is all time and level says as little as a blank one.
    const told = this.slots.filter(slot => slot.text !== '');
    const lines = told.reduce((sum, { count }) => sum + count, 0);
    const parts = told.map((slot): SkeletonCount => {
      flush(slot);
      const agents = new Map<string, number>();
      for (const [origin, count] of slot.origins) {
        const agent = agentOf(origin);
        agents.set(agent, (agents.get(agent) ?? 0) + count);
      }
      return {
        text: slot.text,
        count: slot.count,
        first: slot.first,
        last: slot.last,
        level: LEVELS[slot.level] ?? 'none',
        class: SIGNAL_CLASSES[slot.class] ?? 'none',
        example: slot.example,
        agents: Object.fromEntries(agents),
        slices: [...slot.slices],
        continuation: slot.continuation,
      };
    });
    return addTallies([{ from, to, lines, skeletons: parts }]);
  }

  private slotOf(hash1: number, hash2: number, bytes: Uint8Array, start: number, end: number): Slot {
    const mask = this.values.length - 1;
    let at = (hash1 ^ (hash2 >>> 7)) & mask;
    for (; this.values[at] !== 0; at = (at + 1) & mask)
      if (this.keys1[at] === hash1 && this.keys2[at] === hash2) return this.slots[this.values[at]! - 1]!;
    if (this.slots.length >= MAX_SKELETONS) return this.coarse(bytes, start, end);
    const slot = this.newSlot(bytes, start, end);
    this.insert(hash1, hash2, at);
    return slot;
  }

  private newSlot(bytes: Uint8Array, start: number, end: number): Slot {
    const example = exampleOf(bytes, start, end);
    const buffer = Buffer.from(example, 'utf8');
    this.masker.mask(buffer, 0, buffer.length);
    const slot: Slot = {
      count: 0,
      first: 0,
      last: 0,
      level: 0,
      class: 0,
      text: this.masker.text(),
      example,
      slices: new Uint32Array(SLICES),
      continuation: true,
      origins: new Map(),
      lastOrigin: -1,
      sinceOrigin: 0,
    };
    this.slots.push(slot);
    return slot;
  }

  private readonly coarseSlots = new Map<string, Slot>();

  /** Full: lines with words that differ all the time. Their first words stand for them. */
  private coarse(bytes: Uint8Array, start: number, end: number): Slot {
    const example = exampleOf(bytes, start, end);
    const buffer = Buffer.from(example, 'utf8');
    this.masker.mask(buffer, 0, buffer.length);
    const words = this.masker.text().split(' ').slice(0, COARSE_WORDS).join(' ');
    const text = this.coarseSlots.size < MAX_COARSE ? `${words} <…>` : '<…>';
    let slot = this.coarseSlots.get(text);
    if (!slot) {
      slot = { ...this.newSlot(bytes, start, end), text };
      this.slots[this.slots.length - 1] = slot;
      this.coarseSlots.set(text, slot);
    }
    return slot;
  }

  private insert(hash1: number, hash2: number, at: number): void {
    this.keys1[at] = hash1;
    this.keys2[at] = hash2;
    this.values[at] = this.slots.length;
    if (++this.used * 2 > this.values.length) this.grow();
  }

  private grow(): void {
    const { keys1, keys2, values } = this;
    const size = values.length * 2;
    this.keys1 = new Int32Array(size);
    this.keys2 = new Int32Array(size);
    this.values = new Uint32Array(size);
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0) continue;
      let at = (keys1[i]! ^ (keys2[i]! >>> 7)) & (size - 1);
      while (this.values[at] !== 0) at = (at + 1) & (size - 1);
      this.keys1[at] = keys1[i]!;
      this.keys2[at] = keys2[i]!;
      this.values[at] = values[i]!;
    }
  }
}

function flush(slot: Slot): void {
  if (slot.sinceOrigin === 0) return;
  slot.origins.set(slot.lastOrigin, (slot.origins.get(slot.lastOrigin) ?? 0) + slot.sinceOrigin);
  slot.sinceOrigin = 0;
}

function exampleOf(bytes: Uint8Array, start: number, end: number): string {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, EXAMPLE_BYTES));
  return messageText(line.toString('utf8')).slice(0, EXAMPLE);
}

/** The skeleton of one message. */
export function skeletonOf(line: string): string {
  const masker = new Masker();
  const bytes = Buffer.from(messageText(line), 'utf8');
  masker.mask(bytes, 0, bytes.length);
  return masker.text();
}

/** Adds tallies of parts of the same lines up; skeletons with the same text are one. Most frequent first, then by text. */
export function addTallies(tallies: readonly Tally[]): Tally {
  const byText = new Map<string, SkeletonCount>();
  for (const { skeletons } of tallies)
    for (const one of skeletons) {
      const known = byText.get(one.text);
      byText.set(one.text, known ? addCounts(known, one) : one);
    }
  return {
    from: Math.min(...tallies.map(one => one.from)),
    to: Math.max(...tallies.map(one => one.to)),
    lines: tallies.reduce((total, one) => total + one.lines, 0),
    skeletons: [...byText.values()].sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1)),
  };
}

export function addCounts<C extends Omit<SkeletonCount, 'text'>>(a: C, b: C): C {
  const earlier = b.first < a.first || (b.first === a.first && b.example < a.example) ? b : a;
  const agents = new Map(Object.entries(a.agents));
  for (const [agent, count] of Object.entries(b.agents)) agents.set(agent, (agents.get(agent) ?? 0) + count);
  return {
    ...a,
    count: a.count + b.count,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    level: LEVELS.indexOf(b.level) > LEVELS.indexOf(a.level) ? b.level : a.level,
    class: a.class === 'none' ? b.class : a.class,
    example: earlier.example,
    agents: Object.fromEntries(agents),
    slices: a.slices.map((count, i) => count + (b.slices[i] ?? 0)),
    continuation: a.continuation && b.continuation,
  };
}
