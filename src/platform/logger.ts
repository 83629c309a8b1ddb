import { fstatSync, writeSync } from 'node:fs';
import pino from 'pino';
import { printable, printableJson } from './printable.js';

/** What a stage says about itself. `event` is a stable dotted name; fields carry the particulars. */
export interface Logger {
  debug(event: string, fields?: Record<string, unknown>): void;
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
  child(fields: Record<string, unknown>): Logger;
}

/** Says nothing; the default of every constructor, so that tests stay quiet. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child() {
    return silentLogger;
  },
};

export interface LoggerSettings {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `json` for machines, `text` for a terminal. */
  format: 'json' | 'text';
}

/** Logs to standard error (standard output belongs to the command's own result). */
export function createLogger(settings: LoggerSettings): Logger {
  const stream = settings.format === 'json' ? { write: writeAsJson } : { write: writeAsText };
  return wrap(pino({ level: settings.level, base: null }, stream));
}

function wrap(target: pino.Logger): Logger {
  return {
    debug: (event, fields) => target.debug(fields ?? {}, event),
    info: (event, fields) => target.info(fields ?? {}, event),
    warn: (event, fields) => target.warn(fields ?? {}, event),
    error: (event, fields) => target.error(fields ?? {}, event),
    child: fields => wrap(target.child(fields)),
  };
}

const LEVEL_NAMES: Record<number, string> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

function writeAsJson(json: string): void {
  writeToStandardError(printableJson(json));
}

// pino-pretty was rejected: eleven more packages for one line of formatting.
function writeAsText(json: string): void {
  const { level, time, msg, ...rest } = JSON.parse(json) as {
    level: number;
    time: number;
    msg: string;
  } & Record<string, unknown>;
  const fields = Object.entries(rest).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${key}=${/[\s"]/.test(text) && typeof value === 'string' ? JSON.stringify(text) : text}`;
  });
  const clock = new Date(time).toISOString().slice(11, 23);
  const text = `${clock} ${(LEVEL_NAMES[level] ?? '').padEnd(5)} ${[msg, ...fields].join(' ')}`;
  writeToStandardError(`${printable(text)}\n`);
}

let isFile: boolean | undefined;

/**
 * Writes to standard error as far as that goes. Whatever runs goes on when nobody can be told any more: the disk that holds its log is
 * full, whoever read it is gone. A file is written past Node's stream, which ends for ever at its first error: with room again the
 * log goes on.
 */
function writeToStandardError(text: string): void {
  isFile ??= isRegularFile();
  if (!isFile) {
    process.stderr.write(text);
    return;
  }
  try {
    writeSync(2, text);
  } catch {
    // nowhere to say it
  }
}

function isRegularFile(): boolean {
  try {
    return fstatSync(2).isFile();
  } catch {
    return false;
  }
}
