import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import type { Clock } from '../../src/platform/clock.js';
import { likelyCause } from './causes.js';
import { RunLogFile } from './log-file.js';

export interface RunSettings {
  command: string[];
  /** Absent: terminal only. */
  log?: string;
  truncate?: boolean;
  /** Name of the run to mark as started and ended, for programs without a rule pack. */
  run?: string;
  /** Go on when the terminal ends: the program gets a session of its own and no SIGHUP. */
  survive?: boolean;
  /** False leaves out Deadair's own lines (start, exit) in the log. */
  marks?: boolean;
}

export interface RunContext {
  clock: Clock;
  terminal: Writable;
  /** Deadair's own words to the person at the terminal. */
  notice: (message: string) => void;
  signals: NodeJS.EventEmitter;
  /** A terminal delivers Ctrl-C to the whole foreground group: the program has it already. */
  terminalSendsInterrupt: boolean;
}

/** An exit sooner than this after the start is called immediate and explained. */
const IMMEDIATE_SECONDS = 5;
const TAIL_BYTES = 4096;
const TERMINAL_BUFFER = 8 * 1024 * 1024;
const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Runs a program in place of `COMMAND 2>&1 | tee FILE`: terminal and file get the bytes as they come, in their order,
 * and the exit status is the program's (a pipe into tee shows tee's).
 *
 * @returns the program's exit status, or 128 + the number of the signal that ended it, as shells say it
 */
export async function runProgram(settings: RunSettings, context: RunContext): Promise<number> {
  const { clock } = context;
  const log =
    settings.log === undefined
      ? undefined
      : new RunLogFile(settings.log, {
          clock,
          truncate: settings.truncate ?? false,
          onTrouble: context.notice,
        });
  const mark = (level: string, text: string): void => {
    if (settings.marks === false) return;
    log?.writeLine(`${new Date(clock.now()).toISOString()} ${level} deadair run: ${text}`);
  };

  const startedAt = clock.monotonic();
  // One pipe for both streams, joined by the shell before it becomes the program: two pipes would lose the order in
  // which standard output and standard error were written.
  const child = spawn('/bin/sh', ['-c', 'exec "$@" 2>&1', 'sh', ...settings.command], {
    stdio: ['inherit', 'pipe', 'inherit'],
    detached: settings.survive ?? false,
  });
  const named = settings.run === undefined ? '' : ` (run ${settings.run})`;
  mark(' INFO', `started pid ${child.pid ?? '?'}${named}: ${settings.command.join(' ')}`);

  const release = forwardSignals(child.pid, settings, context);
  const tail = new Tail();
  copyOutput(child.stdout!, context.terminal, bytes => {
    tail.add(bytes);
    log?.write(bytes);
  });
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, ended) => resolve([code, ended]));
  }).finally(release);

  const seconds = (clock.monotonic() - startedAt) / 1000;
  const how = `${signal === null ? `exited with status ${status}` : `killed by ${signal}`} after ${seconds.toFixed(1)} s`;
  if (signal === null && status === 0) {
    mark(' INFO', `${how}${named}`);
  } else {
    const immediate = seconds < IMMEDIATE_SECONDS;
    const known = likelyCause(tail.text(), status, signal);
    const cause = immediate || signal !== null ? known : undefined;
    mark(
      'ERROR',
      `${how}${named}${immediate ? ' (exited immediately)' : ''}${cause ? `, likely cause: ${cause.cause}` : ''}`,
    );
    context.notice(`${settings.command[0]} ${how}`);
    if (immediate) for (const line of tail.lastLines(5)) context.notice(`  | ${line}`);
    if (cause) context.notice(`likely cause: ${cause.cause}: ${cause.advice}`);
  }
  const lost = log?.close() ?? 0;
  if (lost > 0)
    context.notice(`${lost} bytes of output never reached ${settings.log}: it could not be written`);
  return signal === null ? (status ?? 1) : 128 + constants.signals[signal];
}

function copyOutput(
  output: NodeJS.ReadableStream,
  terminal: Writable,
  record: (bytes: Buffer) => void,
): void {
  let terminalGone = false;
  terminal.on('error', () => {
    terminalGone = true;
    output.resume();
  });
  terminal.on('drain', () => output.resume());
  output.on('data', (bytes: Buffer) => {
    record(bytes);
    if (terminalGone) return;
    terminal.write(bytes);
    if (terminal.writableLength > TERMINAL_BUFFER) output.pause();
  });
}

function forwardSignals(pid: number | undefined, settings: RunSettings, context: RunContext): () => void {
  const handlers = FORWARDED.map(name => {
    const handler = (): void => {
      if (pid === undefined) return;
      if (name === 'SIGHUP' && settings.survive) {
        context.notice('the terminal is gone; the program goes on (--survive)');
        return;
      }
      const fromTerminal = name === 'SIGINT' || name === 'SIGQUIT';
      if (fromTerminal && context.terminalSendsInterrupt && !settings.survive) return;
      try {
        process.kill(pid, name);
      } catch {
        // it has just ended; its own exit is what counts
      }
    };
    context.signals.on(name, handler);
    return () => context.signals.off(name, handler);
  });
  return () => {
    for (const off of handlers) off();
  };
}

/** The last few KiB of what a program wrote. */
class Tail {
  private bytes: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    const joined = chunk.length >= TAIL_BYTES ? chunk : Buffer.concat([this.bytes, chunk]);
    this.bytes = Buffer.from(joined.subarray(Math.max(0, joined.length - TAIL_BYTES)));
  }

  text(): string {
    return this.bytes.toString('utf8');
  }

  lastLines(count: number): string[] {
    return this.text()
      .split('\n')
      .filter(line => line.trim() !== '')
      .slice(-count);
  }
}
