import { DeadairError } from '../platform/errors.js';

/**
 * As much of tar (POSIX ustar) as a capsule needs: plain files only. Written so that any `tar` unpacks it; read so
 * strictly that what we did not write ourselves is refused, links, folders and extensions included.
 */
const BLOCK = 512;
/** Eleven octal digits. */
const MAX_ENTRY_BYTES = 8 * 1024 ** 3 - 1;
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** @param name at most 100 ASCII characters */
export function tarHeader(name: string, size: number, modifiedMs: number): Buffer {
  if (name.length > 100 || size > MAX_ENTRY_BYTES)
    throw new DeadairError('internal', `${name} (${size} bytes) does not fit into a tar archive.`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number) =>
    header.write(`${Math.floor(value).toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  header.write(name, 0, 'latin1');
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(Math.max(0, modifiedMs / 1000), 136, 11);
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Zeros up to the next block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** @returns undefined for the block of zeros that ends an archive */
function readTarHeader(header: Buffer): { name: string; size: number } | undefined {
  if (header.every(byte => byte === 0)) return undefined;
  const text = (from: number, to: number) => header.toString('latin1', from, to).replace(/\0.*$/s, '');
  const octal = (from: number, to: number) => Number.parseInt(text(from, to).trim(), 8);
  const name = text(0, 100);
  const size = octal(124, 136);
  if (text(257, 263) !== 'ustar' || octal(148, 156) !== checksum(header)) throw broken('no tar header');
  if (header.toString('latin1', 156, 157) !== '0' || text(345, 500) !== '')
    throw broken(`an entry that is no plain file: "${name.slice(0, 40)}"`);
  if (!Number.isInteger(size) || size < 0) throw broken('an entry without a size');
  return { name, size };
}

/** The sum of a header's bytes, its own field taken as blanks. */
function checksum(header: Buffer): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : header[i]!;
  return sum;
}

function broken(what: string): DeadairError {
  return new DeadairError('capsule.damaged', `The capsule is damaged: it holds ${what}.`);
}

/** Reads a stream of bytes in the pieces asked for. */
export class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private held: Buffer = Buffer.alloc(0);

  /** @param explain makes a sentence of what the stream fails with */
  constructor(
    source: AsyncIterable<Buffer>,
    private readonly explain: (thrown: unknown) => Error,
  ) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** At most `most` bytes, as they come; undefined at the end. */
  async some(most: number): Promise<Buffer | undefined> {
    while (this.held.length === 0) {
      const next = await this.chunks.next().catch(thrown => {
        throw this.explain(thrown);
      });
      if (next.done) return undefined;
      this.held = next.value;
    }
    const part = this.held.subarray(0, most);
    this.held = this.held.subarray(part.length);
    return part;
  }

  /** Exactly `count` bytes. @throws DeadairError when the stream ends before */
  async exactly(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const part = await this.some(left);
      if (!part)
        throw new DeadairError('capsule.damaged', 'The capsule is cut short: copy or export it again.');
      parts.push(part);
      left -= part.length;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, count);
  }
}

export interface TarEntry {
  name: string;
  size: number;
  /** To be read to its end, or not at all, before the next entry is asked for. */
  body: EntryBody;
}

export class EntryBody {
  private left: number;

  constructor(
    private readonly bytes: ByteReader,
    private readonly size: number,
  ) {
    this.left = size;
  }

  /** The next piece; undefined when there is none. */
  async some(most: number): Promise<Buffer | undefined> {
    if (this.left === 0) return undefined;
    const part = await this.bytes.exactly(Math.min(this.left, most, 65_536));
    this.left -= part.length;
    return part;
  }

  async exactly(count: number): Promise<Buffer> {
    if (count > this.left) throw broken('less of a log than its lines need');
    this.left -= count;
    return this.bytes.exactly(count);
  }

  async skip(): Promise<void> {
    while (await this.some(65_536)) {
      // only passed over
    }
    await this.bytes.exactly((BLOCK - (this.size % BLOCK)) % BLOCK);
  }
}

/** The entries of an archive in their order. */
export async function* tarEntries(bytes: ByteReader): AsyncGenerator<TarEntry> {
  for (;;) {
    const header = readTarHeader(await bytes.exactly(BLOCK));
    if (!header) return;
    const body = new EntryBody(bytes, header.size);
    yield { ...header, body };
    await body.skip();
  }
}
