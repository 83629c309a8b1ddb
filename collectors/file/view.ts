import { messageOf } from '../../src/platform/errors.js';
/**
 * What the reader needs of a file system. The local one is local.ts; SFTP puts its own in this place, and everything
 * above (identity, rotation, gaps, delivery) is the same for both. Errors carry the errno name in `code` (`ENOENT`,
 * `EACCES`, …); any other failure is passed on and the path is tried again at the next look.
 */
export interface FileSystemView {
  readonly name: string;
  /** How many calls may run at once; above 1 where a call costs a round trip. */
  readonly concurrency: number;
  /** Every look costs round trips: look only when told (`Collector.rescan`), not after every write. */
  readonly paced?: boolean;
  list(directory: string): Promise<DirectoryEntry[]>;
  /** Follows symbolic links. */
  stat(path: string): Promise<FileStat>;
  /** Opens for reading. Must go on reading the same file when it is renamed or removed. */
  open(path: string): Promise<ByteHandle>;
  /**
   * Which of the files (`device:inode`) does some process have open for writing, whatever their names are now? Absent or undefined:
   * that can't be told here.
   */
  written?(keys: ReadonlySet<string>): Promise<ReadonlySet<string> | undefined>;
  /** Wakes the reader early. Optional, and only ever a hint: the periodic rescan finds everything without it. */
  watch?(wake: Wake): DirectoryWatcher;
}

export interface DirectoryEntry {
  name: string;
  kind: 'file' | 'directory' | 'link' | 'other';
}

export interface FileStat {
  kind: 'file' | 'directory' | 'other';
  size: number;
  mtimeMs: number;
  /** Absent where the system has none (SFTP): identity is then judged by content alone. */
  inode?: string;
  device?: string;
  /** Hard links; 0 once the open file is removed. */
  links?: number;
}

export interface ByteHandle {
  stat(): Promise<FileStat>;
  /**
   * Fills the buffers one after the other from `position`, as readv does.
   * @param written what is read was written a moment ago: a local disk need not be asked for it
   * @returns bytes read; fewer than asked only at the end of the file
   */
  read(into: readonly Uint8Array[], position: number, written?: boolean): Promise<number>;
  close(): Promise<void>;
}

/**
 * A file in a watched directory was written, or (`shape`) something there came, went or was renamed. Neither name nor shape: any
 * of its files may have been written.
 */
export type Wake = (directory: string, name: string | null, shape: boolean) => void;

export interface DirectoryWatcher {
  /** The directories that shall be watched from now on. */
  set(directories: ReadonlySet<string>): void;
  close(): Promise<void>;
}

/** The errno name of what was thrown, or its message where it has none. */
export function errnoOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return code;
  return thrown instanceof Error ? thrown.message.slice(0, 64) : messageOf(thrown).slice(0, 64);
}

export function isAbsent(thrown: unknown): boolean {
  const code = errnoOf(thrown);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Did the file system refuse or fail, rather than our own code? Its errors carry an errno name, a remote host's `SSH-…`. */
export function isReadFault(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(E[A-Z0-9]+$|SSH-|Z_)/.test(code);
}

/** An open file that no longer can be used, although the file itself may be well: its connection or its server's handle is gone. */
export function isHandleDead(thrown: unknown): boolean {
  return /^(EBADF|ESTALE|ENOTCONN|ECONNRESET|SSH-.*)$/.test(errnoOf(thrown));
}

/** Same physical file, as far as inodes can tell; undefined where there are none. */
export function sameInode(
  a: { inode?: string | undefined; device?: string | undefined },
  b: { inode?: string | undefined; device?: string | undefined },
): boolean | undefined {
  if (a.inode === undefined || b.inode === undefined) return undefined;
  return a.inode === b.inode && a.device === b.device;
}

/** Reads [position, position + length) into a new buffer, shorter at the end of the file. */
export async function readBytes(
  handle: ByteHandle,
  position: number,
  length: number,
  written = false,
): Promise<Buffer> {
  if (length <= 0) return Buffer.alloc(0);
  const buffer = Buffer.allocUnsafe(length);
  const got = await handle.read([buffer], position, written);
  return got === length ? buffer : buffer.subarray(0, got);
}
