import { Ledger } from '../../test/collectors/ledger.js';
import { Receiver } from '../../test/collectors/receiver.js';

/** Child process of main.ts: takes what comes, counts lines, and in live runs the age of every 20th. */
const live = process.argv[2] === 'live';
const SAMPLE = 20;
const STAMP_LENGTH = '2026-01-01T00:00:00.000'.length;
let lines = 0;
let bytes = 0;
const lags: number[] = [];

const receiver = new Receiver(
  new Ledger((_source, data) => {
    bytes += data.length;
    const now = performance.timeOrigin + performance.now();
    for (let at = data.indexOf(10), from = 0; at >= 0; from = at + 1, at = data.indexOf(10, from)) {
      if (live && lines % SAMPLE === 0)
        lags.push(now - Date.parse(`${data.toString('latin1', from, from + STAMP_LENGTH)}Z`));
      lines++;
    }
  }),
);

process.on('message', () => {
  const encodings = [...receiver.encodingsSeen];
  process.send!({
    lines,
    bytes,
    wireBytes: receiver.wireBytes,
    requests: receiver.requests,
    lags,
    encodings,
  });
});
process.on('disconnect', () => process.exit());
process.send!({ url: await receiver.listen() });
