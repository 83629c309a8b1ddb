import net, { type AddressInfo } from 'node:net';
import { LineCounter } from './line-counter.js';

/** Child process of main.ts: what peers send over plain TCP; tells the same as receiver.ts. */
const counter = new LineCounter(process.argv[2] === 'live');
let wireBytes = 0;
const server = net.createServer(socket => {
  const lines = counter.stream();
  socket.on('data', data => {
    wireBytes += data.length;
    lines(data);
  });
  socket.on('error', () => {});
});
process.on('message', () => {
  process.send!({
    lines: counter.lines,
    wireBytes,
    requests: 0,
    lags: counter.lags,
    encodings: ['plain TCP'],
  });
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  process.send!({ url: `127.0.0.1:${(server.address() as AddressInfo).port}` });
});
