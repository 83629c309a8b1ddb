import type { Clock, Timer } from '../../../platform/clock.js';
import { asDeadairError, DeadairError } from '../../../platform/errors.js';
import { type Logger, silentLogger } from '../../../platform/logger.js';

export interface LinkDeps {
  clock: Clock;
  logger?: Logger;
  /** Makes sure that the server is the one meant, has what is needed and is ours. Asked before the first line, and after each outage. */
  greet: () => Promise<void>;
  /** A small question: does it answer? */
  ping: () => Promise<void>;
  /** Called when it can be reached, at first and again. */
  onUp?: () => void;
}

const AGAIN_MS = 2000;
const LOOK_MS = 5000;

/**
 * Whether Elasticsearch can be reached. What needs it asks `must` first, so that nothing waits for a server that is known to be
 * away; lines are let through again only when it was greeted anew.
 */
export class Link {
  private readonly logger: Logger;
  private timer: Timer | undefined;
  private working: Promise<void> | undefined;
  private why: DeadairError | undefined;
  private awaySince: number;
  private up = false;
  private closed = false;

  constructor(private readonly deps: LinkDeps) {
    this.logger = deps.logger ?? silentLogger;
    this.awaySince = deps.clock.now();
  }

  /** Resolves after the first attempt, however it ended. */
  async start(): Promise<void> {
    await this.turn();
    this.again();
  }

  /** Since when it is away, ms since the epoch, and why; undefined: it answers. */
  get away(): { since: number; why: string } | undefined {
    return this.up ? undefined : { since: this.awaySince, why: this.why?.message ?? 'it was not asked yet' };
  }

  get trouble(): DeadairError | undefined {
    if (this.up) return undefined;
    const since = new Date(this.awaySince).toISOString().replace(/\.\d+Z$/, 'Z');
    return new DeadairError(
      this.why?.code === 'conflict' ? 'conflict' : 'unavailable',
      `Elasticsearch is out of reach since ${since}, lines wait at the collectors: ${this.why?.message ?? 'it was not asked yet.'}`,
      { subject: 'store.elasticsearch', retryAfterSeconds: 5, cause: this.why },
    );
  }

  /** @throws DeadairError `unavailable`, with since when; `conflict` where somebody else keeps the books */
  must(): void {
    const { trouble } = this;
    if (trouble) throw trouble;
  }

  /** Something was asked and failed: where that means that it is away, nothing more is asked before it was greeted. */
  failed(thrown: unknown): void {
    const error = asDeadairError(thrown);
    if (error.code === 'unavailable') this.down(error);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.working;
  }

  private again(): void {
    if (this.closed) return;
    this.timer?.cancel();
    this.timer = this.deps.clock.after(this.up ? LOOK_MS : AGAIN_MS, () => {
      void this.turn().then(() => this.again());
    });
  }

  private turn(): Promise<void> {
    this.working ??= this.look().finally(() => {
      this.working = undefined;
    });
    return this.working;
  }

  private async look(): Promise<void> {
    const { greet, ping, onUp, clock } = this.deps;
    try {
      if (this.up) return await ping();
      await greet();
      this.logger.info('elasticsearch.reached', { awayMs: Math.round(clock.now() - this.awaySince) });
      this.up = true;
      this.why = undefined;
      onUp?.();
    } catch (thrown) {
      this.down(asDeadairError(thrown));
    }
  }

  private down(error: DeadairError): void {
    if (this.closed) return;
    if (this.up) {
      this.up = false;
      this.awaySince = this.deps.clock.now();
    }
    // Once a reason: two attempts a second for an hour would be the whole log.
    if (error.message !== this.why?.message)
      this.logger.warn('elasticsearch.away', { since: this.awaySince, error: error.message });
    this.why = error;
    this.again();
  }
}
