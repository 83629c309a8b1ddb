import type { RecordBatch } from '../model/record-batch.js';
import { isPlain, loggedText } from './logged.js';
import { searchedText } from './states.js';
import { displayText, messageText } from './text.js';

const NEWLINE = 0x0a;
const CR = 0x0d;

/** Reads the text of a batch's lines; nothing is decoded before it is asked for. */
export class BatchText {
  private readonly buffer: Buffer;
  private wholeText: string | undefined;

  constructor(readonly batch: RecordBatch) {
    const { bytes } = batch;
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get count(): number {
    return this.batch.count;
  }

  /** All lines as one string in which index and byte place are the same: for prefilters that search many lines at once. */
  get latin1(): string {
    this.wholeText ??= this.buffer.toString('latin1', 0, this.batch.starts[this.batch.count]!);
    return this.wholeText;
  }

  /** First byte of line `i`. */
  start(i: number): number {
    return this.batch.starts[i]!;
  }

  /** One past the last byte of line `i`, without newline and carriage return before it. */
  end(i: number): number {
    const { bytes, starts } = this.batch;
    const start = starts[i]!;
    let end = starts[i + 1]!;
    if (end > start && bytes[end - 1] === NEWLINE) end--;
    while (end > start && bytes[end - 1] === CR) end--;
    return end;
  }

  /** The line that holds byte `at` of the batch. */
  lineAt(at: number): number {
    const { starts, count } = this.batch;
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Offset of line `i` in its source. */
  offset(i: number): number {
    return this.batch.base + this.batch.starts[i]!;
  }

  /** As its program wrote it, decoded, without the newline; invalid UTF-8 becomes U+FFFD. */
  raw(i: number): string {
    const flags = this.batch.flags[i]!;
    if (isPlain(flags)) return this.buffer.toString('utf8', this.start(i), this.end(i));
    return loggedText(this.batch.bytes, this.start(i), this.end(i), flags);
  }

  display(i: number): string {
    return displayText(this.raw(i));
  }

  /** With the states that were written over (states.ts). */
  searched(i: number): string {
    return searchedText(this.raw(i));
  }

  /** Without timestamp and level in front. */
  message(i: number): string {
    return messageText(this.raw(i));
  }
}
