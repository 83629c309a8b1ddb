import { OddNames } from '../file/odd-names.js';
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
  private readonly odd = new OddNames();

  constructor(private readonly connection: HostConnection) {
    this.name = `ssh://${connection.host.host}`;
    this.sftp = new SftpView(connection);
    this.exec = new ExecView(connection);
  }

  async list(directory: string): Promise<DirectoryEntry[]> {
    const entries = await (await this.chosen()).list(this.real(directory));
    return entries.map(entry => ({ ...entry, name: this.odd.shown(directory, entry.name) }));
  }

  async stat(path: string): Promise<FileStat> {
    return (await this.chosen()).stat(this.real(path));
  }

  async open(path: string): Promise<ByteHandle> {
    return (await this.chosen()).open(this.real(path));
  }

  /** ssh gives names as texts: one that is no UTF-8 has lost its bytes there, and can't be opened. */
  private real(path: string): string {
    return String(this.odd.of(path));
  }

  private async chosen(): Promise<SftpView | ExecView> {
    return (await this.connection.speaksSftp()) ? this.sftp : this.exec;
  }
}
