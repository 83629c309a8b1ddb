import { type MessagePort, Worker } from 'node:worker_threads';
import { defined } from './defined.js';
import { DeadairError, ERROR_CODES, type ErrorCode } from './errors.js';
import { THREAD_LIMITS } from './threads.js';

/** Calls over a message port: a request by name, its answer, or its DeadairError with code and sentence kept. */
type Request = { id: number; call: string; args: unknown[] } | { cancel: number };
interface Failure {
  code: string;
  message: string;
  subject?: string;
  retryAfterSeconds?: number;
  stack?: string;
}
type Answer = { id: number; result?: unknown; failure?: Failure };

/** A thread to start. */
export interface WorkerSpec {
  /** Its module, which calls `serve`. */
  script: URL;
  /** Given to it as `workerData`. */
  data: unknown;
  /** Its name in `top -H`, without `deadair-`: `store-writer`. */
  name: string;
  /** What it is, for messages: `the store's writer thread`. */
  called: string;
  /** Its young generation, MiB, where it makes many objects that die at once; default THREAD_LIMITS. */
  youngMb?: number;
  /** Starts at its first call, not before: a thread's modules and heap are 80 ms and 13 to 21 MB. */
  lazy?: boolean;
  /** What `data` gives away. */
  transfer?: MessagePort[];
}

/** The main thread's side: one worker. */
export class WorkerClient<C extends Pick<C, keyof C>> {
  private worker: Worker | undefined;
  private readonly waiting = new Map<
    number,
    { resolve: (value: never) => void; reject: (e: unknown) => void }
  >();
  private next = 1;
  private gone: DeadairError | undefined;

  /** @param onDeath it ended by itself; every call is refused from then on */
  constructor(
    private readonly spec: WorkerSpec,
    private readonly onDeath: (error: DeadairError) => void,
  ) {
    if (!spec.lazy) this.worker = this.start();
  }

  /** Whether there is a thread, or was: a lazy one that was never called has none. */
  get started(): boolean {
    return this.worker !== undefined;
  }

  call<K extends keyof C & string>(
    name: K,
    args: C[K] extends (...args: infer A) => unknown ? A : never,
    options: { transfer?: (ArrayBuffer | MessagePort)[]; abort?: AbortSignal | undefined } = {},
  ): Promise<C[K] extends (...args: never[]) => infer R ? Awaited<R> : never> {
    if (this.gone) return Promise.reject(this.gone);
    const { abort } = options;
    if (abort?.aborted) return Promise.reject(abort.reason);
    this.worker ??= this.start();
    const { worker } = this;
    const id = this.next++;
    return new Promise((resolve, reject) => {
      const cancel = () => worker.postMessage({ cancel: id } satisfies Request);
      abort?.addEventListener('abort', cancel, { once: true });
      const settled = () => abort?.removeEventListener('abort', cancel);
      this.waiting.set(id, {
        resolve: value => {
          settled();
          resolve(value);
        },
        reject: error => {
          settled();
          reject(abort?.aborted ? abort.reason : error);
        },
      });
      worker.postMessage({ id, call: name, args } satisfies Request, options.transfer ?? []);
    });
  }

  /** Lets it end what it does, and waits for that. */
  async close(): Promise<void> {
    if (this.gone) return;
    this.gone = new DeadairError('unavailable', `${capital(this.spec.called)} is closed.`);
    const { worker } = this;
    if (!worker) return;
    const exited = new Promise<void>(resolve => worker.once('exit', () => resolve()));
    worker.postMessage({ id: 0, call: 'close', args: [] } satisfies Request);
    await exited;
  }

  /** Ends it at once, whatever it does. */
  async terminate(): Promise<void> {
    this.gone ??= new DeadairError('unavailable', `${capital(this.spec.called)} is closed.`);
    await this.worker?.terminate();
  }

  private start(): Worker {
    const { script, data, name, youngMb, transfer = [] } = this.spec;
    const worker = new Worker(script, {
      workerData: data,
      transferList: transfer,
      // Not the process's own: `node -e` and the like would be refused for a file.
      execArgv: [],
      resourceLimits: { ...THREAD_LIMITS, ...(youngMb && { maxYoungGenerationSizeMb: youngMb }) },
      name: `deadair-${name}`,
    });
    worker.on('message', (answer: Answer) => this.settle(answer));
    worker.on('error', error => this.die(error));
    worker.on('exit', code => this.die(`exit ${code}`));
    return worker;
  }

  private settle(answer: Answer): void {
    const waiter = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (!waiter) return;
    if (answer.failure) waiter.reject(revive(answer.failure));
    else waiter.resolve(answer.result as never);
  }

  private die(why: unknown): void {
    const expected = this.gone !== undefined;
    const error =
      this.gone ??
      new DeadairError(
        'unavailable',
        `${capital(this.spec.called)} ended unexpectedly (${why instanceof Error ? why.message : why}): restart the service.`,
        { cause: why },
      );
    this.gone = error;
    for (const waiter of this.waiting.values()) waiter.reject(error);
    this.waiting.clear();
    if (!expected) this.onDeath(error);
  }
}

function revive(failure: Failure): Error {
  if (!Object.hasOwn(ERROR_CODES, failure.code)) {
    const error = new Error(failure.message);
    if (failure.stack) error.stack = failure.stack;
    return error;
  }
  const { subject, retryAfterSeconds } = failure;
  return new DeadairError(
    failure.code as ErrorCode,
    failure.message,
    defined({ subject, retryAfterSeconds }),
  );
}

function describe(thrown: unknown): Failure {
  if (thrown instanceof DeadairError)
    return {
      code: thrown.code,
      message: thrown.message,
      ...defined({ subject: thrown.subject, retryAfterSeconds: thrown.retryAfterSeconds }),
    };
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { code: 'thrown', message: error.message, ...defined({ stack: error.stack }) };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

const transfers = new WeakMap<object, ArrayBuffer[]>();

/** Marks an answer whose memory goes over to the asker instead of being copied. */
export function moved<T extends object>(answer: T, memory: ArrayBuffer[]): T {
  transfers.set(answer, memory);
  return answer;
}

/** Whether the call that asks has been cancelled; a long one looks at it each time it yields. */
export interface CallState {
  cancelled: boolean;
}

export type Handlers<C extends Pick<C, keyof C>> = {
  [K in keyof C]: C[K] extends (...args: infer A) => infer R
    ? (state: CallState, ...args: A) => R | Promise<R>
    : never;
};

/**
 * The worker's side: answers each call in the order it came, except that a handler may be asynchronous (a scan that
 * yields), and then later calls run in between.
 */
export function serve<C extends Pick<C, keyof C>>(
  port: MessagePort,
  handlers: Handlers<C>,
  close: () => void,
): void {
  const table = handlers as Record<string, (state: CallState, ...args: unknown[]) => unknown>;
  const running = new Map<number, CallState>();
  port.on('message', (request: Request) => {
    if ('cancel' in request) {
      const state = running.get(request.cancel);
      if (state) state.cancelled = true;
      return;
    }
    const { id, call, args } = request;
    if (call === 'close') {
      for (const state of running.values()) state.cancelled = true;
      close();
      port.close();
      return;
    }
    const state = { cancelled: false };
    running.set(id, state);
    const fail = (thrown: unknown) => {
      running.delete(id);
      port.postMessage({ id, failure: describe(thrown) } satisfies Answer);
    };
    try {
      const handler = table[call];
      if (!handler) throw new Error(`no such call: ${call}`);
      const result = handler(state, ...args);
      if (result instanceof Promise) {
        result.then(value => {
          running.delete(id);
          port.postMessage({ id, result: value } satisfies Answer);
        }, fail);
        return;
      }
      running.delete(id);
      const memory = typeof result === 'object' && result !== null ? transfers.get(result) : undefined;
      port.postMessage({ id, result } satisfies Answer, memory ?? []);
    } catch (thrown) {
      fail(thrown);
    }
  });
}
