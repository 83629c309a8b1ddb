import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import type { PullHost } from '../../../collectors/sftp/settings.js';

/** Why a real sshd can't be had here, or undefined. */
export function sshdUnavailable(): string | undefined {
  for (const program of ['/usr/sbin/sshd', '/usr/bin/ssh-keygen']) {
    if (!existsSync(program)) return `${program} is not installed (Debian: openssh-server)`;
  }
  return undefined;
}

/** A real sshd on a port of its own, with keys of its own, for this user. */
export class TestSshd {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'deadair-sshd-'));
  readonly logs = path.join(this.folder, 'logs');
  readonly clientKey = path.join(this.folder, 'client_key');
  port = 0;
  private process: ChildProcess | undefined;

  constructor(private readonly options: { sftp?: boolean } = {}) {
    mkdirSync(this.logs);
    for (const key of ['host_key', 'client_key', 'stranger_key'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(this.folder, key)]);
    writeFileSync(path.join(this.folder, 'authorized_keys'), readFileSync(`${this.clientKey}.pub`));
    chmodSync(path.join(this.folder, 'authorized_keys'), 0o600);
    // sshd as root wants its privilege separation directory.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  }

  async start(): Promise<void> {
    this.port ||= await freePort();
    const config = path.join(this.folder, 'sshd_config');
    writeFileSync(
      config,
      [
        `Port ${this.port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${this.folder}/host_key`,
        `AuthorizedKeysFile ${this.folder}/authorized_keys`,
        `PidFile ${this.folder}/sshd.pid`,
        'StrictModes no',
        'PermitRootLogin yes',
        'PasswordAuthentication no',
        'UsePAM no',
        'MaxStartups 200',
        ...(this.options.sftp === false ? [] : ['Subsystem sftp internal-sftp']),
      ].join('\n'),
    );
    this.process = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: 'ignore', detached: true });
    await waitFor(async () => (await connects(this.port)) || undefined, 'sshd to listen');
  }

  /** Ends the server and every session it serves. */
  kill(): void {
    for (const pid of this.pids()) signal(pid, 'SIGKILL');
    this.process = undefined;
  }

  freeze(): void {
    for (const pid of this.pids()) signal(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.pids()) signal(pid, 'SIGCONT');
  }

  fingerprint(): string {
    return execFileSync('ssh-keygen', ['-lf', path.join(this.folder, 'host_key.pub')])
      .toString()
      .split(' ')[1]!;
  }

  host(more: Partial<PullHost> = {}): PullHost {
    return {
      host: '127.0.0.1',
      port: this.port,
      user: userInfo().username,
      watch: [this.logs],
      privateKeyFile: this.clientKey,
      fingerprint: this.fingerprint(),
      method: 'auto',
      processes: false,
      ...more,
    };
  }

  /** The listener and the sessions it forked, by their parent. */
  private pids(): number[] {
    const root = this.process?.pid;
    if (root === undefined) return [];
    const table = execFileSync('ps', ['-eo', 'pid=,ppid='])
      .toString()
      .trim()
      .split('\n')
      .map(line => line.trim().split(/\s+/).map(Number) as [number, number]);
    const found = [root];
    for (let i = 0; i < found.length; i++)
      for (const [pid, parent] of table) if (parent === found[i]) found.push(pid);
    return found;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended by itself
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function connects(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('data', () => resolve(true)).once('error', () => resolve(false));
    socket.setTimeout(1000, () => resolve(false));
    socket.on('close', () => resolve(false));
  }).then(result => result as boolean);
}

/** Polls until `look` gives something; the only waiting in these tests, since another process decides when. */
export async function waitFor<T>(
  look: () => Promise<T | undefined> | T | undefined,
  what: string,
  limitMs = 30_000,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as T;
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

const why = sshdUnavailable();
/** Of tests that need an sshd: what is missing is said where there is none. */
export const options = why === undefined ? {} : { skip: `skipped: ${why}` };
