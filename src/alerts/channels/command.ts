import { spawn } from 'node:child_process';
import type { AlertMessage } from '../message.js';
import { type Channel, ChannelError } from './channel.js';
import { webhookBody } from './webhook.js';

type Environment = Readonly<NodeJS.Dict<string>>;

const SAID_LIMIT = 2_000;
/**
 * What a program needs to run at all. Of the service's environment nothing else is handed on: its token and the secrets of its
 * store stand there, and a program that tells people things has no use for them.
 */
const HANDED_ON: ReadonlySet<string> = new Set(
  'PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR'.split(' '),
);
/** From a polite end to a hard one. */
const KILL_AFTER_MS = 2_000;

/**
 * Runs a program, no shell between. It gets the message as JSON on standard input and its headlines in the environment
 * (DEADAIR_ALERT_STATUS, _SEVERITY, _TITLE, _ID); exit status 0 means taken. Of the service's own environment it gets what every
 * program needs and what `options.hand` names.
 */
export class CommandChannel implements Channel {
  readonly kind = 'command';

  constructor(
    readonly name: string,
    private readonly command: readonly string[],
    private readonly options: { env: Environment; hand: readonly string[] },
  ) {}

  send(message: AlertMessage, signal: AbortSignal): Promise<void> {
    const [program, ...args] = this.command as [string, ...string[]];
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        shell: false,
        // A group of its own, so that what the program started ends with it at the time limit.
        detached: true,
        stdio: ['pipe', 'ignore', 'pipe'],
        env: {
          ...handedOn(this.options.env, this.options.hand),
          DEADAIR_ALERT_ID: message.id,
          DEADAIR_ALERT_STATUS: message.status,
          DEADAIR_ALERT_SEVERITY: message.severity,
          DEADAIR_ALERT_TITLE: message.title,
        },
      });
      let said = '';
      let killer: NodeJS.Timeout | undefined;
      const stop = () => {
        signalGroup(child.pid, 'SIGTERM');
        killer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS);
      };
      const end = (error?: ChannelError) => {
        signal.removeEventListener('abort', stop);
        clearTimeout(killer);
        if (error) reject(error);
        else resolve();
      };
      child.on('error', thrown => end(new ChannelError(`${program} can not be started: ${thrown.message}`)));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (said.length < SAID_LIMIT) said += text;
      });
      // A program that does not read its input is fine as long as it exits with 0.
      child.stdin.on('error', () => {});
      child.on('close', (code, killedBy) => {
        if (code === 0) return end();
        const how = signal.aborted
          ? 'ran past its time limit'
          : killedBy
            ? `was ended by ${killedBy}`
            : `exited with ${code}`;
        const line = said.trim().split('\n')[0] ?? '';
        end(new ChannelError(`${program} ${how}${line ? `: ${line.slice(0, 200)}` : ''}`));
      });
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
      child.stdin.end(`${JSON.stringify(webhookBody(message))}\n`);
    });
  }
}

function handedOn(env: Environment, more: readonly string[]): Environment {
  const named = new Set(more);
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => HANDED_ON.has(name) || name.startsWith('LC_') || named.has(name)),
  );
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // Already gone.
  }
}
