import { parentPort } from 'node:worker_threads';
import { giveWay, nameThread } from '../../platform/threads.js';
import { serve } from '../../platform/worker-calls.js';
import type { EngineCalls } from './engine-client.js';
import { EngineHost } from './engine-host.js';

// The thread of the incident engine: what judging takes when a hundred hosts fall silent, no request waits for.

nameThread('judge');
giveWay(2);
const host = new EngineHost();

serve<EngineCalls>(
  parentPort!,
  {
    begin: (_state, settings, saved) => host.begin(settings, saved),
    feed: (_state, inputs) => host.feed(inputs),
    advance: (_state, now) => host.advance(now),
    explain: (_state, question) => host.explain(question),
    save: () => host.save(),
  },
  () => {},
);
