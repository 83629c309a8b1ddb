import { findMarks } from '../../../query/highlight.js';
import { cutLine } from '../../../records/cut-line.js';
import { sizeWords } from '../../../wording/amount.js';
import { parseLine, type Segment, terminalStates, withoutPrefix } from './ansi.js';

/** A row shows so much of a line; the rest is one click away. */
const MOST_SHOWN = 2000;

export interface MarkPatterns {
  /** What the query asked for. */
  query: RegExp | undefined;
  /** What is to be marked besides. */
  mark: RegExp | undefined;
}

/** Characters that turn the direction of what follows: shown by name, never obeyed. */
const DIRECTION = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const named = (text: string) =>
  text.replace(DIRECTION, sign => `[U+${sign.charCodeAt(0).toString(16).toUpperCase()}]`);

/** The text as a terminal would have left it, coloured, with what was looked for marked. */
export function LineText(props: {
  raw: string;
  /** With its time and level, which stand in columns of their own otherwise. */
  prefix: boolean;
  /** Without them, as the service read it. */
  message?: string;
  patterns?: MarkPatterns | undefined;
  /** Bytes of the whole line, where `raw` may be cut. */
  whole?: number;
  full?: boolean;
}) {
  const parsed = parseLine(props.full ? props.raw : cutLine(props.raw, 4 * MOST_SHOWN));
  const segments = (props.prefix ? parsed : withoutPrefix(parsed, props.message)).map(one => ({
    ...one,
    text: named(one.text),
  }));
  const length = segments.reduce((sum, one) => sum + one.text.length, 0);
  const cut = !props.full && (length > MOST_SHOWN || (props.whole ?? 0) > 2 * props.raw.length + 200);
  const shown = cut ? head(segments, MOST_SHOWN) : segments;
  const text = shown.map(one => one.text).join('');
  const query = findMarks(text, props.patterns?.query);
  const mark = findMarks(text, props.patterns?.mark);
  return (
    <>
      {query.length + mark.length === 0
        ? shown.map((one, i) =>
            one.style ? (
              <span key={i} class={one.style}>
                {one.text}
              </span>
            ) : (
              one.text
            ),
          )
        : marked(shown, query, mark)}
      {cut && (
        <span class="cut-mark" title="The whole line is in its detail">
          {` … ${sizeWords(props.whole ?? props.raw.length)}`}
        </span>
      )}
    </>
  );
}

function head(segments: Segment[], most: number): Segment[] {
  const out: Segment[] = [];
  let left = most;
  for (const one of segments) {
    if (left <= 0) break;
    out.push(one.text.length > left ? { ...one, text: one.text.slice(0, left) } : one);
    left -= one.text.length;
  }
  return out;
}

/** Cuts the segments where marks begin and end. */
function marked(segments: Segment[], query: [number, number][], mark: [number, number][]) {
  const edges = new Set<number>([0]);
  for (const [from, to] of [...query, ...mark]) edges.add(from).add(to);
  const inside = (list: [number, number][], at: number) => list.some(([from, to]) => at >= from && at < to);
  const parts = [];
  let at = 0;
  for (const one of segments) {
    const end = at + one.text.length;
    const cuts = [at, ...[...edges].filter(edge => edge > at && edge < end).sort((a, b) => a - b), end];
    for (let i = 0; i + 1 < cuts.length; i++) {
      const from = cuts[i]!;
      const text = one.text.slice(from - at, cuts[i + 1]! - at);
      if (inside(mark, from))
        parts.push(
          <mark key={from} class={`mark-own ${one.style}`}>
            {text}
          </mark>,
        );
      else if (inside(query, from))
        parts.push(
          <mark key={from} class={one.style || undefined}>
            {text}
          </mark>,
        );
      else if (one.style)
        parts.push(
          <span key={from} class={one.style}>
            {text}
          </span>,
        );
      else parts.push(text);
    }
    at = end;
  }
  return parts;
}

/** How many states a progress bar went through. */
export function statesOf(raw: string): number {
  return raw.includes('\r') ? terminalStates(raw.slice(0, 20_000)).length : 0;
}

/** The text without colours. */
export function plainText(raw: string): string {
  return parseLine(raw)
    .map(segment => segment.text)
    .join('');
}
