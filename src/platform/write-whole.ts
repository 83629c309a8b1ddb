import { chmodSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Writes a file as a whole or not at all: whoever reads it meanwhile, or after a kill, finds the one before or this one.
 * @param mode who may read it; absent: as the process makes files
 * @throws what the file system says; its folder must be there
 */
export function writeWhole(file: string, text: string, mode?: number): void {
  const half = `${file}.new`;
  writeFileSync(half, text, mode === undefined ? undefined : { mode });
  // One that a kill left behind has the rights it had.
  if (mode !== undefined) chmodSync(half, mode);
  renameSync(half, file);
}
