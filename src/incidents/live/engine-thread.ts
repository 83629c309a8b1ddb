import { DeadairError } from '../../platform/errors.js';
import { WorkerClient } from '../../platform/worker-calls.js';
import type { Answer, Question } from '../explain.js';
import type { EngineSettings } from '../settings.js';
import type { Advanced, EngineCalls, EngineClient, EngineInput } from './engine-client.js';

/** Marks come in thousands and most die at once: with 3 MiB a third of the thread's time was collecting them. */
const YOUNG_MB = 12;

/**
 * The incident engine in a thread of its own, so that the main loop never waits for it. Should the thread end by itself, every call is
 * refused until `begin` starts another one.
 */
export class EngineThread implements EngineClient {
  private client: WorkerClient<EngineCalls> | undefined;

  /** @param onDeath the thread ended by itself: what it knew beyond the last saved state is lost */
  constructor(private readonly onDeath: (error: DeadairError) => void) {}

  async begin(
    settings: Partial<EngineSettings>,
    saved: string | undefined,
  ): Promise<{ unreadable?: string }> {
    await this.client?.terminate();
    this.client = new WorkerClient<EngineCalls>(
      {
        script: new URL('./engine-worker.js', import.meta.url),
        data: undefined,
        name: 'judge',
        called: 'the thread that judges incidents',
        youngMb: YOUNG_MB,
      },
      this.onDeath,
    );
    return this.client.call('begin', [settings, saved]);
  }

  feed(inputs: EngineInput[]): void {
    const transfer = inputs.flatMap(input =>
      'marks' in input ? [input.marks.bytes.buffer as ArrayBuffer] : [],
    );
    // No answer is waited for: a fault in it shows at the next question.
    this.client?.call('feed', [inputs], { transfer }).catch(() => {});
  }

  async advance(now: number): Promise<Advanced> {
    return this.running.call('advance', [now]);
  }

  async explain(question: Question): Promise<Answer> {
    return this.running.call('explain', [question]);
  }

  async save(): Promise<string> {
    return this.running.call('save', []);
  }

  private get running(): WorkerClient<EngineCalls> {
    if (this.client) return this.client;
    throw new DeadairError('unavailable', 'Incidents are not judged yet; ask again in a moment.', {
      retryAfterSeconds: 2,
    });
  }

  async end(): Promise<void> {
    await this.client?.terminate();
  }
}
