import { LINE_FORMATS } from './index.js';
import type { LineFormat } from './row.js';

/** The table for people: in a terminal, and as docs/reference/formats.md. */

const LONGEST = 110;

export function formatsText(): string {
  const parts = Object.entries(LINE_FORMATS).map(
    ([kind, formats]) =>
      `${kind}\n${formats.map(one => `  ${one.name} (${one.source})\n    ${shown(one.line)}\n    → ${read(one)}`).join('\n')}`,
  );
  return parts.join('\n\n');
}

export function formatsPage(): string {
  const total = Object.values(LINE_FORMATS).flat().length;
  const parts = Object.entries(LINE_FORMATS).map(([kind, formats]) => {
    const rows = formats.map(
      one =>
        `| ${cell(one.name)} | ${cell(one.source)} | ${code(one.line)} | ${cell(one.time ?? '–')} | ${one.level} | ${code(one.text)} |`,
    );
    return `## ${kind}\n\n| Format | From | Line | Time | Level | Text |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}`;
  });
  return `# Line formats\n\nHow ${total} formats are read. Made from the table that the tests hold (npm run formats); times in UTC.\n\n${parts.join('\n\n')}\n`;
}

function read(one: LineFormat): string {
  const where = [one.stream, one.container].filter(Boolean).join(' ');
  const time = one.time === null ? 'no time' : `${one.time}${one.assumed ? ' (assumed)' : ''}`;
  return `${time} · ${one.level} · ${shown(one.text)}${where ? ` · ${where}` : ''}${one.continuation ? ' · goes on with the line above' : ''}`;
}

function shown(text: string): string {
  const plain = text
    .replaceAll('\u001b', '␛')
    .replaceAll('\n', '⏎')
    .replaceAll('\t', '⇥')
    .replace(/[\u0000-\u001f\u007f]/g, '·');
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}

function code(text: string): string {
  return text === '' ? '–' : `<code>${cell(shown(text))}</code>`;
}

function cell(text: string): string {
  return text.replace(/[&<>|`[\]*_\\#]/g, char => `&#${char.charCodeAt(0)};`);
}
