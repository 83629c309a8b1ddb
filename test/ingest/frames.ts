import { derivedId } from '../../src/platform/ids.js';
import { encodeFrame } from '../../src/wire/frame-out.js';
import type { RangeEntry, SourceDescriptor } from '../../src/wire/protocol.js';

export function source(name: string): SourceDescriptor {
  return {
    id: derivedId('test', name),
    agent: name,
    host: 'host-1',
    path: `/logs/${name}.log`,
    head: { length: 0, hash: '' },
  };
}

/** A range of a text; offsets are bytes. */
export function bytes(text: string, from: number, to = text.length, more: { partial?: boolean } = {}) {
  const entry: RangeEntry = { kind: 'bytes', source: 0, from, to, observedAt: 1_000_000, ...more };
  return { entry, payload: Buffer.from(text).subarray(from, to) };
}

export function frame(of: SourceDescriptor, ...parts: { entry: RangeEntry; payload?: Buffer }[]): Buffer {
  return encodeFrame(
    {
      version: 1,
      collector: 'test',
      sentAt: 1_000_000,
      sources: [of],
      entries: parts.map(part => part.entry),
    },
    parts.flatMap(part => (part.payload ? [part.payload] : [])),
  );
}
