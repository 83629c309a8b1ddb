import { createHash, randomBytes } from 'node:crypto';
import type { Principal } from '../http/access.js';
import type { Clock } from '../platform/clock.js';

interface Session {
  principal: Principal;
  until: number;
}

/** A working day; it ends earlier with the service, which keeps sessions in memory alone. */
export const SESSION_MS = 12 * 3_600_000;
/** Of one token: whoever logs in without end drops its own sessions, nobody else's. */
const MOST_OF_ONE = 100;
const MOST_SESSIONS = 10_000;

/** Who has logged in on the page. The cookie's value is not kept, only its hash. */
export class Sessions {
  private readonly byHash = new Map<string, Session>();

  constructor(private readonly clock: Clock) {}

  /** @returns the cookie's value */
  begin(principal: Principal): string {
    const own = [...this.byHash].filter(([, session]) => session.principal.name === principal.name);
    if (own.length >= MOST_OF_ONE) this.byHash.delete(own[0]![0]);
    const id = randomBytes(32).toString('base64url');
    this.byHash.set(hashOf(id), { principal, until: this.clock.now() + SESSION_MS });
    if (this.byHash.size > MOST_SESSIONS) this.byHash.delete(this.byHash.keys().next().value!);
    return id;
  }

  find(id: string): Principal | undefined {
    const hash = hashOf(id);
    const session = this.byHash.get(hash);
    if (!session) return undefined;
    if (session.until > this.clock.now()) return session.principal;
    this.byHash.delete(hash);
    return undefined;
  }

  end(id: string): void {
    this.byHash.delete(hashOf(id));
  }

  /** A token was revoked: whoever logged in with it is out. */
  endAllOf(name: string): void {
    for (const [hash, { principal }] of this.byHash) if (principal.name === name) this.byHash.delete(hash);
  }
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
