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
  /** Whose bodies are there: they hold a place. */
  requests = 0;
  /** Whose bodies are still coming. */
  arriving = 0;
  bytes = 0;
  private closed = false;
  private readonly emptied: (() => void)[] = [];

  constructor(private readonly limits: RoomLimits) {}

  /** @throws DeadairError `busy`, `unavailable` when the service stops */
  enter(): Stay {
    if (this.closed) throw stopping();
    const most = this.limits.requests;
    if (
      this.requests >= most ||
      this.arriving >= most * ARRIVING ||
      (this.requests > 0 && this.bytes >= this.limits.queue)
    )
      throw busy();
    this.arriving++;
    return new Stay(this);
  }

  /** A body is there. @throws DeadairError `busy`, `unavailable` */
  seat(): void {
    if (this.closed) throw stopping();
    if (this.requests >= this.limits.requests) throw busy();
    this.arriving--;
    this.requests++;
  }

  /** @throws DeadairError `busy`; one request alone is always let through, or a low limit would shut the door for ever */
  grow(bytes: number): void {
    if (this.requests + this.arriving > 1 && this.bytes + bytes > this.limits.queue) throw busy();
    this.bytes += bytes;
  }

  /** Lets nobody in; resolves when everybody has left. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.requests > 0) await new Promise<void>(resolve => this.emptied.push(resolve));
  }

  leave(bytes: number, seated: boolean): void {
    if (seated) this.requests--;
    else this.arriving--;
    this.bytes -= bytes;
    if (this.requests === 0) for (const wake of this.emptied.splice(0)) wake();
  }
}

/** One request's share of the room. */
export class Stay {
  private held = 0;
  private seated = false;

  constructor(private readonly room: Room) {}

  /** The body is there, and takes a place: hosts cut off in the middle of theirs keep none. @throws DeadairError `busy` */
  begin(): void {
    this.room.seat();
    this.seated = true;
  }

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
    this.room.leave(this.held, this.seated);
    this.held = 0;
  }
}

/** For each place, so many bodies may be on their way. */
const ARRIVING = 4;

function stopping(): DeadairError {
  return new DeadairError('unavailable', 'The service is stopping; try again in a moment.', {
    retryAfterSeconds: 2,
  });
}

export function busy(what = 'stored'): DeadairError {
  return new DeadairError('busy', `More comes in than can be ${what} just now; wait and send again.`, {
    retryAfterSeconds: 1,
  });
}
