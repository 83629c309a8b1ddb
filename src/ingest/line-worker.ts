import { parentPort, workerData } from 'node:worker_threads';
import { DeadairError, stackOf } from '../platform/errors.js';
import { releaseMemory } from '../platform/release.js';
import { nameThread } from '../platform/threads.js';
import {
  LineStage,
  type LineStageSettings,
  type SourceStanding,
  type StageRequest,
  type StageResult,
  transferables,
} from './line-stage.js';

// The thread of the line stage: parsing and judging keep off the main loop, which answers queries and heartbeats.

export type ToLineWorker =
  | { kind: 'reset'; sources: SourceStanding[] }
  | { kind: 'take'; id: number; request: StageRequest };

export type FromLineWorker =
  | { kind: 'taken'; id: number; result: StageResult }
  | {
      kind: 'refused';
      id: number;
      /** `internal`: a fault of ours in the middle of the request; positions may have moved. */
      error: Pick<DeadairError, 'code' | 'message' | 'subject'>;
    };

nameThread('lines');
const port = parentPort!;
const stage = new LineStage(workerData as LineStageSettings);

port.on('message', (message: ToLineWorker) => {
  if (message.kind === 'reset') {
    stage.reset(message.sources);
    return;
  }
  const { id } = message;
  try {
    const result = stage.take(message.request);
    port.postMessage({ kind: 'taken', id, result } satisfies FromLineWorker, transferables(result));
  } catch (thrown) {
    const error =
      thrown instanceof DeadairError
        ? { code: thrown.code, message: thrown.message, subject: thrown.subject }
        : {
            code: 'internal' as const,
            message: stackOf(thrown),
            subject: undefined,
          };
    port.postMessage({ kind: 'refused', id, error } satisfies FromLineWorker);
  } finally {
    releaseMemory(message.request.body);
  }
});
