import type { Frame } from '../../src/wire/frame.js';
import type {
  EntryOutcome,
  GapRange,
  Heartbeat,
  KnownSource,
  PositionsReply,
  RangesReply,
  SourceDescriptor,
} from '../../src/wire/protocol.js';

export interface LedgerSource {
  descriptor: SourceDescriptor;
  position: number;
  tail: KnownSource['tail'];
  ended: string | undefined;
  gaps: GapRange[];
  /** What was stored, in order; empty when the ledger was told not to keep it. */
  content: Buffer[];
  partials: number;
}

/** The server's half of the position protocol, in memory: what the ingester does, without lines and store. */
export class Ledger {
  readonly sources = new Map<string, LedgerSource>();
  readonly heartbeats: Heartbeat[] = [];
  encodings: PositionsReply['encodings'] = ['zstd', 'br', 'gzip', 'identity'];

  /** @param onBytes told every stored range instead of keeping its bytes */
  constructor(private readonly onBytes?: (source: LedgerSource, bytes: Buffer) => void) {}

  positions(host: string): PositionsReply {
    return {
      version: 1,
      now: Date.now(),
      sources: [...this.sources.values()]
        .filter(source => source.descriptor.host === host)
        .map(({ descriptor, position, tail, ended }) => ({
          ...descriptor,
          position,
          ...(tail ? { tail } : {}),
          ended: ended !== undefined,
        })),
      encodings: this.encodings,
      maxBodyBytes: 8 << 20,
      maxRawBytes: 16 << 20,
      heartbeatSeconds: 5,
    };
  }

  take(frame: Frame): RangesReply {
    const outcomes = frame.head.entries.map((entry, index): EntryOutcome => {
      const source = this.sourceOf(frame.head.sources[entry.source]!);
      const outcome = (status: EntryOutcome['status']): EntryOutcome => ({
        source: source.descriptor.id,
        position: source.position,
        status,
      });
      if (entry.kind === 'end') {
        source.ended = entry.reason;
        return outcome('stored');
      }
      if (entry.from > source.position) return outcome('gap');
      if (entry.kind === 'gap') {
        source.gaps.push(entry);
        source.position = Math.max(source.position, entry.to ?? 0);
        return outcome('stored');
      }
      if (entry.to <= source.position) return outcome('duplicate');
      const bytes = frame.payloads[index]!.subarray(source.position - entry.from);
      if (this.onBytes) this.onBytes(source, Buffer.from(bytes));
      else source.content.push(Buffer.from(bytes));
      source.position = entry.to;
      source.tail = entry.tail;
      if (entry.partial) source.partials++;
      return outcome('stored');
    });
    return { version: 1, outcomes, now: Date.now() };
  }

  /** Everything stored of a path, generation after generation in the order they were first seen. */
  text(path: string): string {
    return Buffer.concat(
      [...this.sources.values()]
        .filter(source => source.descriptor.path === path)
        .flatMap(source => source.content),
    ).toString('latin1');
  }

  private sourceOf(descriptor: SourceDescriptor): LedgerSource {
    let source = this.sources.get(descriptor.id);
    if (!source) {
      source = {
        descriptor,
        position: descriptor.start ?? 0,
        tail: undefined,
        ended: undefined,
        gaps: [],
        content: [],
        partials: 0,
      };
      this.sources.set(descriptor.id, source);
    }
    source.descriptor = descriptor;
    return source;
  }
}
