import type { FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2';
import type { ByteHandle, DirectoryEntry, FileStat, FileSystemView } from '../file/view.js';
import { type HostConnection, HostError } from './connection.js';

/** Bytes of one read request: OpenSSH's server serves up to 256 KiB, 32 KiB is what every server takes (draft 02, 3). */
const REQUEST_BYTES = 32 * 1024;
/** Requests under way at once, as many as OpenSSH's own `sftp -R` has by default. */
const IN_FLIGHT = 64;

/** A remote host's files over SFTP, in the local file system's place. SFTP has no inodes: identity is judged by content. */
export class SftpView implements FileSystemView {
  readonly name: string;
  readonly concurrency = 8;

  constructor(private readonly connection: HostConnection) {
    this.name = `sftp://${connection.host.host}`;
  }

  async list(directory: string): Promise<DirectoryEntry[]> {
    const entries = await this.request<FileEntryWithStats[]>('listing', (sftp, done) =>
      sftp.readdir(directory, done),
    );
    return entries
      .filter(entry => entry.filename !== '.' && entry.filename !== '..')
      .map(entry => ({ name: entry.filename, kind: kindOf(entry.attrs) }));
  }

  async stat(path: string): Promise<FileStat> {
    return toFileStat(await this.request<Stats>('stat', (sftp, done) => sftp.stat(path, done)));
  }

  async open(path: string): Promise<ByteHandle> {
    // A handle belongs to its connection: after a reconnect it is dead, and its file is opened anew by whoever holds it.
    let owner: SFTPWrapper | undefined;
    const handle = await this.request<Buffer>('open', (sftp, done) => {
      owner = sftp;
      sftp.open(path, 'r', done);
    });
    const same = (sftp: SFTPWrapper): void => {
      if (sftp !== owner)
        throw Object.assign(new Error('the connection this file was opened on is gone'), { code: 'EBADF' });
    };
    return {
      stat: async () =>
        toFileStat(
          await this.request<Stats>('fstat', (sftp, done) => {
            same(sftp);
            sftp.fstat(handle, done);
          }),
        ),
      read: (into, position) =>
        this.connection.call('a read', session => {
          const sftp = sftpOf(session.sftp);
          same(sftp);
          return readPipelined(sftp, handle, into, position);
        }),
      close: async () => {
        await this.request<undefined>('close', (sftp, done) => {
          if (sftp === owner) sftp.close(handle, error => done(error, undefined));
          else done(undefined, undefined);
        }).catch(() => {});
      },
    };
  }

  private request<T>(
    what: string,
    run: (sftp: SFTPWrapper, done: (error: Error | null | undefined, value: T) => void) => void,
  ): Promise<T> {
    return this.connection.call(
      what,
      session =>
        new Promise<T>((resolve, reject) => {
          run(sftpOf(session.sftp), (error, value) => (error ? reject(toErrno(error)) : resolve(value)));
        }),
    );
  }
}

function sftpOf(sftp: SFTPWrapper | undefined): SFTPWrapper {
  if (!sftp) throw new HostError('sftp-off', 'this host has sftp off');
  return sftp;
}

/** Fills the buffers in order, with IN_FLIGHT requests under way; stops at the end of the file. */
async function readPipelined(
  sftp: SFTPWrapper,
  handle: Buffer,
  into: readonly Uint8Array[],
  position: number,
): Promise<number> {
  const pieces: { target: Buffer; at: number }[] = [];
  let at = position;
  for (const bytes of into) {
    for (let offset = 0; offset < bytes.length; offset += REQUEST_BYTES) {
      const length = Math.min(REQUEST_BYTES, bytes.length - offset);
      pieces.push({ target: Buffer.from(bytes.buffer, bytes.byteOffset + offset, length), at });
      at += length;
    }
  }
  const got = new Array<number>(pieces.length).fill(0);
  let next = 0;
  let ended = false;
  const work = async (): Promise<void> => {
    while (next < pieces.length && !ended) {
      const index = next++;
      const piece = pieces[index]!;
      // A server may answer with fewer bytes than asked: ask on until the piece is full or the file ends.
      while (got[index]! < piece.target.length) {
        const read = await readOnce(sftp, handle, piece.target, got[index]!, piece.at + got[index]!);
        if (read === 0) {
          ended = true;
          break;
        }
        got[index]! += read;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, pieces.length) }, work));
  let total = 0;
  for (const [index, piece] of pieces.entries()) {
    total += got[index]!;
    if (got[index]! < piece.target.length) break;
  }
  return total;
}

function readOnce(
  sftp: SFTPWrapper,
  handle: Buffer,
  target: Buffer,
  offset: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    sftp.read(handle, target, offset, target.length - offset, position, (error, read) => {
      const failed = error as (Error & { code?: number }) | undefined;
      if (failed?.code === 1) resolve(0);
      else if (failed) reject(toErrno(failed));
      else resolve(read);
    });
  });
}

/** SSH_FX_* (draft-ietf-secsh-filexfer-02, 7) as errno names. */
const STATUS: Record<number, string> = {
  2: 'ENOENT',
  3: 'EACCES',
  4: 'EIO',
  6: 'ENOTCONN',
  7: 'ECONNRESET',
  8: 'ENOTSUP',
};

function toErrno(error: Error): Error {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'number') return error;
  return Object.assign(new Error(error.message, { cause: error }), { code: STATUS[code] ?? 'EIO' });
}

function kindOf(attributes: { mode: number }): DirectoryEntry['kind'] {
  const type = attributes.mode & 0o170000;
  if (type === 0o100000) return 'file';
  if (type === 0o040000) return 'directory';
  return type === 0o120000 ? 'link' : 'other';
}

function toFileStat(stats: Stats): FileStat {
  const kind = kindOf(stats);
  return { kind: kind === 'link' ? 'other' : kind, size: stats.size, mtimeMs: stats.mtime * 1000 };
}
