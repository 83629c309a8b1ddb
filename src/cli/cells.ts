import { countWords } from '../wording/amount.js';

/** Colours and styles: they take no room. */
const STYLE = /\x1b\[[0-9;]*m/g;
const PLAIN = /^[\x20-\x7e]*$/;
/** Characters of two cells (Unicode East Asian Width W and F, emoji), and those of none (marks that stand on others). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
const NONE = /\p{Mn}|\p{Me}|[\u200d\ufe0e\ufe0f]/u;

/** How many cells of a terminal a text takes. */
export function cells(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let sum = 0;
  for (const character of text.replace(STYLE, '')) sum += cellsOf(character);
  return sum;
}

function cellsOf(character: string): number {
  if (character < '\x7f') return 1;
  return NONE.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

/** A text padded to so many cells. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)));
}

/** A line's own indent, and behind a list's dash two more. */
const INDENT = /^(\s*(?:[-•✗✓…]\s+)?)/;

/**
 * Lines of prose broken between words where the screen ends, further lines under the beginning of the first. A word that is wider than
 * the screen (a path, an id) stays whole on a line of its own.
 * @param width cells of the screen
 */
export function wrapWords(text: string, width: number): string {
  return text
    .split('\n')
    .map(line => (cells(line) <= width ? line : wrapLine(line, width)))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const indent = Math.min(cells(INDENT.exec(line.replace(STYLE, ''))?.[1] ?? ''), Math.floor(width / 2));
  const hang = ' '.repeat(indent);
  const out: string[] = [];
  let current = '';
  let used = 0;
  let gap = '';
  for (const piece of line.match(/\s+|[^\s]+/g) ?? []) {
    if (/^\s/.test(piece)) {
      gap += piece;
      continue;
    }
    // A style alone takes no room, and needs none behind what is there.
    if (cells(piece) === 0) {
      current += piece;
      continue;
    }
    const room = cells(gap) + cells(piece);
    if (used > indent && used + room > width) {
      out.push(current);
      current = hang + piece;
      used = indent + cells(piece);
    } else {
      current += gap + piece;
      used += room;
    }
    gap = '';
  }
  out.push(current);
  return out.join('\n');
}

/** Where in a text something stands that must stay in sight: [from, to). */
type Spot = readonly [number, number];

/** Characters beyond the screen's width from which on the mark says how many they are. */
const HUGE = 1000;
const HEAD = 0.4;

/**
 * What fits of a line that is longer than its room: its beginning and its end, where the cause and the signal's words stand, and the first
 * match where that would be cut out; `…` marks what is not shown.
 * @param room cells; at least 10
 * @param keep the first match
 * @returns pieces of the text in order, to be joined by `mark`
 */
export function cutMiddle(text: string, room: number, keep?: Spot): { pieces: Spot[]; mark: string } {
  if (cells(text) <= room) return { pieces: [[0, text.length]], mark: '' };
  const more = text.length - room;
  const mark = more > HUGE ? `…(+${countWords(more)} characters; --full)…` : '…';
  const free = room - cells(mark);
  const head = fromStart(text, 0, Math.ceil(free * HEAD));
  const tail = fromEnd(text, free - Math.ceil(free * HEAD));
  if (!keep || keep[1] <= head || keep[0] >= tail)
    return {
      pieces: [
        [0, head],
        [tail, text.length],
      ],
      mark,
    };
  // Three pieces of about a third: beginning, match, end.
  const each = Math.floor((room - 2) / 3);
  const width = Math.max(each, Math.min(room - 2 - 10, keep[1] - keep[0]));
  const side = Math.floor((room - 2 - width) / 2);
  const from = Math.max(0, keep[0] - Math.floor((width - Math.min(width, keep[1] - keep[0])) / 2));
  const to = fromStart(text, from, width);
  const end = fromEnd(text, side);
  return {
    pieces: [[0, fromStart(text, 0, side)], [from, to], ...(end > to ? [[end, text.length] as Spot] : [])],
    mark: '…',
  };
}

/** Words by which a reader knows what went wrong, the telling ones before the general. */
const TELLING = [
  /time[ds]?[ -]?out|refused|\breset\b|unreachable|disconnect\w*|broken pipe|protocol error|certificate|no such host|unavailable|no space left|panic\w*|killed/i,
  /closed|\blost\b|fail\w*|error|denied|abort\w*/i,
];

/** Where in a line that signals a fault the words stand that say which. */
export function tellingSpot(text: string): Spot | undefined {
  for (const words of TELLING) {
    const found = words.exec(text.slice(0, 4000));
    if (found) return [found.index, found.index + found[0].length];
  }
  return undefined;
}

/** A name that keeps its last four characters, where those of one kind differ. @param width cells; at least 7 */
export function cutName(name: string, width: number): string {
  if (cells(name) <= width) return name;
  const end = fromEnd(name, 4);
  return `${name.slice(0, fromStart(name, 0, width - 1 - cells(name.slice(end))))}…${name.slice(end)}`;
}

/** The index behind as many characters from `at` on as fit into so many cells. */
function fromStart(text: string, at: number, room: number): number {
  let used = 0;
  let end = at;
  for (const character of text.slice(at, at + room * 3 + 8)) {
    used += cellsOf(character);
    if (used > room) break;
    end += character.length;
  }
  return end;
}

function fromEnd(text: string, room: number): number {
  let used = 0;
  let start = text.length;
  for (const character of [...text.slice(-(room * 3 + 8))].reverse()) {
    used += cellsOf(character);
    if (used > room) break;
    start -= character.length;
  }
  return start;
}
