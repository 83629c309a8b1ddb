import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeWhole } from '../../platform/write-whole.js';
import { listDays } from './disk.js';
import { dayFile, dayName, daysFolder } from './schema.js';

/** Beside the days: which of them there are. A day whose file went away while no service ran would not be missed otherwise. */
const NAME = 'known.json';

/**
 * Compares the days that have a file with those there were, and writes down which there are.
 * @returns what is gone, with what to do, as for stats().damaged
 */
export function lookForDays(directory: string): { file: string; reason: string }[] {
  const folder = daysFolder(directory);
  const file = path.join(folder, NAME);
  const present = listDays(directory);
  const before = read(file);
  if (!Array.isArray(before))
    return [
      {
        file: `days/${NAME}`,
        reason: `${before.unreadable}: whether a day went away while no service ran can't be told. Compare the files beside it with a backup, then delete days/${NAME}: the days that are there then are taken for all.`,
      },
    ];
  // What was set aside as damaged is told as that.
  const gone = before.filter(day => !present.includes(day) && !wasSetAside(folder, day));
  // What is gone is missed until it is back.
  write(
    file,
    before,
    [...present, ...gone].sort((a, b) => a - b),
  );
  return gone.map(day => ({
    file: `days/${path.basename(dayFile(directory, day))}`,
    reason: `It was there, and went away while no service ran: its lines are missing from every answer. Put it back, or restore it from a backup; if that was meant, delete days/${NAME}.`,
  }));
}

/** Days that are about to be dropped are not missed. */
export function forgetDays(directory: string, days: readonly number[]): void {
  const file = path.join(daysFolder(directory), NAME);
  const before = read(file);
  // One that can't be read is told at every start, and is somebody's to look at.
  if (!Array.isArray(before)) return;
  write(
    file,
    before,
    before.filter(day => !days.includes(day)),
  );
}

function wasSetAside(folder: string, day: number): boolean {
  return readdirSync(folder).some(name => name.startsWith(dayName(day)) && name.includes('.damaged-'));
}

/** @returns the days, none where there is no such file; or why it can't be read, which is not the same */
function read(file: string): number[] | { unreadable: string } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    return code === 'ENOENT' ? [] : { unreadable: `It can't be read (${code})` };
  }
  try {
    const days: unknown = JSON.parse(text);
    if (Array.isArray(days) && days.every(day => Number.isSafeInteger(day))) return days;
  } catch {
    // not even JSON
  }
  return { unreadable: 'It is damaged' };
}

function write(file: string, before: readonly number[], days: readonly number[]): void {
  if (days.length === before.length && days.every((day, i) => day === before[i])) return;
  try {
    writeWhole(file, JSON.stringify(days), 0o600);
  } catch {
    // No days yet, a full disk, or a folder that is read-only: told elsewhere.
  }
}
