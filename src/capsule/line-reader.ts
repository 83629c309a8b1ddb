import type { LineRow } from './format.js';
import type { CheckedCapsule, OpenOptions } from './open.js';
import { capsuleEntries, lineRows, readText, stretchIndex } from './open.js';
import type { TarEntry } from './tar.js';

export interface CapsuleLines {
  /** Index of the stretch. */
  stretch: number;
  row: LineRow;
  /** The row's lines, one after the other. */
  bytes: Buffer;
}

/**
 * The lines of a capsule, stretch by stretch. The file is read by two readers at once, one for what is known of the lines
 * and one for their bytes, which lie behind: neither holds more than a part of it.
 */
export async function* capsuleLines(
  { file, head }: CheckedCapsule,
  options: OpenOptions = {},
): AsyncGenerator<CapsuleLines> {
  const tables = capsuleEntries(file, options);
  const logs = capsuleEntries(file, { ...(options.maxBytes ? { maxBytes: options.maxBytes } : {}) });
  let log: TarEntry | undefined;
  try {
    for await (const { name, body } of tables) {
      if (!name.startsWith('lines/')) continue;
      const stretch = stretchIndex(name);
      const wanted = head.stretches[stretch]?.log;
      while (log?.name !== wanted) log = (await logs.next()).value as TarEntry;
      for (const row of lineRows(file, name, await readText(body))) {
        const size = row.lines.reduce((sum, [length]) => sum + length, 0);
        yield { stretch, row, bytes: await log!.body.exactly(size) };
      }
    }
  } finally {
    await tables.return(undefined);
    await logs.return(undefined);
  }
}
