import type { Clock } from '../../src/platform/clock.js';
import { defined } from '../../src/platform/defined.js';
import type { Logger } from '../../src/platform/logger.js';
import { encodeFrameHead } from '../../src/wire/frame-out.js';
import type { RangeEntry, RangesReply, SourceDescriptor } from '../../src/wire/protocol.js';
import { WIRE_VERSION } from '../../src/wire/version.js';
import { FINGERPRINT_BYTES } from './fingerprint.js';
import type { Generation } from './generation.js';
import type { FileTracker } from './tracker.js';
import { errnoOf, isHandleDead, readBytes } from './view.js';

/** Room before the payload for the frame's head: about 150 sources; more are copied together. */
const HEAD_ROOM = 64 * 1024;
/** A source with no more than this goes before those with a backlog, so that live files go on beside it. */
const LIVE_BYTES = 64 * 1024;
/** At the end of the file, a line this long is not waited for any more. */
const LONG_LINE_BYTES = 256 * 1024;
/** As many as are filled and compressed at once (pipeline.ts). */
const POOLED = 2;
/** So much, so lately written, is in the system's memory: nobody else wanted that for as much in between. */
const JUST_WRITTEN_BYTES = 256 * 1024;
const JUST_WRITTEN_MS = 1000;
const READ_RETRY_MS = 1000;
const MAX_SOURCES = 1000;
const NEWLINE = 10;

/** Byte ranges of many sources, ready to be sent as one request. */
export interface Batch {
  frame: Buffer;
  /** Payload bytes. */
  bytes: number;
  generations: Set<Generation>;
  /** Logs whose order matters: a generation must arrive before the one that followed it. */
  logs: Set<string>;
  /** Per source of the frame, in order: where its position will be. */
  expected: Map<string, number>;
  /** Generations whose end is told in this batch. */
  ended: Generation[];
  /** The frame's memory may be used again. */
  release(): void;
  /** It was full: there is more to read. */
  full: boolean;
}

export interface ReaderOptions {
  host: string;
  collector: string;
  partialAfterMs: number;
  /** The encoding that is set for a path (WHATWG's name). */
  encodingOf?: (basePath: string) => string | undefined;
}

/** Fills batches from what the tracker knows to be unread. */
export class Reader {
  private readonly scratch = Buffer.allocUnsafe(FINGERPRINT_BYTES);
  private readonly pool: Buffer[] = [];
  /** When each was read last. */
  private readonly turns = new WeakMap<Generation, number>();
  private turn = 0;
  /** Bytes and lines handed over since the start. */
  readBytes = 0;

  constructor(
    private readonly tracker: FileTracker,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly options: ReaderOptions,
  ) {}

  /** Is there anything to send? */
  get hasWork(): boolean {
    return this.eligible().length > 0;
  }

  /**
   * Reads up to `maxBytes`: first what is live, then those with a backlog in turns, each as much as there is room for: one large read
   * costs less than a share of each, and batches of other logs are sent at once, of the same one after the other.
   */
  async fill(maxBytes: number): Promise<Batch | undefined> {
    const work = this.eligible().slice(0, MAX_SOURCES);
    if (work.length === 0) return undefined;
    const buffer = this.take(HEAD_ROOM + maxBytes);
    const draft = new Draft(buffer.subarray(HEAD_ROOM, HEAD_ROOM + maxBytes));
    for (const generation of this.inTurns(work)) {
      if (draft.room < FINGERPRINT_BYTES && draft.used > 0) break;
      await this.readOne(generation, draft);
      this.turns.set(generation, ++this.turn);
    }
    for (const generation of this.tracker.active) this.tellNotices(generation, draft);
    if (draft.entries.length === 0) {
      this.give(buffer);
      return undefined;
    }
    return this.seal(draft, buffer, maxBytes);
  }

  /** Takes in what the server answered. False: positions disagree, everything must be matched anew. */
  async acknowledged(batch: Batch, reply: RangesReply): Promise<boolean> {
    let agrees = true;
    const byId = new Map([...batch.generations].map(generation => [generation.id, generation]));
    for (const outcome of reply.outcomes) {
      const generation = byId.get(outcome.source);
      if (!generation) continue;
      generation.acknowledged = Math.max(generation.acknowledged, outcome.position);
      if (outcome.status === 'gap') agrees = false;
    }
    for (const generation of batch.generations) {
      generation.inFlight--;
      const expected = batch.expected.get(generation.id ?? '') ?? 0;
      if (generation.acknowledged < expected || generation.acknowledged > generation.position) agrees = false;
    }
    if (agrees) for (const generation of batch.ended) await this.tracker.finish(generation);
    return agrees;
  }

  /** What can be sent now: one generation a path, the oldest unread first. */
  private eligible(): Generation[] {
    const now = this.clock.monotonic();
    const firstOfPath = new Map<string, Generation>();
    const others: Generation[] = [];
    for (const generation of this.tracker.active) {
      if (generation.announce || generation.notices.length > 0) {
        others.push(generation);
        continue;
      }
      if (!generation.handle || generation.unread === 0 || now < generation.retryAt) continue;
      const held = generation.heldAt === generation.size && generation.heldAt >= 0;
      if (held && now - generation.heldSince < this.options.partialAfterMs) continue;
      const rival = firstOfPath.get(generation.basePath);
      if (!rival || isOlder(generation, rival)) firstOfPath.set(generation.basePath, generation);
    }
    return [...others, ...[...firstOfPath.values()].sort((a, b) => (isOlder(a, b) ? -1 : 1))];
  }

  /** Live ones first, then those with a backlog: who was read longest ago, of those never read the oldest. */
  private inTurns(work: Generation[]): Generation[] {
    const behind = (generation: Generation) =>
      generation.unread > LIVE_BYTES && !generation.announce && generation.notices.length === 0;
    const turnOf = (generation: Generation) => this.turns.get(generation) ?? 0;
    return [
      ...work.filter(generation => !behind(generation)),
      ...work.filter(behind).sort((a, b) => turnOf(a) - turnOf(b)),
    ];
  }

  private async readOne(generation: Generation, draft: Draft): Promise<void> {
    if (generation.announce) {
      generation.announce = false;
      this.add(generation, draft, Buffer.alloc(0), false);
    }
    if (!generation.handle || generation.unread === 0 || generation.retryAt > this.clock.monotonic()) return;
    const target = draft.free();
    if (target.length === 0) return;
    try {
      await this.readRange(generation, draft, target);
    } catch (error) {
      // A dead handle is opened anew: with the connection, which has said what is wrong with it.
      if (!isHandleDead(error))
        this.logger.warn('file.unreadable', { path: generation.basePath, error: errnoOf(error) });
      generation.retryAt = this.clock.monotonic() + READ_RETRY_MS;
      await this.tracker.unreadable(generation, error);
    }
  }

  private async readRange(generation: Generation, draft: Draft, target: Buffer): Promise<void> {
    const handle = generation.handle!;
    const overlap = this.scratch.subarray(0, generation.tail.length);
    const written = this.wasJustWritten(generation);
    const from = generation.position - overlap.length;
    const got = (await handle.read([overlap, target], from, written)) - overlap.length;
    // The bytes before the position must still be those that were read: else this is another content.
    if (got < 0 || !overlap.equals(generation.tail) || !(await this.headHolds(generation, written))) {
      await this.tracker.changed(generation);
      return;
    }
    const atEnd = got < target.length;
    if (generation.compression && atEnd) {
      generation.readToEnd = true;
      generation.size = generation.position + got;
    }
    const cut = this.cutAt(generation, target.subarray(0, got), atEnd);
    if (cut.length > 0) this.add(generation, draft, target.subarray(0, cut.length), cut.partial);
  }

  /** Its unread lines are few, and came a moment ago. */
  private wasJustWritten(generation: Generation): boolean {
    return (
      generation.unread <= JUST_WRITTEN_BYTES && this.clock.monotonic() - generation.grewAt < JUST_WRITTEN_MS
    );
  }

  /** How much of what was read goes out now: whole lines, a line too long to wait for, or a last line gone quiet. */
  private cutAt(generation: Generation, data: Buffer, atEnd: boolean): { length: number; partial: boolean } {
    const newline = lastNewline(data);
    if (newline >= 0 && (newline + 1 === data.length || !atEnd))
      return { length: newline + 1, partial: false };
    if (data.length === 0) return { length: 0, partial: false };
    if (newline < 0 && (!atEnd || data.length >= LONG_LINE_BYTES))
      return { length: data.length, partial: false };
    const end = generation.position + data.length;
    const now = this.clock.monotonic();
    const complete = generation.compression !== undefined && generation.readToEnd;
    const quiet = generation.heldAt === end && now - generation.heldSince >= this.options.partialAfterMs;
    if (complete || quiet) {
      generation.heldAt = -1;
      return { length: data.length, partial: true };
    }
    if (generation.heldAt !== end) {
      generation.heldAt = end;
      generation.heldSince = now;
    }
    return { length: newline + 1, partial: false };
  }

  /** Compares the head once a look: a tail of equal lines (a ruler, a progress bar) proves nothing alone. */
  private async headHolds(generation: Generation, written: boolean): Promise<boolean> {
    if (!generation.headDue || generation.compression) return true;
    // A short file's overlap was its whole content.
    if (generation.position === generation.tail.length && generation.head.length <= generation.position)
      return true;
    generation.headDue = false;
    const head = await readBytes(generation.handle!, 0, generation.head.length, written);
    return head.equals(generation.head);
  }

  private add(generation: Generation, draft: Draft, bytes: Buffer, partial: boolean): void {
    this.tracker.giveId(generation);
    const from = generation.position;
    generation.advance(bytes);
    if (!partial && bytes.length > 0 && generation.heldAt < generation.position) generation.heldAt = -1;
    draft.used += bytes.length;
    draft.entries.push({
      kind: 'bytes',
      source: draft.sourceOf(generation),
      from,
      to: generation.position,
      observedAt: this.clock.now(),
      ...defined({ tail: generation.tailPrint }),
      ...(partial ? { partial } : {}),
    });
    this.readBytes += bytes.length;
  }

  private tellNotices(generation: Generation, draft: Draft): void {
    if (generation.notices.length === 0) return;
    this.tracker.giveId(generation);
    const source = draft.sourceOf(generation);
    const observedAt = this.clock.now();
    for (const notice of generation.notices) {
      const from = generation.position;
      if (notice.kind === 'gap') {
        draft.entries.push({ kind: 'gap', source, from, to: notice.to, observedAt, reason: notice.reason });
        this.logger.warn('file.gap', {
          path: generation.basePath,
          from,
          to: notice.to,
          reason: notice.reason,
        });
        if (notice.to !== null) generation.rewind(notice.to, Buffer.alloc(0));
      } else {
        draft.entries.push({ kind: 'end', source, at: from, observedAt, reason: notice.reason });
        draft.ended.push(generation);
      }
    }
    generation.notices = [];
  }

  private seal(draft: Draft, buffer: Buffer, maxBytes: number): Batch {
    const sources: SourceDescriptor[] = [];
    const expected = new Map<string, number>();
    for (const generation of draft.sources.keys()) {
      const encoding = this.options.encodingOf?.(generation.basePath);
      sources.push({
        ...generation.descriptor(this.options.host),
        ...defined({ encoding }),
      });
      expected.set(generation.id ?? '', generation.position);
      generation.inFlight++;
    }
    const head = encodeFrameHead({
      version: WIRE_VERSION,
      collector: this.options.collector,
      sentAt: this.clock.now(),
      sources,
      entries: draft.entries,
    });
    const payload = buffer.subarray(HEAD_ROOM, HEAD_ROOM + draft.used);
    let frame: Buffer;
    if (head.length <= HEAD_ROOM) {
      head.copy(buffer, HEAD_ROOM - head.length);
      frame = buffer.subarray(HEAD_ROOM - head.length, HEAD_ROOM + draft.used);
    } else frame = Buffer.concat([head, payload]);
    return {
      frame,
      bytes: draft.used,
      generations: new Set(draft.sources.keys()),
      logs: new Set([...draft.sources.keys()].map(generation => generation.basePath)),
      expected,
      ended: draft.ended,
      release: () => this.give(buffer),
      full: draft.used > maxBytes / 2,
    };
  }

  /**
   * Buffers are used again. New ones for every batch are memory outside V8's heap, and every 64 MB of that V8 collects its
   * whole heap: measured at 0.3 of 1.0 CPU-s per million lines.
   */
  private take(bytes: number): Buffer {
    for (let buffer = this.pool.pop(); buffer; buffer = this.pool.pop())
      if (buffer.length >= bytes) return buffer;
    return Buffer.allocUnsafeSlow(bytes);
  }

  private give(buffer: Buffer): void {
    if (this.pool.length < POOLED) this.pool.push(buffer);
  }
}

/** Place of the last byte of the last newline: of UTF-16, little end first, its second byte is NUL. */
function lastNewline(data: Buffer): number {
  const at = data.lastIndexOf(NEWLINE);
  return at >= 0 && at + 2 === data.length && data[at + 1] === 0 ? at + 1 : at;
}

/** A batch that is being filled. */
class Draft {
  readonly entries: RangeEntry[] = [];
  readonly sources = new Map<Generation, number>();
  readonly ended: Generation[] = [];
  used = 0;

  constructor(private readonly payload: Buffer) {}

  get room(): number {
    return this.payload.length - this.used;
  }

  free(): Buffer {
    return this.payload.subarray(this.used);
  }

  sourceOf(generation: Generation): number {
    let index = this.sources.get(generation);
    if (index === undefined) {
      index = this.sources.size;
      this.sources.set(generation, index);
    }
    return index;
  }
}

/** Rotated before live, then by the time of the last write. */
function isOlder(a: Generation, b: Generation): boolean {
  const byState = Number(a.state === 'live') - Number(b.state === 'live');
  return byState !== 0 ? byState < 0 : a.mtimeMs < b.mtimeMs;
}
