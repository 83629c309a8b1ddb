import { isAscii } from 'node:buffer';
import { RecordFlag } from '../model/vocabulary.js';
import { ByteSearch } from './byte-search.js';

/** Beside the bits of RecordFlag: the line's UTF-8 needs a look. */
export const HIGH = 1;

/** Which bytes a line holds that are more than text: bits of RecordFlag, and HIGH. Lines are asked for in order. */
export class LineBits {
  private readonly escapes: ByteSearch;
  private readonly nuls: ByteSearch;
  private readonly returns: ByteSearch;
  private readonly ascii: boolean;

  constructor(private readonly bytes: Uint8Array) {
    this.escapes = new ByteSearch(bytes, 0x1b);
    this.nuls = new ByteSearch(bytes, 0);
    this.returns = new ByteSearch(bytes, 0x0d);
    this.ascii = isAscii(bytes);
  }

  of(start: number, end: number): number {
    let bits = 0;
    if (this.escapes.first(start) < end) bits |= RecordFlag.ansi;
    if (this.nuls.first(start) < end) bits |= RecordFlag.nul;
    if (this.returns.first(start) < end) bits |= RecordFlag.carriageReturn;
    if (!this.ascii && this.anyHigh(start, end)) bits |= HIGH;
    return bits;
  }

  private anyHigh(start: number, end: number): boolean {
    for (let at = start; at < end; at++) if (this.bytes[at]! >= 0x80) return true;
    return false;
  }
}
