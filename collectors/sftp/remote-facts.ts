import { madeSafe } from '../../src/wire/safe-text.js';
import type { FileProcesses, HostFacts, WrittenFile } from '../delivery/host-facts.js';
import { parseProcStat } from '../delivery/host-facts.js';
import type { HostConnection } from './connection.js';
import { quote } from './exec-view.js';

/** What ssh can tell of a host: free disk over SFTP, and by commands, where `processes` allows them, who writes the logs. */
export class RemoteHostFacts implements HostFacts {
  constructor(private readonly connection: HostConnection) {}

  trouble(): { kind: string; message: string } | undefined {
    const trouble = this.connection.trouble;
    return trouble && { kind: trouble.kind, message: madeSafe(trouble.message, 1000) };
  }

  async bootId(): Promise<string | undefined> {
    return (await this.ask('cat /proc/sys/kernel/random/boot_id'))?.trim() || undefined;
  }

  async diskFree(directory: string): Promise<number | null> {
    if (this.connection.trouble) return null;
    const bytes = await this.connection
      .call('statvfs', async ({ sftp }) => {
        if (!sftp) return null;
        return new Promise<number | null>(resolve =>
          sftp.ext_openssh_statvfs(directory, (error, info) => {
            // @types/ssh2 lacks the reply's fields (statvfs(3)).
            const { f_bavail, f_frsize } = (info ?? {}) as { f_bavail?: number; f_frsize?: number };
            resolve(error || f_bavail === undefined || f_frsize === undefined ? null : f_bavail * f_frsize);
          }),
        );
      })
      .catch(() => null);
    return bytes;
  }

  async processes(files: readonly WrittenFile[]): Promise<Map<string, FileProcesses>> {
    const found = new Map<string, FileProcesses>();
    if (files.length === 0) return found;
    const names = files.map(file => `-lname ${quote(file.path)}`).join(' -o ');
    // PATH<TAB>stat line of every process that holds one of the files; find leaves out what it may not read.
    const script = `for fd in $(find /proc/[0-9]*/fd \\( ${names} \\) 2>/dev/null); do p=\${fd%/fd/*}; grep -q '^flags:.*[1256]$' $p/fdinfo/\${fd##*/} 2>/dev/null && printf '%s\\t%s\\n' "$(readlink $fd)" "$(cat $p/stat)"; done; true`;
    const output = await this.ask(`sh -c ${quote(script)}`);
    if (output === undefined) return found;
    for (const file of files) found.set(file.path, { writers: [] });
    for (const line of output.split('\n')) {
      const tab = line.indexOf('\t');
      const pid = Number.parseInt(line.slice(tab + 1), 10);
      const status = tab > 0 ? parseProcStat(line.slice(tab + 1)) : undefined;
      const writers = found.get(line.slice(0, tab))?.writers;
      if (status && writers && writers.length < 16 && !writers.some(writer => writer.pid === pid))
        writers.push({ pid, name: status.name, state: status.state });
    }
    return found;
  }

  async listening(): Promise<undefined> {
    return undefined;
  }

  private async ask(command: string): Promise<string | undefined> {
    if (!this.connection.host.processes || this.connection.trouble) return undefined;
    return this.connection.exec(command).then(
      bytes => bytes.toString('utf8'),
      () => undefined,
    );
  }
}
