import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { openFileLimit } from '../platform/open-files.js';

/** Of all, and of one address: a site behind one address, each host with a few. */
const MOST = 8_000;
const MOST_OF_ONE = 1_000;
/** Of the files a process may have open, for the store, its threads and what it asks of others. */
const KEPT_FOR_FILES = 192;
/** Beyond the limit, for those that come while the ones that give way are being closed. */
const ROOM = 64;

/** How many connections a server with so many open files may have: the store never stands without. */
export function connectionLimit(openFiles: number): number {
  return Math.min(MOST, openFiles - KEPT_FOR_FILES);
}

/**
 * Nobody takes all connections. Beyond the limits those give way that have asked for nothing yet, the oldest first: a client that only
 * opens connections, or sends heads byte by byte, keeps nobody out, not even others of its address. Where all have asked for
 * something, the new one is closed.
 */
export function limitConnections(
  server: Server,
  most = connectionLimit(openFileLimit()),
  mostOfOne = Math.min(MOST_OF_ONE, Math.ceil(most * 0.75)),
): void {
  server.maxConnections = most + Math.min(ROOM, Math.ceil(most / 4));
  const all = new Crowd(most);
  const ofAddress = new Map<string, Crowd>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const key = keyOf(socket);
    let own = ofAddress.get(address);
    if (!own) {
      own = new Crowd(mostOfOne);
      ofAddress.set(address, own);
    }
    const crowds = [own, all];
    if (!crowds.every(crowd => crowd.makeRoom())) {
      socket.destroy();
      if (own.size === 0) ofAddress.delete(address);
      return;
    }
    for (const crowd of crowds) crowd.enter(key, socket);
    socket.once('close', () => {
      for (const crowd of crowds) crowd.leave(key);
      if (own.size === 0 && ofAddress.get(address) === own) ofAddress.delete(address);
    });
  });
  server.on('request', ({ socket }) => {
    const key = keyOf(socket);
    all.asked(key);
    ofAddress.get(socket.remoteAddress ?? '')?.asked(key);
  });
}

/** The same for a connection and for the encrypted one within it. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Connections that share a limit. */
class Crowd {
  private readonly open = new Map<string, Socket>();
  /** Who has asked for nothing yet, the oldest first. */
  private readonly idle = new Map<string, Socket>();

  constructor(private readonly most: number) {}

  get size(): number {
    return this.open.size;
  }

  /** @returns whether there is room for one more, now that one may have given way */
  makeRoom(): boolean {
    if (this.open.size < this.most) return true;
    const [oldest] = this.idle;
    if (!oldest) return false;
    // its place is free at once, whenever it closes
    this.leave(oldest[0]);
    oldest[1].destroy();
    return true;
  }

  enter(key: string, socket: Socket): void {
    this.open.set(key, socket);
    this.idle.set(key, socket);
  }

  asked(key: string): void {
    this.idle.delete(key);
  }

  leave(key: string): void {
    this.open.delete(key);
    this.idle.delete(key);
  }
}
