import type { Answer, Question } from '../../../src/incidents/explain.js';
import type { Advanced, EngineClient, EngineInput } from '../../../src/incidents/live/engine-client.js';
import { EngineHost } from '../../../src/incidents/live/engine-host.js';
import type { EngineSettings } from '../../../src/incidents/settings.js';

/** The engine in the thread that asks, to compare the one in its own thread with. */
export class LocalEngine implements EngineClient {
  private readonly host = new EngineHost();

  async begin(
    settings: Partial<EngineSettings>,
    saved: string | undefined,
  ): Promise<{ unreadable?: string }> {
    return this.host.begin(settings, saved);
  }

  feed(inputs: EngineInput[]): void {
    this.host.feed(inputs);
  }

  async advance(now: number): Promise<Advanced> {
    return this.host.advance(now);
  }

  async explain(question: Question): Promise<Answer> {
    return this.host.explain(question);
  }

  async save(): Promise<string> {
    return this.host.save();
  }

  async end(): Promise<void> {}
}
