import { parentPort, workerData } from 'node:worker_threads';
import { DeadairError, stackOf } from '../platform/errors.js';
import { releaseMemory } from '../platform/release.js';
import { nameThread } from '../platform/threads.js';
import { moved, serve } from '../platform/worker-calls.js';
import { hideFindings } from '../records/packed.js';
import { LineStage, type LineStageSettings, transferables } from './line-stage.js';
import type { LineCalls } from './line-thread.js';

// The thread of the line stage: parsing and judging keep off the main loop, which answers queries and heartbeats.

nameThread('lines');
const stage = new LineStage(workerData as LineStageSettings);

serve<LineCalls>(
  parentPort!,
  {
    reset: (_state, sources) => stage.reset(sources),
    judgeWith: (_state, packs) => stage.judgeWith(packs),
    take(_state, request) {
      try {
        const result = stage.take(request);
        for (const { records } of result.appends) if (records) hideFindings(records);
        return moved(result, transferables(result));
      } catch (thrown) {
        // A fault of ours in the middle of the request: positions may have moved.
        throw thrown instanceof DeadairError ? thrown : new DeadairError('internal', stackOf(thrown));
      } finally {
        releaseMemory(request.body);
      }
    },
  },
  () => {},
);
