import type { ByteHandle, DirectoryEntry, FileStat, FileSystemView } from '../file/view.js';
import type { HostConnection } from './connection.js';
import { ExecView } from './exec-view.js';
import { SftpView } from './sftp-view.js';

/** A host's files by whichever way its server allows: asked at each call, since a server may change over a reconnect. */
export class RemoteView implements FileSystemView {
  readonly name: string;
  readonly concurrency = 8;
  readonly paced = true;
  private readonly sftp: SftpView;
  private readonly exec: ExecView;

  constructor(private readonly connection: HostConnection) {
    this.name = `ssh://${connection.host.host}`;
    this.sftp = new SftpView(connection);
    this.exec = new ExecView(connection);
  }

  async list(directory: string): Promise<DirectoryEntry[]> {
    return (await this.chosen()).list(directory);
  }

  async stat(path: string): Promise<FileStat> {
    return (await this.chosen()).stat(path);
  }

  async open(path: string): Promise<ByteHandle> {
    return (await this.chosen()).open(path);
  }

  private async chosen(): Promise<SftpView | ExecView> {
    return (await this.connection.speaksSftp()) ? this.sftp : this.exec;
  }
}
