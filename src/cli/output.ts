import { CommanderError } from 'commander';
import { asDeadairError } from '../platform/errors.js';
import { printableJson, printableOutput } from '../platform/printable.js';
import { wrapWords } from './cells.js';
import { colorsFor } from './colors.js';

/** Prints a result for a program: one JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${printableJson(JSON.stringify(value, null, 2))}\n`);
}

/**
 * Prints a result for people; colours stay, everything else that would steer a terminal is shown as what it is. On a terminal prose is
 * broken between words.
 */
export function print(text: string): void {
  printLines(onScreen(printableOutput(text), process.stdout));
}

/** Prints what is laid out already: lines of logs, JSON, scripts. */
export function printLines(text: string): void {
  const safe = printableOutput(text);
  process.stdout.write(safe.endsWith('\n') ? safe : `${safe}\n`);
}

/** A remark beside the result, on standard error. */
export function remark(text: string): void {
  process.stderr.write(`${onScreen(printableOutput(text), process.stderr)}\n`);
}

/** Prose as it fits a terminal; into a pipe or a file it goes as it is. */
export function onScreen(text: string, { isTTY, columns }: { isTTY?: boolean; columns?: number }): string {
  return isTTY && columns ? wrapWords(text, columns) : text;
}

/**
 * An error as a sentence, its code and what it concerns, on standard error; with `--json` as the same JSON that the
 * HTTP API gives.
 */
export function printError(thrown: unknown, args: readonly string[]): void {
  if (thrown instanceof CommanderError) return; // commander has printed it
  const error = asDeadairError(thrown);
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (options.includes('--json')) {
    process.stderr.write(`${printableJson(JSON.stringify(error.toJSON()))}\n`);
    return;
  }
  const colors = colorsFor(process.stderr);
  const place = [error.code, error.subject].filter(Boolean).join(', ');
  remark(`${colors.red('deadair:')} ${error.message} ${colors.dim(`[${place}]`)}`);
  if (error.code === 'internal' && error.cause instanceof Error && process.env.DEADAIR_DEBUG)
    process.stderr.write(`${error.cause.stack}\n`);
}
