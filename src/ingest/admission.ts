import { DeadairError } from '../platform/errors.js';

export interface RoomLimits {
  /** Bytes held at once. */
  queue: number;
  /** Requests at once. */
  requests: number;
}

/**
 * What requests may hold in memory together: their bodies while they are read, what comes out of them until it is
 * stored. Full, it asks collectors to wait; their log files are the buffer.
 */
export class Room {
  requests = 0;
  bytes = 0;
  private closed = false;
  private readonly emptied: (() => void)[] = [];

  constructor(private readonly limits: RoomLimits) {}

  /** @throws DeadairError `busy`, `unavailable` when the service stops */
  enter(): Stay {
    if (this.closed)
      throw new DeadairError('unavailable', 'The service is stopping; try again in a moment.', {
        retryAfterSeconds: 2,
      });
    if (this.requests >= this.limits.requests || (this.requests > 0 && this.bytes >= this.limits.queue))
      throw busy();
    this.requests++;
    return new Stay(this);
  }

  /** @throws DeadairError `busy`; one request alone is always let through, or a low limit would shut the door for ever */
  grow(bytes: number): void {
    if (this.requests > 1 && this.bytes + bytes > this.limits.queue) throw busy();
    this.bytes += bytes;
  }

  /** Lets nobody in; resolves when everybody has left. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.requests > 0) await new Promise<void>(resolve => this.emptied.push(resolve));
  }

  leave(bytes: number): void {
    this.requests--;
    this.bytes -= bytes;
    if (this.requests === 0) for (const wake of this.emptied.splice(0)) wake();
  }
}

/** One request's share of the room. */
export class Stay {
  private held = 0;

  constructor(private readonly room: Room) {}

  /** A piece of the body came. @throws DeadairError `busy` */
  read(bytes: number): void {
    this.room.grow(bytes);
    this.held += bytes;
  }

  /** What it holds now, whatever it was. */
  holds(bytes: number): void {
    this.room.bytes += bytes - this.held;
    this.held = bytes;
  }

  leave(): void {
    this.room.leave(this.held);
    this.held = 0;
  }
}

export function busy(what = 'stored'): DeadairError {
  return new DeadairError('busy', `More comes in than can be ${what} just now; wait and send again.`, {
    retryAfterSeconds: 1,
  });
}
