import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { asDeadairError, DeadairError, stackOf } from '../platform/errors.js';
import { isImported } from '../platform/ids.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import { addTo, type SetIndex } from '../platform/set-index.js';
import type { SourceState, Store } from '../store/store.js';
import type { KnownSource, RangesReply } from '../wire/protocol.js';
import { WIRE_VERSION } from '../wire/version.js';
import { busy, Room, type Stay } from './admission.js';
import type { SourceBounds, SourceStanding, StageRequest, StageResult } from './line-stage.js';
import type { IngestSettings } from './settings.js';
import { SharedFiles } from './shared-files.js';

/** The line stage as the intake uses it: a thread in the service, the stage itself in tests. */
export interface Stage {
  reset(sources: readonly SourceStanding[]): void;
  take(request: StageRequest): Promise<StageResult>;
}

export interface Stored {
  result: StageResult;
  seq: number;
  at: number;
}

export interface IntakeDeps {
  store: Pick<Store, 'append' | 'sources' | 'shared' | 'away' | 'trouble' | 'batchBytes' | 'appendsAtOnce'>;
  stage: Stage;
  settings: Pick<IngestSettings, 'queue' | 'requests'>;
  clock: Clock;
  logger?: Logger;
  /** What is stored can't be judged as fast as it comes: nothing more is let in. */
  behind?: () => boolean;
  /** Called after each request's lines are durable, in the order of their commit. */
  onStored?: (stored: Stored) => void;
}

export interface Taken {
  reply: RangesReply;
  lines: number;
  /** After decompression. */
  rawBytes: number;
}

interface Kept {
  source: KnownSource;
  /** Server's clock at its last range. */
  grewAt: number;
}

interface Parsed {
  result: StageResult;
  resolve: () => void;
  reject: (error: DeadairError) => void;
}

/** Requests stored by one commit: fewer syncs, yet nobody waits long for the others. */
const GROUP = 32;
/** Where a commit is three requests to servers elsewhere, more of them share one. */
const SHARED_GROUP = 512;
const GROUP_BYTES = 32 * 1024 * 1024;
/** Where several commits are under way at once, one holds no more: the next is made while it is stored. */
const SHORT_GROUP_BYTES = 4 * 1024 * 1024;
/** … and one that is worth less waits for what comes until the others are stored: large ones cost a server the least. */
const BESIDE_BYTES = 1024 * 1024;
const LOOK_AROUND_MS = 2000;

/**
 * Takes in requests: through the line stage in order, stored several at a time, acknowledged when durable. The stage's
 * positions run ahead of the store's; when storing fails, everything that ran ahead is refused and the stage is set back.
 */
export class Intake {
  private readonly logger: Logger;
  private readonly known = new Map<string, Kept>();
  /** Ids of a host's sources: a thousand collectors that start at once each ask for their own. */
  private readonly ofHost: SetIndex<string, string> = new Map();
  private readonly parsed: Parsed[] = [];
  /** Told when something is parsed. */
  private more = (): void => {};
  private storing: Promise<void> | undefined;
  /** Grows with every set-back: what was parsed before it counts no more. */
  private epoch = 0;
  /** The stage stands where the store does not: nothing may be taken before it is set back. */
  private stale = true;
  private reloadedAt = Number.NEGATIVE_INFINITY;
  private reloading: Promise<void> | undefined;
  private readonly room: Room;
  private readonly shared = new SharedFiles(sentence =>
    this.logger.warn('source.read-twice', { warning: sentence }),
  );

  constructor(private readonly deps: IntakeDeps) {
    this.logger = deps.logger ?? silentLogger;
    this.room = new Room(deps.settings);
  }

  async open(): Promise<void> {
    await this.reload();
  }

  /**
   * To be called before a request's body is read, and left when it is answered.
   * @throws DeadairError `busy` or `unavailable`
   */
  enter(): Stay {
    if (this.deps.behind?.()) throw busy('judged');
    const { store } = this.deps;
    // Nothing is read, parsed and judged that could not be stored then.
    const away = store.away?.() && store.trouble?.();
    if (away) throw refusal(away);
    return this.room.enter();
  }

  /** Committed positions of a host's sources, and how long each was quiet when the host was last heard of. */
  positions(host: string, lastHeartbeatAt = 0): KnownSource[] {
    const own = [...(this.ofHost.get(host) ?? [])].flatMap(id => this.known.get(id) ?? []);
    const heardAt = own.reduce((latest, { grewAt }) => Math.max(latest, grewAt), lastHeartbeatAt);
    return own.map(({ source, grewAt }) => ({ ...source, quietMs: heardAt - grewAt }));
  }

  /**
   * Where several ingesters share the store, what this one remembers may be old: read again what others have stored, but not
   * for each of a thousand collectors that start at once.
   */
  async lookAround(): Promise<void> {
    if (!this.mayBeBehind) return;
    this.setBack(this.epoch);
    await this.mustStandRight();
  }

  private get mayBeBehind(): boolean {
    return this.deps.store.shared !== undefined && this.deps.clock.now() - this.reloadedAt > LOOK_AROUND_MS;
  }

  get load(): { requests: number; bytes: number } {
    return { requests: this.room.requests, bytes: this.room.bytes };
  }

  /**
   * Resolved when everything new in the request is durable, and what was known already, too.
   * @throws DeadairError `unavailable` (try again), `store.full`, `request.*`
   */
  async take(body: Uint8Array, encoding: string, stay: Stay, bounds?: SourceBounds): Promise<Taken> {
    stay.begin();
    const { stage, clock } = this.deps;
    await this.mustStandRight();
    const { epoch } = this;
    const result = await stage
      .take({ body, encoding, ingestedAt: clock.now(), ...defined({ bounds }) })
      .catch(thrown => {
        const error = asDeadairError(thrown);
        if (error.code !== 'internal') throw error;
        this.logger.error('ingest.stage-failed', { error: error.message });
        this.setBack(epoch);
        throw new DeadairError('unavailable', 'The request could not be read; try again.', {
          retryAfterSeconds: 1,
        });
      });
    if (epoch !== this.epoch) throw overtaken();
    // Another ingester may have taken what lies before it: look, and if it still does not fit, say so.
    if (this.mayBeBehind && result.outcomes.some(({ status }) => status === 'gap')) {
      this.setBack(epoch);
      throw overtaken();
    }
    if (result.unjudged > 0) this.logger.error('ingest.lines-unjudged', { batches: result.unjudged });
    stay.holds(result.rawBytes);
    // A request with nothing new waits in line, too: what makes its ranges known may not be durable yet.
    await new Promise<void>((resolve, reject) => {
      this.parsed.push({ result, resolve, reject });
      this.storing ??= this.store();
      this.more();
    });
    const reply = { version: WIRE_VERSION, outcomes: result.outcomes, now: clock.now() };
    return { reply, lines: result.lines, rawBytes: result.rawBytes };
  }

  /** What is wrong with what comes in, in sentences. */
  warnings(): string[] {
    return this.shared.warnings();
  }

  /** Takes nothing new, finishes what is under way. */
  stop(): Promise<void> {
    return this.room.close();
  }

  private async store(): Promise<void> {
    // Never done before `storing` is set, and requests of one turn of the loop share a commit.
    await Promise.resolve();
    const { appendsAtOnce = 1 } = this.deps.store;
    const underWay = new Set<Promise<void>>();
    let last = Promise.resolve();
    while (this.parsed.length > 0 || underWay.size > 0) {
      if (
        this.parsed.length > 0 &&
        (underWay.size === 0 || (underWay.size < appendsAtOnce && this.worthIt()))
      ) {
        const own = this.storeGroup(this.nextGroup(), last);
        last = own;
        underWay.add(own);
        void own.finally(() => underWay.delete(own));
        continue;
      }
      const more = new Promise<void>(resolve => {
        this.more = resolve;
      });
      await Promise.race([...underWay, more]);
    }
    this.storing = undefined;
  }

  /** Stores a group and tells of it after those before it. Never rejected. */
  private async storeGroup(group: readonly Parsed[], before: Promise<void>): Promise<void> {
    const { epoch } = this;
    try {
      const appends = group.flatMap(({ result }) => result.appends);
      const receipt = appends.length > 0 ? await this.deps.store.append(appends) : undefined;
      await before;
      const at = this.deps.clock.now();
      for (const { result, resolve, reject } of group) {
        this.learn(result);
        // What it found known already may have been in a group before, and that was not stored.
        if (epoch === this.epoch) resolve();
        else reject(overtaken());
        if (receipt && result.appends.length > 0) this.tell({ result, seq: receipt.seq, at });
      }
    } catch (thrown) {
      const error = asDeadairError(thrown);
      this.logger.error('ingest.not-stored', { code: error.code, error: error.message });
      for (const { reject } of group) reject(refusal(error));
      this.setBack(epoch);
    }
  }

  private tell(stored: Stored): void {
    try {
      this.deps.onStored?.(stored);
    } catch (thrown) {
      this.logger.error('ingest.listener-failed', { error: stackOf(thrown) });
    }
  }

  /** What waits is worth a commit beside another one. */
  private worthIt(): boolean {
    let bytes = 0;
    for (const { result } of this.parsed) {
      bytes += result.rawBytes;
      if (bytes >= BESIDE_BYTES) return true;
    }
    return false;
  }

  private nextGroup(): Parsed[] {
    const { batchBytes, appendsAtOnce = 1 } = this.deps.store;
    const group = batchBytes === undefined ? GROUP : SHARED_GROUP;
    const most = appendsAtOnce > 1 ? SHORT_GROUP_BYTES : GROUP_BYTES;
    let bytes = 0;
    let count = 0;
    while (count < this.parsed.length && count < group && bytes < most)
      bytes += this.parsed[count++]!.result.rawBytes;
    return this.parsed.splice(0, count);
  }

  private learn(result: StageResult): void {
    for (const { source, from, to, tail, end, ingestedAt } of result.appends) {
      const known = this.known.get(source.id);
      const knownTail = known?.source.tail;
      this.keep({
        source: {
          ...source,
          position: to,
          ...(tail ? { tail } : knownTail ? { tail: knownTail } : {}),
          ended: end !== undefined || (known?.source.ended ?? false),
        },
        grewAt: to > from || !known ? ingestedAt : known.grewAt,
      });
    }
  }

  private keep(kept: Kept): void {
    const { id, host } = kept.source;
    this.shared.look(kept.source);
    this.known.set(id, kept);
    addTo(this.ofHost, host, id);
  }

  /** What ran ahead of the store is refused; the stage goes on from what is stored. */
  private setBack(epoch: number): void {
    if (epoch !== this.epoch) return;
    this.epoch++;
    this.stale = true;
    for (const { reject } of this.parsed.splice(0)) reject(overtaken());
  }

  /** Sets the stage back first where that is due; while the store can't say where sources stand, nothing is taken. */
  private async mustStandRight(): Promise<void> {
    while (this.stale) {
      this.reloading ??= this.reload().finally(() => {
        this.reloading = undefined;
      });
      try {
        await this.reloading;
      } catch (cause) {
        throw refusal(asDeadairError(cause));
      }
    }
  }

  private async reload(): Promise<void> {
    // A commit under way still counts.
    await this.storing;
    const { epoch } = this;
    // A collector that took an imported file for its own would go on where the capsule ends.
    const sources = (await this.deps.store.sources()).filter(source => !isImported(source.id));
    this.known.clear();
    this.ofHost.clear();
    for (const source of sources) this.keep({ source: toKnown(source), grewAt: source.lastIngestedAt });
    this.deps.stage.reset(
      sources.map(({ id, host, agent, lastIngestedAt, position, ended, parserState, openBytes }) => ({
        id,
        host,
        agent,
        heardAt: lastIngestedAt,
        position,
        ended: ended !== undefined,
        ...defined({ parserState, openBytes }),
      })),
    );
    this.stale = epoch !== this.epoch;
  }
}

function toKnown(source: SourceState): KnownSource {
  const { id, agent, host, path, head, inode, device, compression, start, position, tail, ended } = source;
  return {
    id,
    agent,
    host,
    path,
    head,
    ...defined({ inode, device, compression, start }),
    position,
    ...(tail ? { tail } : {}),
    ended: ended !== undefined,
  };
}

function overtaken(): DeadairError {
  return new DeadairError(
    'unavailable',
    'What came before this request could not be stored; send it again.',
    {
      retryAfterSeconds: 1,
    },
  );
}

/** Whatever kept the store from storing, the collector keeps its bytes and tries again. */
function refusal(error: DeadairError): DeadairError {
  if (error.code === 'store.full')
    return new DeadairError('store.full', error.message, {
      retryAfterSeconds: error.retryAfterSeconds ?? 10,
      cause: error,
    });
  return new DeadairError('unavailable', `The lines could not be stored: ${error.message}`, {
    retryAfterSeconds: 2,
    cause: error,
  });
}
