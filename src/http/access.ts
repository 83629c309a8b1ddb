import type { Request } from 'express';

/** What a token may do. `admin` may everything, `write` may read, too; `collect` may ship lines and nothing else. */
export const SCOPES = ['collect', 'read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

const INCLUDES: Record<Scope, readonly Scope[]> = {
  collect: ['collect'],
  read: ['read'],
  write: ['read', 'write'],
  admin: SCOPES,
};

export function includes(scope: Scope, needed: Scope): boolean {
  return INCLUDES[scope].includes(needed);
}

/** Who asks. */
export interface Principal {
  /** The token's name; `admin` for the service's own token, `local` where none is asked for. */
  name: string;
  scope: Scope;
  /** Of a collector's token: pattern of the agents it may ship lines of. */
  agents?: string;
}

/** Without a token in the settings: whoever reaches the loopback. */
export const LOCAL: Principal = { name: 'local', scope: 'admin' };

/** The one door of the API. */
export interface Access {
  /** @throws DeadairError `auth.missing`, `auth.wrong`, `auth.scope`, `busy` */
  admit(req: Request, needed: Scope): Principal | Promise<Principal>;
  /** No token is asked for: only requests to a loopback name are answered then. */
  readonly open: boolean;
}

export const OPEN_ACCESS: Access = { open: true, admit: () => LOCAL };

/** The address a request comes from, as the socket knows it: headers of proxies are anybody's words. */
export function addressOf(req: Request): string {
  return req.socket.remoteAddress ?? 'unknown';
}
