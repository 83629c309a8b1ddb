import { DeadairError } from '../../platform/errors.js';
import { timeOf } from './line-document.js';

/** Results are in the order of time, source, offset; a cursor is this key of the last row given. */
export type SortKey = [time: string, source: string, offset: number];

export const SORT = (direction: 'asc' | 'desc') => [
  {
    '@timestamp': {
      order: direction,
      format: 'strict_date_optional_time_nanos',
      unmapped_type: 'date_nanos',
    },
  },
  { 'deadair.source': { order: direction, unmapped_type: 'keyword' } },
  { 'deadair.offset': { order: direction, unmapped_type: 'long' } },
];

/** As the server sorts. */
export function compareKeys(a: SortKey, b: SortKey): number {
  const [timeA, timeB] = [timeOf(a[0]), timeOf(b[0])];
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return a[2] - b[2];
}

export function encodeCursor(key: SortKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws DeadairError `request.invalid` for what is no cursor of ours */
export function decodeCursor(cursor: string): SortKey {
  try {
    const [time, source, offset] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time) && typeof source === 'string' && typeof offset === 'number')
      return [time, source, offset];
  } catch {
    // told below
  }
  throw new DeadairError(
    'request.invalid',
    'The cursor is not one that a search returned: start from the first page.',
    { subject: 'cursor' },
  );
}
