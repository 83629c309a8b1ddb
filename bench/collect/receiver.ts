import { Ledger } from '../../test/collectors/ledger.js';
import { Receiver } from '../../test/collectors/receiver.js';
import { LineCounter } from './line-counter.js';

/** Child process of main.ts: takes what the collector sends. */
const counter = new LineCounter(process.argv[2] === 'live');
const receiver = new Receiver(new Ledger((_source, data) => counter.count(data)));

process.on('message', () => {
  process.send!({
    lines: counter.lines,
    wireBytes: receiver.wireBytes,
    requests: receiver.requests,
    lags: counter.lags,
    encodings: [...receiver.encodingsSeen],
  });
});
process.on('disconnect', () => process.exit());
process.send!({ url: await receiver.listen() });
