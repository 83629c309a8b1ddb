import type { Clock, Timer } from '../platform/clock.js';
import { messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import type { AgentView } from './views.js';

const EVERY_MS = 10_000;

/** A store that others look into (Kibana) is told of every agent's state, the silent ones' too. */
export class AgentMirror {
  private timer: Timer | undefined;
  private working: Promise<void> = Promise.resolve();
  private busy = false;

  constructor(
    private readonly deps: {
      views: { list(): Promise<AgentView[]> };
      show(agents: readonly AgentView[], now: number): Promise<void>;
      clock: Clock;
      logger: Logger;
    },
  ) {}

  start(): void {
    this.timer = this.deps.clock.every(EVERY_MS, () => void this.tick());
    void this.tick();
  }

  async stop(): Promise<void> {
    this.timer?.cancel();
    await this.working;
  }

  /** One at a time; a slow store is not asked again before it has answered. */
  tick(): Promise<void> {
    if (this.busy) return this.working;
    this.busy = true;
    const { views, show, clock, logger } = this.deps;
    this.working = (async () => {
      try {
        await show(await views.list(), clock.now());
      } catch (thrown) {
        logger.warn('agents.not-shown', { error: messageOf(thrown) });
      } finally {
        this.busy = false;
      }
    })();
    return this.working;
  }
}
