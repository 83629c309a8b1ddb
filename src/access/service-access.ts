import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { type Access, addressOf, includes, LOCAL, type Principal, type Scope } from '../http/access.js';
import { DeadairError } from '../platform/errors.js';
import type { Failures } from './failures.js';
import type { Sessions } from './sessions.js';
import type { TokenBook } from './tokens.js';

/**
 * HttpOnly, SameSite=Strict: no script reads it, no other site's request carries it. Browsers keep cookies by host, not by port:
 * two services of one host have a name each, or one's login would end the other's session.
 */
export function sessionCookie(req: Request): string {
  return `deadair-session-${req.socket.localPort ?? 0}`;
}

export interface AccessDeps {
  /** DEADAIR_TOKEN: the operator's own, an admin. */
  ownToken: string | undefined;
  /** Of the collector in this process, which is told it. */
  localToken: string;
  tokens: TokenBook;
  sessions: Sessions;
  failures: Failures;
}

/** Decides who asks, and whether they may: by a token in the Authorization header, or by the page's session. */
export class ServiceAccess implements Access {
  constructor(private readonly deps: AccessDeps) {}

  /** On the loopback a first start asks for nothing; it does once there is a token that can make others. */
  get open(): boolean {
    return this.deps.ownToken === undefined && !this.deps.tokens.haveAdmin;
  }

  async admit(req: Request, needed: Scope): Promise<Principal> {
    const principal = await this.whoAsks(req);
    if (includes(principal.scope, needed)) return principal;
    throw new DeadairError(
      'auth.scope',
      `The token "${principal.name}" may ${principal.scope}, this asks for ${needed}: an admin makes another with \`deadair token create\`.`,
      { subject: 'Authorization' },
    );
  }

  /** Who a token stands for. @throws DeadairError `auth.wrong` after a while, `busy` */
  async whose(given: string, address: string): Promise<Principal> {
    const { ownToken, localToken, tokens } = this.deps;
    const principal =
      ownToken !== undefined && isSame(given, ownToken)
        ? ADMIN
        : isSame(given, localToken)
          ? LOCAL
          : await tokens.find(given);
    if (principal) return principal;
    await this.deps.failures.note(address, 'wrong token');
    throw new DeadairError(
      'auth.wrong',
      "The token is not this service's, was revoked or is over; compare DEADAIR_TOKEN on both sides, or see `deadair token list`.",
      { subject: 'Authorization' },
    );
  }

  private async whoAsks(req: Request): Promise<Principal> {
    const given = bearer(req.headers.authorization);
    // A token that is sent counts, even where none is asked for: a collector's is bound to its own hosts all the same.
    if (given !== undefined && !(this.open && !given.startsWith('deadair_')))
      return this.whose(given, addressOf(req));
    const session = sessionOf(req);
    const principal = session === undefined ? undefined : this.deps.sessions.find(session);
    if (principal) return principal;
    if (this.open) return LOCAL;
    if (req.headers.authorization !== undefined)
      await this.deps.failures.note(addressOf(req), 'no bearer token');
    throw new DeadairError(
      'auth.missing',
      'This service asks for a token: pass --token or set DEADAIR_TOKEN.',
      { subject: 'Authorization' },
    );
  }
}

const ADMIN: Principal = { name: 'admin', scope: 'admin' };

/** Hashes are compared, so that neither length nor bytes can be told by the time it takes. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

export function sessionOf(req: Request): string | undefined {
  const name = sessionCookie(req);
  for (const part of (req.headers.cookie ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
