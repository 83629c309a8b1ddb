import type { DeadairError } from '../../platform/errors.js';
import { WorkerClient } from '../../platform/worker-calls.js';
import type { WorkerSetup } from './messages.js';

/** What a block is built of lives for some milliseconds: with 3 MB most of it was moved before it was done with. */
const SEALER_YOUNG_MB = 12;

/** A thread of the store; the sealer starts when it is first called. @param died it ended by itself */
export function storeThread<C extends Pick<C, keyof C>>(
  setup: WorkerSetup,
  died: (error: DeadairError) => void,
): WorkerClient<C> {
  return new WorkerClient<C>(
    {
      script: new URL('./worker.js', import.meta.url),
      data: setup,
      name: `store-${setup.role}`,
      called: `the store's ${setup.role} thread`,
      ...(setup.role === 'sealer' && { youngMb: SEALER_YOUNG_MB, lazy: true }),
      ...(setup.rows && { transfer: [setup.rows] }),
    },
    died,
  );
}
