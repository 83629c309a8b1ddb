import { durationWords } from '../wording/duration.js';
import { colors as pc } from './colors.js';

const WIDTH = 24;
const EVERY_MS = 100;

/** A bar on a terminal's standard error; nothing where nobody watches. */
export class Progress {
  private drawn = -Infinity;
  private readonly shown: boolean;

  constructor(
    private readonly label: string,
    options: { json?: boolean | undefined; stream?: NodeJS.WriteStream } = {},
    private readonly stream = options.stream ?? process.stderr,
  ) {
    this.shown = stream.isTTY === true && options.json !== true;
  }

  /**
   * @param done part of `total`; 0 of 0 draws no bar
   * @param text what stands behind the bar
   */
  update(done: number, total: number, text: string): void {
    const now = performance.now();
    if (!this.shown || (now - this.drawn < EVERY_MS && done < total)) return;
    this.drawn = now;
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const full = Math.round(share * WIDTH);
    const bar =
      total > 0
        ? `${pc.cyan('█'.repeat(full))}${pc.dim('░'.repeat(WIDTH - full))} ${Math.floor(share * 100)} %  `
        : '';
    this.stream.write(`\r\x1b[2K${this.label}  ${bar}${text}`);
  }

  /** Takes the bar off the screen. */
  clear(): void {
    if (this.shown && this.drawn > -Infinity) this.stream.write('\r\x1b[2K');
  }
}

const SECOND_MS = 1000;

/** Says on a terminal how long something takes, and how far it is where it tells. @param work told by whom: `far(done, of)` */
export async function whileWaiting<T>(
  label: string,
  options: { json?: boolean | undefined; stream?: NodeJS.WriteStream },
  work: (far: (done: number, of: number) => void) => Promise<T>,
): Promise<T> {
  const progress = new Progress(label, options);
  const began = performance.now();
  let place: [number, number] = [0, 0];
  const timer = setInterval(
    () => progress.update(...place, durationWords(performance.now() - began)),
    SECOND_MS,
  );
  try {
    return await work((done, of) => {
      place = [done, of];
    });
  } finally {
    clearInterval(timer);
    progress.clear();
  }
}
