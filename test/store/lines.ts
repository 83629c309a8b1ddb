import { Buffer } from 'node:buffer';
import type { Finding } from '../../src/model/finding.js';
import type { RecordBatch } from '../../src/model/record-batch.js';
import {
  LEVELS,
  type Level,
  RecordFlag,
  SIGNAL_CLASSES,
  type SignalClass,
} from '../../src/model/vocabulary.js';
import type { SourceAppend } from '../../src/store/store.js';
import type { SourceDescriptor } from '../../src/wire/protocol.js';

/** A line as tests write it: text without newline, event time, and what detection would have said. */
export interface TestLine {
  text: string;
  time: number;
  level?: Level;
  class?: SignalClass;
  rule?: string;
  event?: string;
  flags?: number;
}

/** A collector with one file: makes appends in order and knows its position, as the ingester would. */
export class TestSource {
  readonly source: SourceDescriptor;
  position = 0;
  private openText = '';

  constructor(agent: string, path = `/logs/${agent}.log`, id = sourceId(`${agent}:${path}`)) {
    this.source = { id, agent, host: `host-of-${agent}`, path, head: { length: 0, hash: '' } };
  }

  /** Complete lines, and if `partial` is given an open line behind them. Completes an earlier open line first. */
  append(lines: TestLine[], options: { partial?: TestLine; at?: number } = {}): SourceAppend {
    const all = options.partial ? [...lines, options.partial] : lines;
    const base = this.position - Buffer.byteLength(this.openText);
    const records = batchOf(all, base, options.partial !== undefined);
    const from = this.position;
    this.position = base + records.bytes.length;
    this.openText = options.partial?.text ?? '';
    const at = options.at ?? lines.at(-1)?.time ?? options.partial?.time ?? 0;
    return { source: this.source, from, to: this.position, observedAt: at, ingestedAt: at, records };
  }
}

/** 26 characters of the ULID alphabet from any text, the same each time. */
export function sourceId(text: string): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let hash = 2166136261;
  let id = '';
  for (let i = 0; id.length < 26; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i % text.length) ^ i, 16777619) >>> 0;
    id += alphabet[(hash >>> 9) & 31];
  }
  return id;
}

export function flagsOf(text: string): number {
  let flags = 0;
  if (text.includes('\x1b')) flags |= RecordFlag.ansi;
  if (text.includes('\0')) flags |= RecordFlag.nul;
  if (/\r(?!\r*$)/.test(text)) flags |= RecordFlag.carriageReturn;
  return flags;
}

export function batchOf(lines: TestLine[], base: number, lastIsPartial = false): RecordBatch {
  const parts = lines.map((line, i) =>
    Buffer.from(lastIsPartial && i === lines.length - 1 ? line.text : `${line.text}\n`),
  );
  const starts = new Uint32Array(lines.length + 1);
  parts.forEach((part, i) => {
    starts[i + 1] = starts[i]! + part.length;
  });
  const findings = new Map<number, Finding>();
  lines.forEach((line, i) => {
    if (line.class || line.rule)
      findings.set(i, {
        class: line.class ?? 'none',
        rule: line.rule ?? 'test/rule',
        ...(line.event ? { event: line.event } : {}),
      });
  });
  return {
    bytes: Buffer.concat(parts),
    base,
    count: lines.length,
    starts,
    times: Float64Array.from(lines, line => line.time),
    timeKinds: new Uint8Array(lines.length),
    levels: Uint8Array.from(lines, line => LEVELS.indexOf(line.level ?? 'none')),
    classes: Uint8Array.from(lines, line => SIGNAL_CLASSES.indexOf(line.class ?? 'none')),
    flags: Uint16Array.from(
      lines,
      (line, i) =>
        flagsOf(line.text) |
        (line.flags ?? 0) |
        (lastIsPartial && i === lines.length - 1 ? RecordFlag.partial : 0),
    ),
    findings,
  };
}
