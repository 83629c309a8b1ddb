import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Of all, well below the descriptors a process has; and of one address: a site behind one address, each host with a few. */
const MOST = 8_000;
const MOST_OF_ONE = 1_000;

/** Nobody takes all connections: those beyond the limits are closed at once. */
export function limitConnections(server: Server, most = MOST, mostOfOne = MOST_OF_ONE): void {
  server.maxConnections = most;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    if (count > mostOfOne) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
