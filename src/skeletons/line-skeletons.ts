import { messageStart, messageText } from '../records/text.js';
import { Masker } from './mask.js';
import { EXAMPLE, EXAMPLE_BYTES } from './tally.js';

/** Texts kept: as many kinds of lines as one service sees in a while. */
const KEPT = 20_000;

interface Kept {
  hash2: number;
  /** As JSON writes it, with its quotes. */
  json: string;
}

/** Skeletons of messages as JSON, one after the other: few texts stand for nearly all lines, so each is decoded once. */
export class LineSkeletons {
  private readonly masker = new Masker();
  private readonly bytes = new Uint8Array(3 * EXAMPLE);
  private readonly encoder = new TextEncoder();
  private readonly kept = new Map<number, Kept>();

  /**
   * The skeleton by which patterns count this line (tally.ts).
   * @param shown the line as displayed @param start where its message begins (records/text.ts)
   * @returns JSON text; of a line that says nothing an empty one
   */
  json(shown: string, start: number): string {
    const { masker, kept } = this;
    const { written } = this.encoder.encodeInto(exampleOf(shown, start), this.bytes);
    masker.mask(this.bytes, 0, written);
    const known = kept.get(masker.hash1);
    if (known?.hash2 === masker.hash2) return known.json;
    const json = JSON.stringify(masker.text());
    if (kept.size >= KEPT) kept.clear();
    kept.set(masker.hash1, { hash2: masker.hash2, json });
    return json;
  }
}

/** As much of a displayed line's message as is shown of its kind, and tells its skeleton, wherever it is counted. */
export function exampleText(shown: string): string {
  return exampleOf(shown, messageStart(shown)).slice(0, EXAMPLE);
}

function exampleOf(shown: string, start: number): string {
  // Nearly all lines: no character takes more than three bytes in UTF-8.
  if (shown.length * 3 <= EXAMPLE_BYTES) return shown.slice(start);
  const bytes = Buffer.from(shown, 'utf8');
  if (bytes.length <= EXAMPLE_BYTES) return shown.slice(start, start + EXAMPLE);
  return messageText(bytes.toString('utf8', 0, EXAMPLE_BYTES)).slice(0, EXAMPLE);
}
