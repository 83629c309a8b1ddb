import { madeSafe, PATH_LENGTH } from '../../src/wire/safe-text.js';

/**
 * Files whose names are no UTF-8, or hold what no name may hold in the protocol: they are followed all the same, under a name
 * that says so (`a%1B%FF.log`). Everything above a file system knows that name alone; here it is turned back.
 */
export class OddNames {
  private readonly real = new Map<string, Buffer | string>();

  /** What the path really is. */
  of(path: string): Buffer | string {
    return this.real.get(path) ?? path;
  }

  get size(): number {
    return this.real.size;
  }

  /** @returns the name an entry goes by, when it is not its own */
  shown(directory: string, name: Buffer | string): string {
    const bytes = typeof name === 'string' ? Buffer.from(name) : name;
    const text = bytes.toString('utf8');
    const shown = madeSafe(Buffer.from(text).equals(bytes) ? text : escaped(bytes), PATH_LENGTH);
    const folder = this.real.get(directory);
    if (shown === text && folder === undefined) return text;
    const parent = folder ?? directory;
    const path = `${directory.replace(/\/$/, '')}/${shown}`;
    this.real.set(
      path,
      typeof name === 'string' && typeof parent === 'string'
        ? `${parent.replace(/\/$/, '')}/${name}`
        : Buffer.concat([Buffer.from(parent as string), SLASH, bytes]),
    );
    return shown;
  }
}

const SLASH = Buffer.from('/');

/** A name of which Node or the protocol would lose something. */
export function isOdd(name: string): boolean {
  return name.includes('\ufffd') || madeSafe(name, PATH_LENGTH) !== name;
}

/** Bytes that are no UTF-8 as `%XX`, the rest as it is. */
function escaped(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    text +=
      length === 0
        ? `%${bytes[at]!.toString(16).toUpperCase().padStart(2, '0')}`
        : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return text;
}

/** Bytes of the character at a place; 0 when there is none. */
function characterLength(bytes: Buffer, at: number): number {
  for (const length of [1, 2, 3, 4]) {
    const part = bytes.subarray(at, at + length);
    if (part.length === length && Buffer.from(part.toString('utf8')).equals(part)) return length;
  }
  return 0;
}
