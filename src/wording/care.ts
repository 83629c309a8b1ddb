import type { Care } from '../model/care.js';
import { timeWords } from './time.js';

/** What people did about an incident, oldest first. */
export interface CareEntry {
  at: number;
  by: string;
  did: 'acknowledged' | 'noted' | 'closed';
  text?: string;
}

export function careEntries({ acknowledged, closed, notes }: Care): CareEntry[] {
  const entries: CareEntry[] = notes.map(note => ({ ...note, did: 'noted' }));
  if (acknowledged) entries.push({ ...acknowledged, did: 'acknowledged' });
  if (closed) entries.push({ ...closed, did: 'closed' });
  return entries.sort((a, b) => a.at - b.at);
}

/** `16:58:42.000 UTC ann noted: cable pulled`. */
export function careWords({ at, by, did, text }: CareEntry): string {
  const what = { acknowledged: 'looks at it', noted: 'noted', closed: 'closed it' }[did];
  return `${timeWords(at, 'clock')} ${by} ${what}${text === undefined ? '' : `: ${text}`}`;
}
