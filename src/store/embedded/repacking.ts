import { asDeadairError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { WorkerClient } from '../../platform/worker-calls.js';
import type { SealerCalls } from './messages.js';
import type { ReaderPool } from './reader-pool.js';
import { dayName } from './schema.js';

/** Packs days anew (repack.ts): all of them when somebody asks, those that are over while nothing else is to do. */
export class Repacking {
  /** Days that failed, or got new lines meanwhile: not tried again before the next start. */
  private readonly given = new Set<number>();
  private running = false;

  /** @param quiet runs work while nothing is sealed */
  constructor(
    private readonly logger: Logger,
    private readonly sealer: WorkerClient<SealerCalls>,
    private readonly readers: ReaderPool,
    private readonly quiet: (work: () => Promise<void>) => Promise<void>,
  ) {}

  async all(onDay: (done: number, of: number) => void = () => {}): Promise<void> {
    const days = await this.sealer.call('repackable', []);
    // Asked before: to look into a day that was just packed leaves files of the look beside it.
    const unfinished = await this.sealer.call('unfinished', []);
    for (const [done, day] of days.entries()) {
      onDay(done, days.length);
      while (await this.sealer.call('repack', [day]));
      await this.swap(day);
    }
    for (const day of unfinished) await this.finish(day);
  }

  /**
   * Goes on as long as `idle` says so; a day that was begun is gone on with the next time.
   * @returns whether all days before `today` were seen to
   */
  async whileIdle(today: number, idle: () => boolean): Promise<boolean> {
    if (this.running) return false;
    this.running = true;
    try {
      const over = (days: number[]) => days.filter(day => day < today && !this.given.has(day));
      for (const day of over(await this.sealer.call('repackable', [])))
        await this.orGivenUp(day, async () => {
          for (let more = true; more && idle(); ) more = await this.sealer.call('repack', [day]);
          if (idle()) await this.swap(day);
        });
      // Those whose last lines came to a service that was stopped before the next day.
      if (idle())
        for (const day of over(await this.sealer.call('unfinished', [])))
          await this.orGivenUp(day, () => this.finish(day));
      return idle();
    } finally {
      this.running = false;
    }
  }

  private async orGivenUp(day: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.given.add(day);
      const { code, message } = asDeadairError(thrown);
      this.logger.warn('store.repacking-failed', { day: dayName(day), code, message });
    }
  }

  private async finish(day: number): Promise<void> {
    await this.quiet(() => this.sealer.call('finish', [day]));
  }

  private async swap(day: number): Promise<void> {
    await this.quiet(() =>
      this.readers.alone(async () => {
        for (const reader of this.readers.all()) await reader.call('detach', [day]);
        if (await this.sealer.call('swap', [day]))
          this.logger.info('store.day-packed', { day: dayName(day) });
        else this.given.add(day);
      }),
    );
  }
}
