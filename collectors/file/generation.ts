import { defined } from '../../src/platform/defined.js';
import { derivedId } from '../../src/platform/ids.js';
import type {
  Fingerprint,
  GapReason,
  KnownSource,
  SourceDescriptor,
  SourceEnd,
} from '../../src/wire/protocol.js';
import { FINGERPRINT_BYTES, fingerprint } from './fingerprint.js';
import type { Compression } from './names.js';
import type { ByteHandle } from './view.js';

export type EndReason = SourceEnd['reason'];

/**
 * - `live`: the file at its path is this generation
 * - `rotated`: renamed, copied away or removed; read to its end through its handle
 * - `orphan`: its bytes are no longer where they were; a copy is being looked for
 * - `ending`: gap and end are waiting to be sent
 * - `ended`: nothing more is expected; kept to recognise its copies
 */
export type GenerationState = 'live' | 'rotated' | 'orphan' | 'ending' | 'ended';

/** What is to be told about a generation after its last bytes. */
export type Notice =
  | { kind: 'gap'; to: number | null; reason: GapReason }
  | { kind: 'end'; reason: EndReason };

/** How many past ranges can be recognised as the end of a shorter copy. */
const CHECKPOINTS = 64;
/** What grew this shortly before it was last seen was growing. */
const BUSY_MS = 1000;
const EMPTY = Buffer.alloc(0);

/** One generation of a log: a source of the protocol, and how far it was read. */
export class Generation {
  id: string | undefined;
  state: GenerationState = 'live';
  /** Monotonic time of the last change of state, ms. */
  since = 0;

  /** First bytes (at most 1,024), raw where the file was open, and their fingerprint. */
  head: Buffer = EMPTY;
  headPrint: Fingerprint = fingerprint(EMPTY);
  /** The raw bytes (at most 1,024) before `position`: every read takes them along, to prove that the file is still the one. */
  tail: Buffer = EMPTY;
  tailPrint: Fingerprint | undefined;
  /** Next byte to read, and the server's committed position. */
  position = 0;
  acknowledged = 0;
  /** Set with `--from end`: where following began. */
  start: number | undefined;
  /** Must be announced with an empty range although nothing was read. */
  announce = false;

  handle: ByteHandle | undefined;
  /** Its handle was closed because it was quiet and too many were open: opened anew when it has changed. */
  rests = false;
  compression: Compression | undefined;
  inode: string | undefined;
  device: string | undefined;
  /** Largest size seen; of a compressed file 0 until its end was read. */
  size = 0;
  mtimeMs = 0;
  /** Monotonic time at which it last grew. */
  grewAt = 0;
  /** The end of a compressed file was reached. */
  readToEnd = false;
  /** Size at which the last line had no newline, and since when it is held back; -1: nothing is held. */
  heldAt = -1;
  heldSince = 0;
  /** The head must be compared with the next read. */
  headDue = true;
  /** Reading failed: not tried again before this monotonic time. */
  retryAt = 0;

  /** Monotonic time at which it was last found to be what it was. */
  seenAt = 0;

  /** For orphans: what happened to the bytes, and whether it was growing when it was last seen. */
  lostBy: 'truncated' | 'rewritten' | 'rotated' | 'deleted' = 'rotated';
  wasGrowing = false;
  /** Monotonic time of the last search that looked at every file beside it in vain. */
  soughtAt = Number.NEGATIVE_INFINITY;

  notices: Notice[] = [];
  /** Batches on the way. */
  inFlight = 0;
  private checkpoints: { offset: number; print: Fingerprint }[] = [];

  constructor(
    readonly agent: string,
    /** The path while it is (was) written. */
    readonly basePath: string,
  ) {}

  /** A source the server knows, not yet matched to a file. */
  static fromKnown(known: KnownSource, now: number): Generation {
    const generation = new Generation(known.agent, known.path);
    generation.id = known.id;
    generation.enter(known.ended ? 'ended' : 'orphan', now);
    generation.wasGrowing = known.quietMs !== undefined && known.quietMs < BUSY_MS;
    generation.headPrint = known.head;
    generation.position = known.position;
    generation.acknowledged = known.position;
    generation.tailPrint = known.tail;
    generation.start = known.start;
    generation.inode = known.inode;
    generation.device = known.device;
    generation.size = known.position;
    return generation;
  }

  /** Known to the server, or about to be. */
  get exists(): boolean {
    return this.id !== undefined;
  }

  /** Gives it an id that a restarted collector makes again (wire/ids.ts); `taken` holds all ids known so far. */
  identify(host: string, taken: Set<string>): void {
    if (this.id !== undefined) return;
    const newline = this.head.indexOf(10);
    const firstLine = newline < 0 ? this.head : this.head.subarray(0, newline);
    const place = this.inode === undefined ? [this.basePath] : [this.agent, this.device ?? '', this.inode];
    let ordinal = 0;
    do this.id = derivedId(host, ...place, firstLine, String(ordinal++));
    while (taken.has(this.id));
    taken.add(this.id);
  }

  descriptor(host: string): SourceDescriptor {
    return {
      id: this.id ?? '',
      agent: this.agent,
      host,
      path: this.basePath,
      head: this.headPrint,
      ...defined({
        inode: this.inode,
        device: this.device,
        compression: this.compression,
        start: this.start,
      }),
    };
  }

  setHead(head: Buffer): void {
    this.head = Buffer.from(head);
    this.headPrint = fingerprint(this.head);
  }

  /** Moves on past bytes that were read. */
  advance(bytes: Buffer): void {
    this.position += bytes.length;
    if (bytes.length >= FINGERPRINT_BYTES) this.tail = Buffer.from(bytes.subarray(-FINGERPRINT_BYTES));
    else this.tail = Buffer.concat([this.tail, bytes]).subarray(-FINGERPRINT_BYTES);
    this.tailPrint = fingerprint(this.tail);
    this.checkpoints.push({ offset: this.position, print: this.tailPrint });
    if (this.checkpoints.length > CHECKPOINTS) this.checkpoints.shift();
  }

  /** Goes back to a position whose preceding bytes are given, or unknown. */
  rewind(position: number, tail: Buffer): void {
    this.position = position;
    this.tail = tail;
    this.tailPrint = tail.length > 0 ? fingerprint(tail) : undefined;
    this.heldAt = -1;
    this.readToEnd = false;
    this.checkpoints = this.checkpoints.filter(point => point.offset <= position);
  }

  /** The last range that ended at or before `size`. */
  checkpointBefore(size: number): { offset: number; print: Fingerprint } | undefined {
    return this.checkpoints.findLast(point => point.offset <= size);
  }

  enter(state: GenerationState, now: number): void {
    this.state = state;
    this.since = now;
  }

  /** Bytes seen but not read; of compressed files 0 or 1. */
  get unread(): number {
    if (this.compression) return this.readToEnd ? 0 : 1;
    return Math.max(0, this.size - this.position);
  }

  /** It grew shortly before it was last seen, or since. */
  get isGrowing(): boolean {
    return this.seenAt - this.grewAt < BUSY_MS;
  }

  /** Nothing of it was ever seen. */
  get isBlank(): boolean {
    return !this.exists && this.head.length === 0 && this.position === 0;
  }

  /** Its fingerprints are enough from now on. */
  forgetBytes(): void {
    this.head = EMPTY;
    this.tail = EMPTY;
    this.checkpoints = [];
  }

  async closeHandle(): Promise<void> {
    const handle = this.handle;
    this.handle = undefined;
    this.rests = false;
    await handle?.close().catch(() => {});
  }
}
