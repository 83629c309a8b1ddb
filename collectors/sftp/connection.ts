import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Client, ClientChannel, SFTPWrapper } from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import type { Clock } from '../../src/platform/clock.js';
import { messageOf } from '../../src/platform/errors.js';
import { type Logger, silentLogger } from '../../src/platform/logger.js';
import { durationWords } from '../../src/wording/duration.js';
import { fingerprintOf, judgeHostKey } from './known-hosts.js';
import type { PullHost, PullSettings } from './settings.js';

/** Why a host can't be read, as `deadair status` shows it. */
export type HostTrouble =
  | 'unreachable'
  | 'refused'
  | 'name-not-resolved'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'login-refused'
  | 'credentials-unreadable'
  | 'sftp-off'
  | 'no-answer'
  | 'connection-lost';

/** The host could not be reached or used; `message` says what to do. */
export class HostError extends Error {
  constructor(
    readonly trouble: HostTrouble,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'HostError';
  }

  /** For errnoOf: a failure of the connection is not a failure of the file. */
  get code(): string {
    return `SSH-${this.trouble}`;
  }
}

export interface Session {
  client: Client;
  /** Absent where the server has sftp off and commands take its place. */
  sftp: SFTPWrapper | undefined;
  /** The next call makes a new connection; does nothing when a newer one has taken this one's place. */
  forget(): void;
}

export type HostTiming = Pick<PullSettings, 'callSeconds' | 'connectSeconds' | 'keepaliveSeconds'>;

/**
 * The one ssh connection to a host: made when first needed, made anew after it broke. Every call has a deadline, because a
 * frozen server leaves an SFTP request pending for ever (measured: no event, no error), and keepalives end a dead connection
 * within three periods.
 */
export class HostConnection {
  private session: Promise<Session> | undefined;
  private closed = false;
  trouble: { kind: HostTrouble; message: string; since: number } | undefined;

  constructor(
    readonly host: PullHost,
    private readonly timing: HostTiming,
    private readonly clock: Clock,
    private readonly logger: Logger = silentLogger,
  ) {}

  /** Runs one call within its deadline; a call that outlives it ends the connection, since its answer may come at any time. */
  async call<T>(what: string, run: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.connected();
    return this.within(this.timing.callSeconds, what, () => run(session), session);
  }

  /** Whether the server speaks sftp, or commands have to do. Connects where need be. */
  async speaksSftp(): Promise<boolean> {
    return (await this.connected()).sftp !== undefined;
  }

  /** Runs a shell command and returns what it printed. @throws HostError, or Error with `code` as exit status */
  exec(command: string, limitBytes = 64 * 1024 * 1024): Promise<Buffer> {
    return this.call('a command', session => runCommand(session.client, command, limitBytes));
  }

  close(): void {
    this.closed = true;
    const session = this.session;
    this.session = undefined;
    session?.then(
      ({ client }) => client.end(),
      () => {},
    );
  }

  private connected(): Promise<Session> {
    if (this.closed)
      return Promise.reject(new HostError('connection-lost', 'the pull of this host was stopped'));
    if (this.session) return this.session;
    const forget = (): void => {
      if (this.session === session) this.session = undefined;
    };
    const session: Promise<Session> = this.connect(forget).then(
      made => {
        if (this.trouble) this.logger.info('pull.reachable-again');
        this.trouble = undefined;
        return made;
      },
      thrown => {
        forget();
        throw this.note(thrown);
      },
    );
    this.session = session;
    return session;
  }

  private async connect(forget: () => void): Promise<Session> {
    const { host } = this;
    let keyProblem: HostError | undefined;
    const wrapper = new SftpClient(host.host, { error: forget, end: forget, close: forget });
    // The wrapper's own ssh2 client: needed for commands, and to end a connection that no longer answers.
    const client = (wrapper as unknown as { client: Client }).client;
    const options = {
      host: host.host,
      port: host.port,
      username: host.user,
      ...readCredentials(host),
      readyTimeout: this.timing.connectSeconds * 1000,
      keepaliveInterval: this.timing.keepaliveSeconds * 1000,
      keepaliveCountMax: 3,
      hostVerifier: (key: Buffer) => {
        keyProblem = judge(host, key);
        return keyProblem === undefined;
      },
    };
    let ready = false;
    client.once('ready', () => {
      ready = true;
      // Read requests are small: Nagle's algorithm held them back for the server's delayed acknowledgement (11 instead of 50 MiB/s).
      client.setNoDelay(true);
    });
    try {
      const sftp = await this.within(
        this.timing.connectSeconds + 1,
        'connecting',
        () => wrapper.connect(options),
        { client, forget },
      );
      return { client, sftp: host.method === 'exec' ? undefined : sftp, forget };
    } catch (thrown) {
      if (keyProblem) throw keyProblem;
      // Logged in, but no sftp subsystem: the connection stands and takes commands.
      if (ready && !(thrown instanceof HostError) && host.method !== 'sftp')
        return { client, sftp: undefined, forget };
      client.destroy();
      if (ready && !(thrown instanceof HostError))
        throw new HostError(
          'sftp-off',
          `${host.host} has sftp off. Set method: auto or exec, or enable Subsystem sftp in its sshd_config.`,
        );
      throw thrown;
    }
  }

  private within<T>(
    seconds: number,
    what: string,
    run: () => Promise<T>,
    { client, forget }: Pick<Session, 'client' | 'forget'>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const give = (error: unknown): void => {
        done();
        forget();
        client.destroy();
        reject(this.note(error));
      };
      const deadline = this.clock.after(seconds * 1000, () =>
        give(
          new HostError(
            'no-answer',
            `${this.host.host} did not answer ${what} within ${durationWords(seconds * 1000)}: frozen, overloaded or cut off`,
          ),
        ),
      );
      // A connection that ends leaves its calls without an answer.
      const ended = (): void =>
        give(new HostError('connection-lost', `the ssh connection to ${this.host.host} broke`));
      client.once('close', ended);
      const done = (): void => {
        deadline.cancel();
        client.off('close', ended);
      };
      // A throw before the first await must end the deadline too, or it would end a healthy connection.
      Promise.resolve()
        .then(run)
        .then(
          value => {
            done();
            resolve(value);
          },
          thrown => {
            done();
            reject(thrown);
          },
        );
    });
  }

  private note(thrown: unknown): HostError {
    const error = thrown instanceof HostError ? thrown : describe(this.host, thrown);
    if (this.trouble?.kind !== error.trouble) {
      this.trouble = { kind: error.trouble, message: error.message, since: this.clock.now() };
      this.logger.warn('pull.trouble', {
        trouble: error.trouble,
        message: error.message,
      });
    }
    return error;
  }
}

function readCredentials(host: PullHost): Record<string, unknown> {
  const read = (file: string): string => {
    try {
      return readFileSync(file.replace(/^~(?=\/)/, homedir()), 'utf8');
    } catch (thrown) {
      const reason = (thrown as NodeJS.ErrnoException).code ?? messageOf(thrown);
      throw new HostError(
        'credentials-unreadable',
        `cannot read ${file} (${reason}), which is to log in on ${host.host}`,
        { cause: thrown },
      );
    }
  };
  return {
    ...(host.privateKeyFile === undefined ? {} : { privateKey: read(host.privateKeyFile) }),
    ...(host.passphraseFile === undefined
      ? {}
      : { passphrase: read(host.passphraseFile).replace(/\r?\n$/, '') }),
    ...(host.passwordFile === undefined ? {} : { password: read(host.passwordFile).replace(/\r?\n$/, '') }),
    ...(host.useAgent ? { agent: process.env.SSH_AUTH_SOCK } : {}),
  };
}

function judge(host: PullHost, key: Buffer): HostError | undefined {
  const shown = fingerprintOf(key);
  const where = host.port === 22 ? host.host : `-p ${host.port} ${host.host}`;
  if (host.fingerprint !== undefined) {
    if (host.fingerprint === shown) return undefined;
    return new HostError(
      'host-key-changed',
      `${host.host} shows the key ${shown}, not the pinned ${host.fingerprint}: reinstalled, or somebody in between. ` +
        'Check it on the host itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then change pull.hosts[].fingerprint.',
    );
  }
  const file = host.knownHostsFile ?? path.join(homedir(), '.ssh', 'known_hosts');
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // no file: no host is known
  }
  const verdict = judgeHostKey(text, host.host, host.port, key);
  if (verdict === 'known') return undefined;
  if (verdict === 'unknown') {
    return new HostError(
      'host-key-unknown',
      `the key of ${host.host} is not known. Compare ${shown} with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), ` +
        `then either ssh-keyscan ${where} >> ${file}, or set pull.hosts[].fingerprint: ${shown}`,
    );
  }
  return new HostError(
    'host-key-changed',
    `the key of ${host.host} is not the one in ${file} (${verdict}): reinstalled, or somebody in between. ` +
      `If it is right, ssh-keygen -R '${host.port === 22 ? host.host : `[${host.host}]:${host.port}`}' -f ${file} and add the new one.`,
  );
}

function describe(host: PullHost, thrown: unknown): HostError {
  const code = (thrown as { code?: unknown }).code;
  const level = (thrown as { level?: unknown }).level;
  const message = thrown instanceof Error ? thrown.message : messageOf(thrown);
  const at = `${host.host}:${host.port}`;
  const of = (trouble: HostTrouble, text: string): HostError =>
    new HostError(trouble, text, { cause: thrown });
  if (code === 'ECONNREFUSED')
    return of('refused', `${at} refuses connections: is sshd running there, is the port right?`);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return of('name-not-resolved', `the name ${host.host} can't be resolved: getent hosts ${host.host}`);
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return of('unreachable', `${at} can't be reached (${String(code)}): ping ${host.host}`);
  if (level === 'client-timeout' || /timed out/i.test(message))
    return of('no-answer', `${at} does not answer: host down, cut off, or a firewall drops the packets`);
  if (level === 'client-authentication' || /authentication methods failed/i.test(message)) {
    return of(
      'login-refused',
      `${host.user}@${host.host} may not log in: check the key or password and ~/.ssh/authorized_keys there (try: ssh -p ${host.port} ${host.user}@${host.host})`,
    );
  }
  if (/privateKey|key format|passphrase/i.test(message))
    return of('credentials-unreadable', `the private key for ${host.host} can't be used: ${message}`);
  return of('connection-lost', `the ssh connection to ${at} broke: ${message}`);
}

function runCommand(client: Client, command: string, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.exec(command, (failed, channel: ClientChannel) => {
      if (failed) return reject(failed);
      const output: Buffer[] = [];
      const errors: Buffer[] = [];
      let size = 0;
      channel.on('data', (bytes: Buffer) => {
        size += bytes.length;
        if (size <= limitBytes) output.push(bytes);
      });
      channel.stderr.on('data', (bytes: Buffer) => errors.push(bytes));
      channel.on('close', (status: number | null) => {
        if (status === 0 && size <= limitBytes) return resolve(Buffer.concat(output));
        const said = Buffer.concat(errors).toString('utf8').trim().slice(0, 300);
        reject(
          Object.assign(new Error(said || `the command ended with status ${status}`), {
            code: errnoFromShell(said),
          }),
        );
      });
    });
  });
}

/** Shell tools say an errno in words. */
function errnoFromShell(said: string): string {
  if (/no such file/i.test(said)) return 'ENOENT';
  if (/permission denied/i.test(said)) return 'EACCES';
  if (/not a directory/i.test(said)) return 'ENOTDIR';
  if (/input\/output error/i.test(said)) return 'EIO';
  if (/stale/i.test(said)) return 'ESTALE';
  return 'EREMOTE';
}
