const SAMPLE = 20;
const STAMP_LENGTH = '2026-01-01T00:00:00.000'.length;
const NEWLINE = 10;

/** Counts lines; in live runs it notes the age of every 20th by the stamp it begins with. */
export class LineCounter {
  lines = 0;
  readonly lags: number[] = [];

  constructor(private readonly live: boolean) {}

  /** Whole lines. */
  count(data: Buffer): void {
    const now = performance.timeOrigin + performance.now();
    for (let at = data.indexOf(NEWLINE), from = 0; at >= 0; from = at + 1, at = data.indexOf(NEWLINE, from)) {
      if (this.live && this.lines % SAMPLE === 0) {
        const stamp = data.toString('latin1', from, from + STAMP_LENGTH);
        this.lags.push(now - Date.parse(`${stamp}Z`));
      }
      this.lines++;
    }
  }

  /** For a stream that is cut anywhere. */
  stream(): (data: Buffer) => void {
    let rest: Buffer = Buffer.alloc(0);
    return data => {
      const whole = rest.length > 0 ? Buffer.concat([rest, data]) : data;
      const end = whole.lastIndexOf(NEWLINE) + 1;
      this.count(whole.subarray(0, end));
      rest = Buffer.from(whole.subarray(end));
    };
  }
}
