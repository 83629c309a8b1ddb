/**
 * Puts the parts of a line side by side where a container runtime cut it and wrote another stream's lines between. The bytes
 * come out in another order than they lie in the file, each once, so that a record still is a stretch of bytes; a line that waits
 * for its rest stands behind those that are whole.
 */
export class Joiner {
  private out: Uint8Array | undefined;
  private at = 0;
  private readonly parts = new Map<string, { segments: [number, number][]; bytes: number }>();

  constructor(readonly given: Uint8Array) {}

  /** Records no longer lie where they lay in the file. */
  get isMoving(): boolean {
    return this.out !== undefined;
  }

  /** The bytes in the order of their records. */
  get bytes(): Uint8Array {
    return this.out ?? this.given;
  }

  /** A record's bytes given[start, next). @returns where they are in `bytes` */
  write(start: number, next: number): [number, number] {
    if (!this.out) return [start, next];
    this.out.set(this.given.subarray(start, next), this.at);
    const from = this.at;
    this.at += next - start;
    return [from, this.at];
  }

  /** Bytes that wait for the rest of the stream's line. */
  held(stream: string): number {
    return this.parts.size === 0 ? 0 : (this.parts.get(stream)?.bytes ?? 0);
  }

  hold(stream: string, start: number, next: number): void {
    if (!this.out) {
      // Not the pool's memory: batches are transferred between threads.
      this.out = Buffer.allocUnsafeSlow(this.given.length);
      this.out.set(this.given.subarray(0, start));
      this.at = start;
    }
    let waiting = this.parts.get(stream);
    if (!waiting) {
      waiting = { segments: [], bytes: 0 };
      this.parts.set(stream, waiting);
    }
    waiting.segments.push([start, next]);
    waiting.bytes += next - start;
  }

  /** The parts of the stream's line as one record. @returns where they are in `bytes` */
  release(stream: string): [number, number] {
    const from = this.at;
    for (const [start, next] of this.parts.get(stream)?.segments ?? []) this.write(start, next);
    this.parts.delete(stream);
    return [from, this.at];
  }

  /** @param start where what is no whole line begins @returns all bytes, and where those of no record begin */
  finish(start: number): { all: Uint8Array; rest: number } {
    if (!this.out) return { all: this.given, rest: start };
    const rest = this.at;
    for (const stream of [...this.parts.keys()]) this.release(stream);
    this.write(start, this.given.length);
    return { all: this.out, rest };
  }
}
