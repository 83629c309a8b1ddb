import { messageOf } from './errors.js';
import type { Logger } from './logger.js';

/** What has been started, by name: stopped the other way round. */
export class Stops {
  private readonly started: { name: string; stop: () => unknown }[] = [];

  /** @param stop may be called once; a promise is waited for */
  push(name: string, stop: () => unknown): void {
    this.started.push({ name, stop });
  }

  /** Nothing is started, or everything is stopped again. */
  get empty(): boolean {
    return this.started.length === 0;
  }

  /** Safe to call at any time; what fails to stop is logged by its name and does not keep the rest from it. */
  async stopAll(logger: Logger): Promise<void> {
    for (const { name, stop } of this.started.splice(0).reverse()) {
      try {
        await stop();
      } catch (thrown) {
        logger.error('service.stop-failed', { part: name, error: messageOf(thrown) });
      }
    }
  }
}
