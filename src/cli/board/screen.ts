import type { ReadStream, WriteStream } from 'node:tty';

/** The alternate screen, no cursor; and back. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const REST_OF_ROW = '\x1b[K';
const REST_OF_SCREEN = '\x1b[J';

const NAMED = new Map([
  ['\x1b[A', 'up'],
  ['\x1b[B', 'down'],
  ['\x1bOA', 'up'],
  ['\x1bOB', 'down'],
  ['k', 'up'],
  ['j', 'down'],
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\x1b', 'escape'],
  ['\x03', 'q'],
  ['\x04', 'q'],
]);

/** A terminal that is drawn on as a whole, and its keys; `close` gives it back as it was. */
export class Screen {
  private drawn = '';

  constructor(
    private readonly input: ReadStream,
    private readonly output: WriteStream,
    private readonly on: { key: (name: string) => void; resize: () => void },
  ) {
    output.write(ENTER);
    output.on('resize', this.resized);
    if (input.isTTY) {
      input.setRawMode(true);
      input.setEncoding('utf8');
      input.on('data', this.typed);
      input.resume();
    }
  }

  get columns(): number {
    return this.output.columns || 80;
  }

  get rows(): number {
    return this.output.rows || 24;
  }

  /** Rows that are safe to print; nothing is written where nothing changed. */
  draw(rows: readonly string[]): void {
    const text = `${HOME}${rows.map(row => row + REST_OF_ROW).join('\r\n')}${REST_OF_SCREEN}`;
    if (text === this.drawn) return;
    this.drawn = text;
    this.output.write(text);
  }

  close(): void {
    this.output.off('resize', this.resized);
    this.input.off('data', this.typed);
    if (this.input.isTTY) this.input.setRawMode(false);
    this.input.pause();
    this.output.write(LEAVE);
  }

  private readonly resized = (): void => {
    this.drawn = '';
    this.on.resize();
  };

  /** Keys come alone or, typed ahead, several at once. */
  private readonly typed = (data: string | Buffer): void => {
    for (const key of String(data).match(/\x1b(?:\[|O)[A-Z]|[\s\S]/g) ?? [])
      this.on.key(NAMED.get(key) ?? key);
  };
}
