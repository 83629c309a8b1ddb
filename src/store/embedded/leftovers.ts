import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { listDays, removeDatabase } from './disk.js';
import { dayFileOf, daysFolder, generationsOf } from './schema.js';

/** What the copy of a day is called until it is whole (repack.ts): the name that it will have, and this. */
export const UNFINISHED = '.new';

/** Takes away what a crash left: copies that are not whole, and days whose copy is. */
export function removeLeftovers(directory: string): void {
  const folder = daysFolder(directory);
  for (const name of readdirSync(folder))
    if (LEFTOVER.test(name)) rmSync(path.join(folder, name), { force: true });
  for (const day of listDays(directory)) {
    const generations = generationsOf(directory, day).sort((a, b) => a - b);
    for (const old of generations.slice(0, -1)) removeDatabase(dayFileOf(directory, day, old));
  }
}

const LEFTOVER = /^[\d-]{10}\.\d+\.db\.new/;
