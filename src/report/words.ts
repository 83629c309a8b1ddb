import type { Diff } from '../templates/diff.js';

/** The parts of a comparison, as reports show them. */
export const DIFF_SECTIONS: { key: Exclude<keyof Diff, 'same'>; title: string; note: string }[] = [
  { key: 'new', title: 'New in this run', note: ' that the good run did not have' },
  { key: 'oneHost', title: 'On one host only', note: ' that all hosts printed in the good run' },
  { key: 'changed', title: 'Much more or less often', note: '' },
  { key: 'gone', title: 'Not in this run', note: ' that the good run had' },
];

/** `+1:12.1`, `−0:03.0`, `+2:01:05.0`: distance from the run's begin. */
export function offsetWords(ms: number): string {
  const tenths = Math.round(Math.abs(ms) / 100);
  const hours = Math.floor(tenths / 36_000);
  const minutes = Math.floor(tenths / 600) % 60;
  const seconds = ((tenths % 600) / 10).toFixed(1).padStart(4, '0');
  const whole = hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}` : String(minutes);
  return `${ms < 0 ? '−' : '+'}${whole}:${seconds}`;
}

/** Own observations are Deadair's. */
export function speaker(by: string): string {
  return by === 'deadair' ? 'Deadair' : by;
}
