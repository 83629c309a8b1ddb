import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../src/platform/clock.js';
import { DeadairError, messageOf } from '../../src/platform/errors.js';
import { sizeWords } from '../../src/wording/amount.js';

/** Bytes kept in memory while the log's disk is full; beyond it the oldest are given up and counted. */
const PENDING_LIMIT = 8 * 1024 * 1024;
const RETRY_MS = 1000;

/**
 * The log that `deadair run` writes. Each chunk is written at once (synchronously, appended), so that a crash of either
 * process loses nothing that was read. A full disk does not stop the program: the bytes wait in memory and are
 * written when there is room; what did not fit is counted and said in the log itself.
 */
export class RunLogFile {
  private readonly descriptor: number;
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private lostBytes = 0;
  private retry: { cancel(): void } | undefined;
  private atLineStart = true;

  constructor(
    readonly file: string,
    private readonly options: {
      clock: Clock;
      truncate?: boolean;
      /** Called once when writing begins to fail and once when it works again. */
      onTrouble: (message: string) => void;
    },
  ) {
    try {
      mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
      this.descriptor = openSync(file, options.truncate ? 'w' : 'a');
    } catch (thrown) {
      const reason = (thrown as NodeJS.ErrnoException).code ?? messageOf(thrown);
      throw new DeadairError(
        'watch.unreadable',
        `Cannot write the log ${file}: ${reason}. Choose another file with --log, or give this user the right to write there.`,
        { subject: '--log', cause: thrown },
      );
    }
  }

  write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.atLineStart = bytes[bytes.length - 1] === 0x0a;
    if (this.pending.length > 0) this.hold(bytes);
    else this.writeOrHold(bytes);
  }

  /** Writes a line of Deadair's own, on a line of its own even after an unfinished one. */
  writeLine(text: string): void {
    this.write(Buffer.from(`${this.atLineStart ? '' : '\n'}${text}\n`));
  }

  /** Writes what still can be written, makes it durable and closes. Returns how many bytes never reached the file. */
  close(): number {
    this.retry?.cancel();
    this.flush();
    try {
      fsyncSync(this.descriptor);
    } catch {
      // a pipe or a device as log can't be synced
    }
    closeSync(this.descriptor);
    return this.lostBytes + this.pendingBytes;
  }

  private writeOrHold(bytes: Buffer): boolean {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.descriptor, bytes, written);
      return true;
    } catch (thrown) {
      if (this.retry === undefined) {
        const code = (thrown as NodeJS.ErrnoException).code ?? 'unknown error';
        const reason =
          code === 'ENOSPC' || code === 'EDQUOT'
            ? `the disk of ${this.file} is full`
            : `cannot write ${this.file} (${code})`;
        this.options.onTrouble(
          `${reason}; the program goes on, its output waits in memory (${sizeWords(PENDING_LIMIT)} at most)`,
        );
      }
      this.hold(bytes.subarray(written));
      return false;
    }
  }

  private hold(bytes: Buffer): void {
    this.pending.push(Buffer.from(bytes));
    this.pendingBytes += bytes.length;
    while (this.pendingBytes > PENDING_LIMIT && this.pending.length > 1) {
      const dropped = this.pending.shift()!;
      this.pendingBytes -= dropped.length;
      this.lostBytes += dropped.length;
    }
    this.retry ??= this.options.clock.every(RETRY_MS, () => this.flush());
  }

  private flush(): void {
    const waiting = this.pending;
    if (waiting.length === 0) return;
    this.pending = [];
    this.pendingBytes = 0;
    for (const [index, chunk] of waiting.entries()) {
      if (this.writeOrHold(chunk)) continue;
      for (const later of waiting.slice(index + 1)) this.hold(later);
      return;
    }
    this.retry?.cancel();
    this.retry = undefined;
    this.options.onTrouble(`${this.file} can be written again`);
    if (this.lostBytes > 0) {
      const lost = this.lostBytes;
      this.lostBytes = 0;
      this.writeLine(`deadair run: ${lost} bytes of output before this line were lost: the disk was full`);
    }
  }
}
