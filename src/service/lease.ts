import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { DocumentStore } from '../model/documents.js';
import type { Clock, Timer } from '../platform/clock.js';
import { asDeadairError, DeadairError } from '../platform/errors.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import { Serial } from '../platform/serial.js';

/** Who leads, as all ingesters read it. Its version makes sure that of two who take it one is refused. */
interface LeaseDocument {
  holder: string;
  /** The holder's clock. */
  until: number;
  /** Where the holder's page and API are, for people who asked the wrong one. */
  url: string;
}

export interface LeaseDeps {
  documents: Pick<DocumentStore, 'get' | 'put'>;
  clock: Clock;
  /** Unique to this process. */
  name: string;
  url: () => string;
  /** Called once, when this process has become the leader. */
  onGain: () => Promise<void>;
  /** Called once, when another has taken over although this one never gave up. */
  onLoss: (newLeader: string) => void;
  logger?: Logger;
}

const LEASE_ID = 'leader';
const RENEW_MS = 5_000;
/** A leader that was not heard of for so long has lost: three renewals, and clocks that disagree by some seconds. */
const LEASE_MS = 20_000;

/**
 * One of several ingesters judges and alerts: the one that holds the lease. While the store can't be reached nobody can take
 * the lease, so its holder goes on: alerts are needed most then. If that was wrong (only this process was cut off), it finds
 * another name in the lease as soon as it can read it again, and is told so.
 */
export class Lease {
  private readonly logger: Logger;
  private timer: Timer | undefined;
  private readonly turns = new Serial();
  private held: number | undefined;
  private leader: LeaseDocument | undefined;
  private over = false;

  constructor(private readonly deps: LeaseDeps) {
    this.logger = deps.logger ?? silentLogger;
  }

  get leads(): boolean {
    return this.held !== undefined;
  }

  /** Tries for the lease at once, then again and again. */
  async start(): Promise<void> {
    await this.turn();
    this.timer = this.deps.clock.every(RENEW_MS, () => void this.turn());
  }

  /** Gives the lease back, so that another need not wait. */
  async stop(): Promise<void> {
    this.over = true;
    this.timer?.cancel();
    await this.turns.idle();
    if (this.held === undefined) return;
    try {
      await this.write(0, this.held);
    } catch (thrown) {
      this.logger.warn('lease.not-returned', { error: asDeadairError(thrown).message });
    }
    this.held = undefined;
  }

  /** @throws DeadairError `unavailable` where another leads, with its address */
  mustLead(): void {
    if (this.leads) return;
    const where = this.leader ? `ask ${this.leader.url}` : 'no leader is known yet, try again';
    throw new DeadairError(
      'unavailable',
      `This ingester takes lines and stands by; another leads: ${where}.`,
      {
        retryAfterSeconds: 5,
      },
    );
  }

  /** One look at the lease; one at a time. */
  turn(): Promise<void> {
    return this.turns.run(async () => {
      if (this.over) return;
      try {
        await this.look();
      } catch (thrown) {
        const error = asDeadairError(thrown);
        // Another was faster: it is read again at the next turn.
        if (error.code !== 'conflict') this.logger.warn('lease.unreachable', { error: error.message });
      }
    });
  }

  private async look(): Promise<void> {
    const { documents, clock, name, onGain, onLoss } = this.deps;
    const found = await documents.get<LeaseDocument>(DOCUMENT_KINDS.lease, LEASE_ID);
    this.leader = found?.doc;
    const version = found?.version ?? 0;
    if (this.held !== undefined) {
      if (found?.doc.holder === name) {
        this.held = await this.write(LEASE_MS, version);
        return;
      }
      this.held = undefined;
      this.over = true;
      this.logger.error('lease.lost', { leader: found?.doc.holder });
      onLoss(found?.doc.url ?? 'unknown');
      return;
    }
    if (found && found.doc.until > clock.now()) return;
    const taken = await this.write(LEASE_MS, version);
    this.logger.info('lease.taken', { after: found?.doc.holder });
    await onGain();
    this.held = taken;
  }

  private async write(ms: number, version: number): Promise<number> {
    const { documents, clock, name, url } = this.deps;
    const doc: LeaseDocument = { holder: name, until: clock.now() + ms, url: url() };
    const written = await documents.put(DOCUMENT_KINDS.lease, LEASE_ID, doc, version);
    this.leader = doc;
    return written;
  }
}
