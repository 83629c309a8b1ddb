import { DeadairError } from '../platform/errors.js';
import { WorkerClient } from '../platform/worker-calls.js';
import { showFindings } from '../records/packed.js';
import type { LineStageSettings, SourceStanding, StageRequest, StageResult } from './line-stage.js';

/** What the line thread can be asked for. */
export interface LineCalls {
  reset(sources: SourceStanding[]): void;
  take(request: StageRequest): StageResult;
  judgeWith(packs: string[]): void;
}

/** As quick as with 24, which are 15 to 20 MB more; with 3 MB a million lines are a thousand rounds. */
const YOUNG_MB = 12;

/**
 * The line stage in a thread of its own; requests are taken in the order they are given. Should the thread end by itself
 * (out of memory, a fault of ours), what it had is refused, and the next `reset` starts another one.
 */
export class LineThread {
  private client: WorkerClient<LineCalls>;
  private dead = false;

  /** @param onDeath the thread ended by itself */
  constructor(
    private settings: LineStageSettings,
    private readonly onDeath: (error: DeadairError) => void,
  ) {
    this.client = this.start();
  }

  reset(sources: readonly SourceStanding[]): void {
    if (this.dead) {
      this.dead = false;
      this.client = this.start();
    }
    // No answer is waited for: should it fail, so does what is taken next.
    this.client.call('reset', [[...sources]]).catch(() => {});
  }

  /**
   * @param request its body is given away where it has memory of its own
   * @throws DeadairError `internal` when the thread has lost its state: it needs a reset
   */
  async take(request: StageRequest): Promise<StageResult> {
    const body = ownMemory(request.body);
    try {
      const result = await this.client.call('take', [{ ...request, body }], { transfer: [body.buffer] });
      for (const { records } of result.appends) if (records) showFindings(records);
      return result;
    } catch (thrown) {
      // Whatever ended it, its positions can't be relied on.
      if (thrown instanceof DeadairError && thrown.code !== 'unavailable') throw thrown;
      throw new DeadairError('internal', (thrown as Error).message, { cause: thrown });
    }
  }

  /**
   * Judges the lines of all requests after this with these packs.
   * @throws DeadairError rules.invalid
   */
  async judgeWith(packs: readonly string[]): Promise<void> {
    await this.client.call('judgeWith', [[...packs]]);
    this.settings = { ...this.settings, packs };
  }

  async stop(): Promise<void> {
    await this.client.terminate();
  }

  private start(): WorkerClient<LineCalls> {
    return new WorkerClient<LineCalls>(
      {
        script: new URL('./line-worker.js', import.meta.url),
        data: this.settings,
        name: 'lines',
        called: 'the thread that reads lines',
        youngMb: YOUNG_MB,
      },
      error => {
        this.dead = true;
        this.onDeath(error);
      },
    );
  }
}

/** Bytes that can go to another thread without taking others along. */
function ownMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}
