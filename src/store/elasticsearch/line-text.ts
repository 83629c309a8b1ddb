import { ALTERED, RecordFlag } from '../../model/vocabulary.js';
import { TOKEN_BYTES } from '../../query/tokens.js';
import { objectFields } from '../../records/line-fields.js';
import { earlierStates } from '../../records/states.js';
import { displayText, messageStart } from '../../records/text.js';
import { LineSkeletons } from '../../skeletons/line-skeletons.js';

/** What a document says of its line's text. */
export interface LineText {
  /** The line as people see it, whole. */
  shown: string;
  /** The same without timestamp and level in front. */
  message: string;
  /** What stood in front of it: searched with it, so that a line is found by any of its words. */
  head: string | undefined;
  /** The line as it came, where that is not its message. */
  original: string | undefined;
  /** What a progress bar showed before. */
  states: string[];
  /** As JSON; the kind of line that patterns count; empty of a line that says nothing. */
  skeleton: string;
  /** Its words can't tell every text inside them: a letter of another script folds to one of ASCII, or a word is too long for the index. */
  odd: boolean;
  /** Of a line that is a JSON object: its own fields as JSON, names with dots. */
  fields: string | undefined;
}

/** Letters of other scripts that fold to ASCII ones: in Lucene I with dot above and the sign for Kelvin, in re2js the long s. */
const FOLDS_TO_ASCII = /[\u0130\u017f\u212a]/;
/** Terms are cut there (template component-line). */
export const LONGEST_TERM = 8000;
/** A flattened field's name and value are one term of Lucene's, of at most 32,766 bytes. */
const LONGEST_NAME = 256;

const skeletons = new LineSkeletons();

/** @param raw as its program wrote it, decoded @param flags RecordFlag bits */
export function lineText(raw: string, flags: number): LineText {
  const shown = (flags & ALTERED) === 0 ? raw : displayText(raw);
  const start = messageStart(shown);
  const cut = headEnd(shown, start);
  const message = cut === 0 ? shown : shown.slice(cut);
  return {
    shown,
    message,
    head: cut === 0 ? undefined : shown.slice(0, cut),
    original: message === raw ? undefined : raw,
    states: (flags & RecordFlag.carriageReturn) === 0 ? [] : earlierStates(raw),
    skeleton: skeletons.json(shown, start),
    odd: shown.length > LONGEST_TERM || FOLDS_TO_ASCII.test(raw),
    fields: ownFields(message),
  };
}

/**
 * Where the head is cut off; 0: the line has none. Indentation alone is no head, a line that is all head keeps it, and no word is cut
 * in two, since each part is cut into words by itself.
 */
function headEnd(shown: string, start: number): number {
  if (start === 0 || start >= shown.length) return 0;
  if (isWordUnit(shown, start - 1) && isWordUnit(shown, start)) return 0;
  for (let i = 0; i < start; i++) {
    const unit = shown.charCodeAt(i);
    if (unit !== 0x20 && unit !== 0x09) return start;
  }
  return 0;
}

/** May the unit belong to a word? Of other scripts each counts. */
function isWordUnit(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0x80 || TOKEN_BYTES[unit] === 1;
}

function ownFields(message: string): string | undefined {
  let json = '';
  for (const [name, value] of objectFields(message) ?? []) {
    if (name === '' || name.length > LONGEST_NAME || name.includes('\0')) continue;
    json += `${json === '' ? '{' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return json === '' ? undefined : `${json}}`;
}
