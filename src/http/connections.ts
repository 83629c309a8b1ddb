import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { openFileLimit } from '../platform/open-files.js';

/** Of all, and of one address: a site behind one address, each host with a few. */
const MOST = 8_000;
const MOST_OF_ONE = 1_000;
/** Of the files a process may have open, for the store, its threads and what it asks of others. */
const KEPT_FOR_FILES = 192;

/** How many connections a server with so many open files may have: the store never stands without. */
export function connectionLimit(openFiles: number): number {
  return Math.min(MOST, openFiles - KEPT_FOR_FILES);
}

/** Nobody takes all connections: those beyond the limits are closed at once. */
export function limitConnections(
  server: Server,
  most = connectionLimit(openFileLimit()),
  mostOfOne = Math.min(MOST_OF_ONE, Math.ceil(most * 0.75)),
): void {
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
