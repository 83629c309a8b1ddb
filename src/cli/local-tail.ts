import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import Tail from 'tail-file';
import { LineDetector } from '../detect/detector.js';
import { loadPacks } from '../detect/load.js';
import { DeadairError } from '../platform/errors.js';
import { BatchText } from '../records/batch-text.js';
import { type EcsLine, ecsLine } from '../records/ecs.js';
import { logRow } from '../records/log-row.js';
import { SourceParser } from '../records/parser.js';

/** Of a file that is long already so many of its last bytes are looked at for the last lines. */
const MOST_BACKLOG = 4 * 1024 * 1024;

/**
 * Are these words files, as `tail FILE…` takes them? A query never names a file that is there.
 * @throws DeadairError not-found: some are, or are written as only files are (`./a.log`, `/var/log/a.log`), and this one is not there
 */
export function areFiles(words: readonly string[]): boolean {
  const there = words.map(word => /[./]/.test(word) && existsSync(word));
  const missing = words.find((word, index) => !there[index] && (isPath(word) || there.includes(true)));
  if (missing !== undefined)
    throw new DeadairError(
      'not-found',
      `There is no file ${missing} here; to look for these words in all logs, quote them: '"${missing}"'.`,
      {
        subject: missing,
      },
    );
  return words.length > 0 && there.every(Boolean);
}

/** `/text/` is an expression. */
function isPath(word: string): boolean {
  return /^(\.{1,2}\/|~\/|\/)\S+$/.test(word) && !/^\/.*\/$/.test(word);
}

/** Reads and judges the lines of one file as the service would. */
class LocalLines {
  private readonly parser = new SourceParser();
  private offset = 0;

  constructor(
    private readonly file: string,
    private readonly detector: LineDetector,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param bytes whole lines, each with its newline */
  read(bytes: Uint8Array): EcsLine[] {
    const observedAt = this.now();
    const batch = this.parser.push(bytes, this.offset, { observedAt });
    this.offset += bytes.length;
    this.detector.scan(batch);
    const text = new BatchText(batch);
    const agent = path.basename(this.file).replace(/\.log$/, '');
    const source = { id: '0'.repeat(26), agent, host: '', path: this.file };
    return Array.from({ length: batch.count }, (_, i) =>
      ecsLine(logRow(text, i, { source, seq: 0, observedAt, ingestedAt: observedAt })),
    );
  }
}

/**
 * Follows files without any service, for looking: by the package tail-file in its latin1 mode, in which a character is a byte
 * (its UTF-8 mode damages what two writes split). For keeping lines there are the collectors.
 * @param backlog of each file first so many of its last lines
 */
export async function followFiles(
  files: readonly string[],
  backlog: number,
  show: (lines: EcsLine[]) => void,
): Promise<void> {
  const detector = new LineDetector(loadPacks());
  await Promise.all(
    files.map(async file => {
      const lines = new LocalLines(file, detector);
      const { bytes, position } = lastLines(file, backlog);
      if (backlog > 0) show(lines.read(bytes).slice(-backlog));
      const tail = new Tail(file, { encoding: 'latin1', startPos: position, force: true });
      tail.on('line', (line: string) => show(lines.read(Buffer.from(`${line}\n`, 'latin1'))));
      const failed = new Promise<never>((_resolve, reject) => {
        tail.on('error', (error: Error) =>
          reject(
            new DeadairError('not-found', `${file} can't be followed: ${error.message}.`, {
              subject: file,
              cause: error,
            }),
          ),
        );
      });
      tail.start();
      await failed;
    }),
  );
}

/** The bytes of a file's last lines, from the beginning of a line to the end of the last whole one, and where that is. */
export function lastLines(file: string, count: number): { bytes: Uint8Array; position: number } {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const bytes = Buffer.alloc(Math.min(size, MOST_BACKLOG));
    readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    const end = bytes.lastIndexOf(0x0a) + 1;
    let from = end;
    for (let lines = 0; lines <= count && from > 0; lines++) {
      if (lines === count) break;
      from = bytes.lastIndexOf(0x0a, from - 2) + 1;
    }
    return { bytes: bytes.subarray(from, end), position: size - bytes.length + end };
  } finally {
    closeSync(handle);
  }
}
