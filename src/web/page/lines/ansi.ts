/** Terminal text as a browser can show it: SGR colours as classes, carriage returns collapsed, controls made visible. */

export interface Segment {
  text: string;
  /** Class names, such as `fg-1 bold`; empty for plain text. */
  style: string;
}

interface Pen {
  foreground: string;
  background: string;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
}

const plainPen = (): Pen => ({
  foreground: '',
  background: '',
  bold: false,
  dim: false,
  italic: false,
  underline: false,
});

/** SGR, and the sequences that move a cursor which isn't here (ECMA-48 §5.4, §5.6; as src/records/text.ts takes them out). */
const SEQUENCE =
  /\u001b(?:\[([0-?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[PX^_][^\u001b]*\u001b\\|[ -/]*[0-~])/g;

/**
 * A line as a terminal leaves it: sequences are read first, wherever carriage returns stand (a title may hold one), then each
 * return writes over what stood before, so that a progress bar leaves its last state. The same rule as `displayText` of
 * src/records/text.ts; a test compares the two. (Erase-to-end is assumed: bars that shrink leave no tail here.)
 */
export function parseLine(raw: string): Segment[] {
  return terminalStates(raw).at(-1) ?? [];
}

/** The states of a progress bar, first to last; a line without carriage returns has one, a blank state is none. */
export function terminalStates(raw: string): Segment[][] {
  const states: Segment[][] = [];
  let state: Segment[] = [];
  let blank = true;
  let returns = false;
  const end = () => {
    if (!blank) states.push(state);
    state = [];
    blank = true;
  };
  for (const { text, style } of styled(raw)) {
    for (const [index, piece] of text.split('\r').entries()) {
      if (index > 0) {
        returns = true;
        end();
      }
      if (piece === '') continue;
      state.push({ text: showControls(piece), style });
      blank &&= /^[ \t\0\u001b]*$/.test(piece);
    }
  }
  // What holds no return is shown even where it is blank.
  if (!returns) blank = state.length === 0;
  end();
  return states;
}

/** The text between the sequences. */
function styled(raw: string): Segment[] {
  const segments: Segment[] = [];
  let pen = plainPen();
  let from = 0;
  for (const match of raw.matchAll(SEQUENCE)) {
    if (match.index > from) segments.push({ text: raw.slice(from, match.index), style: penClasses(pen) });
    from = match.index + match[0].length;
    if (match[2] === 'm') pen = applySgr(pen, match[1] ?? '');
  }
  segments.push({ text: raw.slice(from), style: penClasses(pen) });
  return segments;
}

/** NUL and friends as their control pictures (␀); a tab stays a tab. */
function showControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, character =>
    character === '\u007f' ? '\u2421' : String.fromCharCode(0x2400 + character.charCodeAt(0)),
  );
}

function applySgr(before: Pen, parameters: string): Pen {
  const pen = { ...before };
  const codes = parameters === '' ? [0] : parameters.split(/[;:]/).map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) Object.assign(pen, plainPen());
    else if (code === 1) pen.bold = true;
    else if (code === 2) pen.dim = true;
    else if (code === 3) pen.italic = true;
    else if (code === 4) pen.underline = true;
    else if (code === 22) pen.bold = pen.dim = false;
    else if (code === 23) pen.italic = false;
    else if (code === 24) pen.underline = false;
    else if (code >= 30 && code <= 37) pen.foreground = `fg-${code - 30}`;
    else if (code >= 90 && code <= 97) pen.foreground = `fg-${code - 90 + 8}`;
    else if (code === 39) pen.foreground = '';
    else if (code >= 40 && code <= 47) pen.background = `bg-${code - 40}`;
    else if (code >= 100 && code <= 107) pen.background = `bg-${code - 100 + 8}`;
    else if (code === 49) pen.background = '';
    else if (code === 38 || code === 48) {
      // 256 and true colours are brought to the sixteen that the theme keeps readable on both grounds.
      const colour = codes[i + 1] === 5 ? fromPalette(codes[i + 2]) : nearest(codes.slice(i + 2, i + 5));
      i += codes[i + 1] === 5 ? 2 : 4;
      if (code === 38) pen.foreground = `fg-${colour}`;
      else pen.background = `bg-${colour}`;
    }
  }
  return pen;
}

function fromPalette(index = 7): number {
  if (index < 16) return index;
  if (index >= 232) return index < 244 ? 8 : 7;
  const cube = index - 16;
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  return nearest([level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)]);
}

function nearest([red = 128, green = 128, blue = 128]: number[]): number {
  const bright = Math.max(red, green, blue);
  if (bright < 64) return 8;
  const bit = (value: number) => (value > bright * 0.6 ? 1 : 0);
  return bit(red) + 2 * bit(green) + 4 * bit(blue) + (bright > 200 ? 8 : 0);
}

function penClasses(pen: Pen): string {
  return [
    pen.foreground,
    pen.background,
    pen.bold && 'bold',
    pen.dim && 'dim',
    pen.italic && 'italic',
    pen.underline && 'underline',
  ]
    .filter(Boolean)
    .join(' ');
}

/** Leading timestamp and level, which stand in columns of their own beside the message. */
const PREFIX =
  /^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s*)(?:\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\]?:?\s)?\s*/i;

/**
 * Drops the prefix that only repeats the columns; the whole line stays in the details.
 * @param message the line without it, as the service read it, whatever form of time and level it has
 */
export function withoutPrefix(segments: Segment[], message = ''): Segment[] {
  const text = segments.map(segment => segment.text).join('');
  let drop =
    message !== '' && text.endsWith(message)
      ? text.length - message.length
      : (PREFIX.exec(text)?.[0].length ?? 0);
  if (drop === 0) return segments;
  const rest: Segment[] = [];
  for (const segment of segments) {
    if (drop >= segment.text.length) drop -= segment.text.length;
    else {
      rest.push(drop > 0 ? { ...segment, text: segment.text.slice(drop) } : segment);
      drop = 0;
    }
  }
  return rest.length > 0 ? rest : segments;
}
