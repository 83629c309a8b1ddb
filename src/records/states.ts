import { loggedText } from './logged.js';
import { displayText, visibleText } from './text.js';

/**
 * The states of a line with carriage returns: a progress bar writes over itself, and a tool says "Connection refused, retrying"
 * where its bar stood a moment later. The last state is what is shown; all of them are searched and judged.
 */

const CR = '\r';

/** So many characters of a line's states are searched whatever is in them. */
const ALL_LENGTH = 64 * 1024;
/** Beyond that, so many more states that tell a thing that no state before them told (digits and strokes of bars apart). */
const MORE_KINDS = 256;
/** Of those, as much of each. */
const KIND_LENGTH = 1024;
/** So many kinds of states are judged, the first ones and the last one. */
const JUDGED_KINDS = 64;

/**
 * What is searched of a line: the states in their order, blank ones and repeated ones left out, with a carriage return between
 * them; at most 64 Ki characters and 256 states of a new kind of 1 Ki each beyond. The last one is whole in any case. Without
 * carriage returns it is the shown text.
 */
export function searchedText(raw: string): string {
  if (!raw.includes(CR)) return displayText(raw);
  return searchedStates(raw).join(CR);
}

/** The same as UTF-8, of a stored line (as `shownBytes`). */
export function searchedBytes(bytes: Uint8Array, start: number, end: number, flags: number): Uint8Array {
  return Buffer.from(searchedText(loggedText(bytes, start, end, flags)));
}

/** The states before the last one that are searched; none for a line without carriage returns. */
export function earlierStates(raw: string): string[] {
  return raw.includes(CR) ? searchedStates(raw).slice(0, -1) : [];
}

function searchedStates(raw: string): string[] {
  const states = statesOf(visibleText(raw));
  const last = states.at(-1) ?? '';
  const seen = new Set([last]);
  let kinds: Set<string> | undefined;
  let length = 0;
  let more = 0;
  const searched: string[] = [];
  for (const state of states) {
    if (seen.has(state)) continue;
    seen.add(state);
    if (length + state.length <= ALL_LENGTH) {
      length += state.length;
      searched.push(state);
      continue;
    }
    kinds ??= new Set(searched.map(kindOf));
    const kind = kindOf(state);
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    searched.push(state.slice(0, KIND_LENGTH));
    if (++more === MORE_KINDS) break;
  }
  searched.push(last);
  return searched;
}

/** States that are judged, in their order: those that differ in digits and strokes of bars alone are one. The last is the last one shown. */
export function judgedStates(raw: string): string[] {
  const states = statesOf(visibleText(raw));
  const last = states.pop();
  if (last === undefined) return [];
  const kinds = new Map([[kindOf(last), last]]);
  for (const state of states) {
    if (kinds.size >= JUDGED_KINDS) break;
    const kind = kindOf(state);
    if (!kinds.has(kind)) kinds.set(kind, state);
  }
  kinds.delete(kindOf(last));
  return [...kinds.values(), last];
}

function statesOf(visible: string): string[] {
  return visible.split(CR).filter(state => /[^ \t]/.test(state));
}

/** Digits as one, strokes of bars as none: `37% |###   | 3/8` and `50% |####  | 4/8` are of one kind. */
function kindOf(state: string): string {
  return state
    .slice(0, KIND_LENGTH)
    .replace(/[0-9]+/g, '0')
    .replace(/[ #=>.*|/\\_\u2500-\u25ff\u2800-\u28ff-]+/g, ' ');
}
