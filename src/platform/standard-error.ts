import { fstatSync, writeSync } from 'node:fs';

let isFile: boolean | undefined;

/**
 * Writes to standard error as far as that goes. Whatever runs goes on when nobody can be told any more: the disk that holds its log is
 * full, whoever read it is gone. A file is written past Node's stream, which ends for ever at its first error: with room again the
 * log goes on.
 */
export function writeToStandardError(text: string): void {
  isFile ??= isRegularFile();
  if (!isFile) {
    process.stderr.write(text);
    return;
  }
  try {
    writeSync(2, text);
  } catch {
    // nowhere to say it
  }
}

function isRegularFile(): boolean {
  try {
    return fstatSync(2).isFile();
  } catch {
    return false;
  }
}
