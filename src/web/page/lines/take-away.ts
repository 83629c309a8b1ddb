import { plural } from '../../../wording/amount.js';
import { fullTime, type TimeStyle } from '../../../wording/time.js';
import { client } from '../api/client.js';
import type { LineRecord } from '../api/types.js';
import { say, sayError } from '../state/app.js';
import { searchParameters, type View } from '../state/view.js';
import { shellQuoted } from '../ui/common.js';
import { plainText } from './text.js';

const PAGE = 1000;
/** What a browser holds in memory without harm; `deadair search --json` has no such limit. */
const MOST = 100_000;

export type DownloadFormat = 'text' | 'ndjson' | 'csv';

/** Fetches everything the view asks for, page by page, and gives it to the browser as a file. */
export async function downloadLines(view: View, format: DownloadFormat, style: TimeStyle): Promise<void> {
  const parts: string[] = format === 'csv' ? ['time,agent,host,file,level,class,message\r\n'] : [];
  let lines = 0;
  let cursor: string | undefined;
  try {
    do {
      const parameters = searchParameters(view);
      parameters.set('order', view.order);
      parameters.set('limit', String(PAGE));
      if (cursor !== undefined) parameters.set('cursor', cursor);
      const reply = await client.call('GET /v1/search', { query: parameters });
      cursor = reply.cursor;
      lines += reply.records.length;
      parts.push(reply.records.map(record => lineAs(record, format, style)).join(''));
      if (cursor !== undefined) say(`${plural(lines, 'line')} so far …`);
    } while (cursor !== undefined && lines < MOST);
  } catch (error) {
    sayError(error);
    return;
  }
  const type = { text: 'text/plain', ndjson: 'application/x-ndjson', csv: 'text/csv' }[format];
  const name = `deadair-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${{ text: 'log', ndjson: 'ndjson', csv: 'csv' }[format]}`;
  saveFile(new Blob(parts, { type: `${type};charset=utf-8` }), name);
  say(
    cursor === undefined
      ? `${plural(lines, 'line')} downloaded`
      : `The first ${plural(lines, 'line')}; for all of them: ${searchCommand(view)} --json --limit 0`,
  );
}

function saveFile(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function lineAs(record: LineRecord, format: DownloadFormat, style: TimeStyle): string {
  if (format === 'ndjson') return `${JSON.stringify(record)}\n`;
  const text = plainText(record.deadair.raw);
  if (format === 'text')
    return `${fullTime(Date.parse(record['@timestamp']), style)} ${record.agent.id}: ${text}\n`;
  const cells = [
    record['@timestamp'],
    record.agent.id,
    record.host.name,
    record.log.file.path,
    record.log.level ?? '',
    record.deadair.class,
    text,
  ];
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** RFC 4180; a cell that a spreadsheet would take for a formula is kept from being one. */
function csvCell(text: string): string {
  const safe = /^[=+@\t\r-]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The same search on the command line. */
export function searchCommand(view: View): string {
  const terms = [
    view.q.trim(),
    view.agents.length > 1
      ? `agent:(${view.agents.join(' or ')})`
      : view.agents.map(one => `agent:${one}`).join(''),
    view.level === '' ? '' : `level>=${view.level}`,
    view.classes.length > 1
      ? `class:(${view.classes.join(' or ')})`
      : view.classes.map(one => `class:${one}`).join(''),
  ].filter(Boolean);
  const words = ['deadair', 'search'];
  if (terms.length > 0) words.push(shellQuoted(terms.join(' ')));
  if (view.from !== '') words.push('--from', shellQuoted(view.from));
  if (view.to !== '') words.push('--to', shellQuoted(view.to));
  if (view.order === 'oldest') words.push('--oldest');
  return words.join(' ');
}
