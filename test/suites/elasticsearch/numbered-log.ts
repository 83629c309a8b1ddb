import assert from 'node:assert/strict';
import type { Client } from '@elastic/elasticsearch';
import type { SourceAppend, Store } from '../../../src/store/store.js';
import { type TestLine, TestSource } from '../../store/lines.js';

const T = Date.UTC(2026, 10, 23, 12);
/** Lines of one append at most. */
export const LARGEST_APPEND = 1200;

/** A log of numbered lines of equal length, read from wherever the store says. */
export class NumberedLog {
  private source: TestSource;
  sent = 0;
  private under = 0;
  readonly bytes: number;

  constructor(
    readonly agent: string,
    private readonly lines: number,
  ) {
    this.source = new TestSource(agent);
    this.bytes = Buffer.byteLength(this.line(0).text) + 1;
  }

  get done(): boolean {
    return this.sent >= this.lines;
  }

  next(count: number): SourceAppend {
    this.under = Math.min(count, this.lines - this.sent);
    return this.source.append(Array.from({ length: this.under }, (_, i) => this.line(this.sent + i)));
  }

  acknowledged(): void {
    this.sent += this.under;
    this.under = 0;
  }

  standsAt(position: number): void {
    this.under = 0;
    this.sent = position / this.bytes;
    this.source = new TestSource(this.agent);
    this.source.position = position;
  }

  /** Every hundredth line is a fault. */
  private line(n: number): TestLine {
    const text = `2026-11-23T12:00:00Z INFO sai3_bench::agent request ${String(n).padStart(8, '0')} of ${this.agent.padEnd(9)} done in 12.5 ms, 4194304 bytes read from /data/object-17`;
    return n % 100 === 7
      ? { text, time: T + n, level: 'error', class: 'timeout', rule: 'net/timeout' }
      : { text, time: T + n, level: 'info' };
  }

  /** Each line's offset, straight from the indices: every one up to `count`, in order, none twice. @returns how many there are */
  async verify(admin: Client, index: string, count?: number): Promise<number> {
    let expected = 0;
    await admin.indices.refresh({ index });
    for (let after: number[] | undefined; ; ) {
      const reply = await admin.search<never>({
        index,
        size: 10_000,
        _source: false,
        track_total_hits: false,
        query: { term: { 'agent.id': this.agent } },
        sort: [{ 'deadair.offset': 'asc' }],
        ...(after ? { search_after: after } : {}),
      });
      for (const hit of reply.hits.hits) {
        const offset = hit.sort![0] as number;
        if (offset !== expected * this.bytes)
          assert.fail(`${this.agent}: line ${expected} is missing or doubled (found offset ${offset})`);
        expected++;
      }
      if (reply.hits.hits.length < 10_000) break;
      after = reply.hits.hits.at(-1)!.sort as number[];
    }
    if (count !== undefined) assert.equal(expected, count, `${this.agent} has ${expected} lines`);
    return expected;
  }
}

/** Every fault line of the logs is told once, in order of commit. */
export async function verifyMarks(store: Pick<Store, 'marks'>, logs: readonly NumberedLog[]): Promise<void> {
  const seen = new Map<string, number[]>(logs.map(({ agent }) => [agent, []]));
  let last = -1;
  for (let afterSeq = -1; ; ) {
    const page = await store.marks({ afterSeq, limit: 1000 });
    for (const mark of page) {
      assert.ok(mark.seq >= last, 'in order of commit');
      last = mark.seq;
      seen.get(mark.agent)?.push(mark.offset);
    }
    if (page.length < 1000) break;
    afterSeq = page.at(-1)!.seq;
  }
  for (const log of logs) {
    const wanted = Array.from({ length: log.sent }, (_, n) => n)
      .filter(n => n % 100 === 7)
      .map(n => n * log.bytes);
    assert.deepEqual(
      seen.get(log.agent)!.sort((a, b) => a - b),
      wanted,
      `marks of ${log.agent}`,
    );
  }
}
