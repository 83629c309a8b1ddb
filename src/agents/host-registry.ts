import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import { type DocumentStore, listAll } from '../model/documents.js';
import type { Clock, Timer } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { DeadairError, messageOf } from '../platform/errors.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import { NameCensus } from '../platform/name-census.js';
import { Serial } from '../platform/serial.js';
import type { FileStatus, Heartbeat } from '../wire/protocol.js';

/** What is known of a host from its collector's heartbeats. */
export interface HostRecord {
  host: string;
  agents: string[];
  collector: string;
  program: string;
  lastHeartbeatAt: number;
  goodbyeAt?: number;
  /** Host clock minus server clock, ms, and its uncertainty: half the shortest round trip seen lately. */
  clock?: { offset: number; within: number };
  diskFree?: number;
  files: FileStatus[];
  /** The host is pulled from and can't be reached. */
  trouble?: { kind: string; message: string };
  /** What its settings name and nobody reads. */
  unread?: { path: string; why: string }[];
  /** Its collector beats and can't deliver lines. */
  undelivered?: { since: number; error: string };
}

/** A better measurement is not believed for ever: clocks drift. */
const CLOCK_KEPT_MS = 10 * 60_000;

type Kept = HostRecord & {
  clockAt?: number;
  /** As it came, where several ingesters share what they hear. */
  beat?: Heartbeat;
  /** The address it came from, with it. */
  from?: string;
};

/** @param from the address a heartbeat came from, as the socket knew it */
export type HeardBeat = (beat: Heartbeat, receivedAt: number, from: string | undefined) => void;

/** How often ingesters that share a store tell each other of heartbeats. */
const SHARE_MS = 2_000;

const SAVE_MS = 30_000;

const MOST_HOSTS = 10_000;
const MOST_AGENTS = 20_000;
/** Of all hosts together: each beat tells every file it follows. */
const MOST_FILES = 500_000;

/**
 * The hosts that report, newest state only. Kept as documents, so that a host that falls silent while the service is
 * down is still known, and missed, when it is back.
 */
export class HostRegistry {
  private readonly hosts = new Map<string, Kept>();
  private readonly unsaved = new Set<string>();
  private readonly saves = new Serial();
  private timer: Timer | undefined;
  private hearing = false;
  private readonly names = new NameCensus('hosts', MOST_HOSTS);
  private readonly agentNames = new NameCensus('agents', MOST_AGENTS);
  private files = 0;

  constructor(
    private readonly documents: DocumentStore,
    private readonly clock: Clock,
    private readonly logger: Logger = silentLogger,
    /** Set where several ingesters share the store: told of heartbeats that came to another. */
    private readonly onForeign?: HeardBeat,
  ) {}

  async open(): Promise<void> {
    const kept = await listAll<Kept>(this.documents, DOCUMENT_KINDS.host);
    kept.sort((a, b) => a.doc.lastHeartbeatAt - b.doc.lastHeartbeatAt);
    for (const { id, doc } of kept) {
      this.keep(id, doc);
      this.names.heard([id], doc.lastHeartbeatAt);
      this.agentNames.heard(doc.agents, doc.lastHeartbeatAt);
    }
    this.timer = this.clock.every(this.onForeign ? SHARE_MS : SAVE_MS, () => {
      void this.save();
      if (this.onForeign) void this.hear();
    });
  }

  /** Heartbeats that came to other ingesters. */
  private async hear(): Promise<void> {
    if (this.hearing) return;
    this.hearing = true;
    try {
      for (const { id, doc } of await listAll<Kept>(this.documents, DOCUMENT_KINDS.host)) {
        const known = this.hosts.get(id);
        if (known && known.lastHeartbeatAt >= doc.lastHeartbeatAt) continue;
        this.keep(id, doc);
        if (doc.beat) this.onForeign!(doc.beat, doc.lastHeartbeatAt, doc.from);
      }
    } catch (error) {
      this.logger.warn('hosts.not-heard', { error: messageOf(error) });
    } finally {
      this.hearing = false;
    }
  }

  list(): HostRecord[] {
    return [...this.hosts.values()];
  }

  get(host: string): HostRecord | undefined {
    return this.hosts.get(host);
  }

  /** How far each agent's clock is off, where its collector measured it; ms. */
  clocks(): { agent: string; host: string; offsetMs: number; plusMinusMs: number }[] {
    return this.list().flatMap(({ host, agents, clock }) =>
      clock ? agents.map(agent => ({ agent, host, offsetMs: clock.offset, plusMinusMs: clock.within })) : [],
    );
  }

  async close(): Promise<void> {
    this.timer?.cancel();
    await this.save();
  }

  /**
   * Whether there is room for what a heartbeat names; asked before anything is made of it.
   * @throws DeadairError `names.too-many`
   */
  admit({ host, agents, files }: Heartbeat, now: number): void {
    const before = this.hosts.get(host)?.files.length ?? 0;
    if (files.length > before && this.files - before + files.length > MOST_FILES)
      throw new DeadairError(
        'names.too-many',
        `All hosts together follow more than ${MOST_FILES} files; name fewer in \`collect.watch\`.`,
        { subject: 'files', retryAfterSeconds: 60 },
      );
    this.agentNames.admit([...agents, ...files.map(file => file.agent)], now);
    this.names.admit([host], now);
    if (before > 0 || this.hosts.has(host) || this.hosts.size < MOST_HOSTS) return;
    // One that the census has forgotten: the longest silent.
    const oldest = this.hosts.keys().next().value!;
    this.files -= this.hosts.get(oldest)!.files.length;
    this.hosts.delete(oldest);
    this.unsaved.delete(oldest);
    void this.saves.run(() => this.documents.delete(DOCUMENT_KINDS.host, oldest)).catch(() => {});
  }

  private keep(host: string, record: Kept): void {
    this.files += record.files.length - (this.hosts.get(host)?.files.length ?? 0);
    // In the order of their last heartbeats.
    this.hosts.delete(host);
    this.hosts.set(host, record);
  }

  /** @param now the server's clock */
  heartbeat(beat: Heartbeat, now: number, from?: string): void {
    const known = this.hosts.get(beat.host);
    // A collector that takes over says hello before the old one's goodbye arrives.
    if (beat.goodbye && known && known.collector !== beat.collector) return;
    const { clock, clockAt } = measure(beat, now, known);
    this.keep(beat.host, {
      host: beat.host,
      agents: beat.agents,
      collector: beat.collector,
      program: beat.program,
      lastHeartbeatAt: now,
      ...(beat.goodbye ? { goodbyeAt: now } : {}),
      ...(clock ? { clock, clockAt: clockAt! } : {}),
      ...(beat.diskFree === null ? {} : { diskFree: beat.diskFree }),
      files: beat.files,
      ...defined({ trouble: beat.trouble, unread: beat.unread, undelivered: beat.undelivered }),
      ...(this.onForeign ? { beat, ...defined({ from }) } : {}),
    });
    this.unsaved.add(beat.host);
    if (!known || beat.goodbye) void this.save();
  }

  /** One after the other, each with the newest state; what could not be saved is saved the next time. */
  private save(): Promise<void> {
    return this.saves.run(async () => {
      const hosts = [...this.unsaved];
      if (hosts.length === 0) return;
      this.unsaved.clear();
      try {
        await this.documents.putMany(
          hosts.map(id => ({ kind: DOCUMENT_KINDS.host, id, doc: this.hosts.get(id) })),
        );
      } catch (error) {
        for (const host of hosts) this.unsaved.add(host);
        this.logger.warn('hosts.not-saved', { error: messageOf(error) });
      }
    });
  }
}

/** Cristian's algorithm on the exchange the collector reports: offset ± half the round trip. */
function measure(
  beat: Heartbeat,
  now: number,
  known: Kept | undefined,
): { clock?: { offset: number; within: number }; clockAt?: number } {
  const kept = known?.clock ? { clock: known.clock, clockAt: known.clockAt ?? now } : {};
  if (!beat.roundTrip) return kept;
  const { serverNow, sentAt, receivedAt } = beat.roundTrip;
  const trip = receivedAt - sentAt;
  if (trip < 0) return kept;
  const measured = { offset: (sentAt + receivedAt) / 2 - serverNow, within: trip / 2 + 0.5 };
  const old = kept.clock;
  if (old && old.within <= measured.within && Math.abs(now - (kept.clockAt ?? 0)) < CLOCK_KEPT_MS)
    return kept;
  return { clock: measured, clockAt: now };
}
