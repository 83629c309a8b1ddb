import { defined } from '../../src/platform/defined.js';
import type { ByteHandle, DirectoryEntry, FileStat, FileSystemView } from '../file/view.js';
import type { HostConnection } from './connection.js';

/**
 * The same over shell commands, for servers that have sftp off. A command opens the file by name each time, so an open file
 * is known by its inode: when the name leads elsewhere by now, its directory is searched for the inode.
 */
export class ExecView implements FileSystemView {
  readonly name: string;
  readonly concurrency = 4;

  constructor(private readonly connection: HostConnection) {
    this.name = `ssh://${connection.host.host}`;
  }

  async list(directory: string): Promise<DirectoryEntry[]> {
    // ls -p marks directories; -1 -A and -p are POSIX, and names with a newline in them are not followed.
    const output = await this.run(`LC_ALL=C ls -1Ap -- ${quote(`${directory}/.`)}`);
    return output
      .toString('utf8')
      .split('\n')
      .filter(name => name !== '')
      .map(name =>
        name.endsWith('/') ? { name: name.slice(0, -1), kind: 'directory' } : { name, kind: 'file' },
      );
  }

  async stat(path: string): Promise<FileStat> {
    return parseStat(await this.run(`LC_ALL=C stat -L -c '%F|%s|%Y|%i|%d|%h' -- ${quote(path)}`));
  }

  async open(path: string): Promise<ByteHandle> {
    const opened = await this.stat(path);
    const find = `f=${quote(path)}; [ "$(stat -L -c %i -- "$f" 2>/dev/null)" = ${opened.inode} ] || f=$(find ${quote(directoryOf(path))} -maxdepth 1 -inum ${opened.inode} | head -n 1); [ -n "$f" ] || { echo 'No such file' >&2; exit 1; }`;
    return {
      stat: async () => parseStat(await this.run(`${find}; LC_ALL=C stat -L -c '%F|%s|%Y|%i|%d|%h' -- "$f"`)),
      read: async (into, position) => {
        const wanted = into.reduce((sum, bytes) => sum + bytes.length, 0);
        const output = await this.run(`${find}; tail -c +${position + 1} -- "$f" | head -c ${wanted}`);
        let at = 0;
        for (const bytes of into) {
          const piece = output.subarray(at, at + bytes.length);
          bytes.set(piece);
          at += piece.length;
        }
        return at;
      },
      close: async () => {},
    };
  }

  private run(script: string): Promise<Buffer> {
    return this.connection.exec(`sh -c ${quote(script)}`);
  }
}

function parseStat(output: Buffer): FileStat {
  const [type, size, mtime, inode, device, links] = output.toString('utf8').trim().split('|');
  return {
    kind: type?.startsWith('regular') ? 'file' : type === 'directory' ? 'directory' : 'other',
    size: Number(size),
    mtimeMs: Number(mtime) * 1000,
    ...defined({ inode, device }),
    ...(links === undefined ? {} : { links: Number(links) }),
  };
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** For a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
