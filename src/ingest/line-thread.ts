import { Worker } from 'node:worker_threads';
import { DeadairError } from '../platform/errors.js';
import { THREAD_LIMITS } from '../platform/threads.js';
import type { LineStageSettings, SourceStanding, StageRequest, StageResult } from './line-stage.js';
import type { FromLineWorker, ToLineWorker } from './line-worker.js';

/**
 * The line stage in a thread of its own; requests are taken in the order they are given. Should the thread end by itself
 * (out of memory, a fault of ours), what it had is refused, and the next `reset` starts another one.
 */
export class LineThread {
  private worker: Worker;
  private readonly waiting = new Map<
    number,
    { resolve: (result: StageResult) => void; reject: (error: DeadairError) => void }
  >();
  private nextId = 1;
  private failure: DeadairError | undefined;

  /** @param onDeath the thread ended by itself */
  constructor(
    private readonly settings: LineStageSettings,
    private readonly onDeath: (error: DeadairError) => void,
  ) {
    this.worker = this.start();
  }

  reset(sources: readonly SourceStanding[]): void {
    if (this.failure) {
      this.failure = undefined;
      this.worker = this.start();
    }
    this.post({ kind: 'reset', sources: [...sources] });
  }

  /**
   * @param request its body is given away where it has memory of its own
   * @throws DeadairError `internal` when the thread has lost its state: it needs a reset
   */
  take(request: StageRequest): Promise<StageResult> {
    if (this.failure) return Promise.reject(this.failure);
    const id = this.nextId++;
    const body = ownMemory(request.body);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.post({ kind: 'take', id, request: { ...request, body } }, [body.buffer]);
    });
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private start(): Worker {
    const worker = new Worker(new URL('./line-worker.js', import.meta.url), {
      workerData: this.settings,
      resourceLimits: THREAD_LIMITS,
      name: 'deadair-lines',
    });
    worker.on('message', (message: FromLineWorker) => {
      const waiting = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.kind === 'taken') waiting?.resolve(message.result);
      else {
        const { code, message: text, subject } = message.error;
        waiting?.reject(new DeadairError(code, text, subject === undefined ? {} : { subject }));
      }
    });
    worker.on('error', error => this.died(error));
    return worker;
  }

  private died(cause: Error): void {
    this.failure = new DeadairError('internal', `The thread that reads lines ended: ${cause.message}`, {
      cause,
    });
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
    this.onDeath(this.failure);
  }

  private post(message: ToLineWorker, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }
}

/** Bytes that can go to another thread without taking others along. */
function ownMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}
