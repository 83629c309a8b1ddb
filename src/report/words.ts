import type { Diff } from '../templates/diff.js';

/** The parts of a comparison, as reports show them. */
export const DIFF_SECTIONS: { key: Exclude<keyof Diff, 'same'>; title: string; note: string }[] = [
  { key: 'new', title: 'New in this run', note: ' that the good run did not have' },
  { key: 'oneHost', title: 'On one host only', note: ' that all hosts printed in the good run' },
  { key: 'changed', title: 'Much more or less often', note: '' },
  { key: 'gone', title: 'Not in this run', note: ' that the good run had' },
];

/** Own observations are Deadair's. */
export function speaker(by: string): string {
  return by === 'deadair' ? 'Deadair' : by;
}
