/**
 * Characters that have no place in a name or on a terminal, as the inside of a character class (`u` flag): control characters (a
 * terminal obeys C1 as it obeys ESC), line and paragraph separators, halves of characters, marks that turn the direction of
 * writing, and invisible ones that make two names look alike.
 */
export const UNSAFE =
  '\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\u061c\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff\\u{e0000}-\\u{e007f}';

const UNSAFE_BUT_TAB = new RegExp(`(?!\\t)[${UNSAFE}]`, 'gu');
/** Most text is plain ASCII: one look without the `u` flag's cost decides. */
const PLAIN = /^[\t\x20-\x7e]*$/;

/**
 * A text from outside on its way to a terminal or a log: what would move a cursor, change a title, forge a line or turn the writing
 * round is shown as what it is, `\x1b`, `\u{202e}`. Every way out goes through it; nothing that was printable changes.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE_BUT_TAB, shown);
}

/** The colours and styles picocolors sets, and their ends (ECMA-48, SGR). */
const STYLE = /(\x1b\[(?:[0-4]|7|8|9|2[2-9]|3[0-79]|4[0-79]|9[0-7])m|\n)/;

/** A finished text of our own, colours and line ends included: everything else in it was somebody's. */
export function printableOutput(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .split(STYLE)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join('');
}

/** The text of a JSON document: its strings keep their meaning, and a terminal that shows it is safe. */
export function printableJson(json: string): string {
  if (PLAIN.test(json)) return json;
  return json.replace(UNSAFE_BUT_TAB, character =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()]
          .map(i => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}

function shown(character: string): string {
  const code = character.codePointAt(0)!;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
