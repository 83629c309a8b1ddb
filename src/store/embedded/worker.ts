import { parentPort, workerData } from 'node:worker_threads';
import { giveWay, nameThread } from '../../platform/threads.js';
import { type Handlers, serve } from '../../platform/worker-calls.js';
import type { ReaderCalls, SealerCalls, WorkerSetup, WriterCalls } from './messages.js';

/**
 * Entry of the store's threads. What is opened can fail (locked, newer format): the first call then gets the error, so
 * that its code and sentence reach the caller.
 */
const setup = workerData as WorkerSetup;

function lazily<C extends Pick<C, keyof C>>(
  open: () => { handlers(): Handlers<C>; close(): void },
  port: NonNullable<typeof parentPort>,
): void {
  let opened: { handlers(): Handlers<C>; close(): void } | undefined;
  let handlers: Handlers<C> | undefined;
  const proxy = new Proxy({} as Handlers<C>, {
    get: (_target, name) => {
      if (!handlers) {
        opened = open();
        handlers = opened.handlers();
      }
      return handlers[name as keyof C];
    },
  });
  serve<C>(port, proxy, () => opened?.close());
}

/** Lines that come in go first, then what makes room for more, then who asks. */
const NICENESS = { writer: 0, sealer: 5, reader: 10 };

if (parentPort) {
  const port = parentPort;
  nameThread(`store-${setup.role}`);
  giveWay(NICENESS[setup.role]);
  // Each thread loads its own role's modules: a third of the memory and of the time to start.
  if (setup.role === 'writer') {
    const { Writer } = await import('./writer.js');
    lazily<WriterCalls>(() => new Writer(setup), port);
  } else if (setup.role === 'sealer') {
    const { Sealer } = await import('./sealer.js');
    lazily<SealerCalls>(() => new Sealer(setup), port);
  } else {
    const { Reader } = await import('./reader.js');
    lazily<ReaderCalls>(() => new Reader(setup), port);
  }
}
