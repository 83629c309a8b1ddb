import type { Request, Response } from 'express';
import { z } from 'zod';
import { addressOf, type Principal, SCOPES } from '../http/access.js';
import { type Route, route } from '../http/route.js';
import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';
import { Name, safeText } from '../wire/names.js';
import { type ServiceAccess, sessionCookie, sessionOf } from './service-access.js';
import { SESSION_MS, type Sessions } from './sessions.js';
import type { StoredToken, TokenBook } from './tokens.js';

export interface AccessRoutesDeps {
  access: ServiceAccess;
  tokens: TokenBook;
  sessions: Sessions;
  clock: Clock;
  /** The page is served over TLS: its cookie never goes over plain HTTP then. */
  secure: boolean;
}

const TokenReply = z.object({
  name: z.string(),
  scope: z.enum(SCOPES),
  agents: z.string().nullable(),
  createdAt: z.string(),
  createdBy: z.string(),
  expiresAt: z.string().nullable(),
  expired: z.boolean(),
});
export type TokenReply = z.infer<typeof TokenReply>;

const LONGEST_MS = 10 * 366 * 86_400_000;

/** `/v1/tokens`, and the page's `/v1/login` and `/v1/logout`. */
export function accessRoutes(deps: AccessRoutesDeps): Route[] {
  const { tokens, sessions, clock } = deps;
  const reply = (token: StoredToken): TokenReply => ({
    name: token.name,
    scope: token.scope,
    agents: token.agents ?? null,
    createdAt: new Date(token.createdAt).toISOString(),
    createdBy: token.createdBy,
    expiresAt: token.expiresAt === undefined ? null : new Date(token.expiresAt).toISOString(),
    expired: tokens.isOver(token),
  });
  return [
    ...sessionRoutes(deps),
    route({
      method: 'get',
      path: '/v1/tokens',
      summary: 'The tokens there are, without what they are made of',
      tag: 'access',
      auth: 'admin',
      reply: z.object({ tokens: z.array(TokenReply) }),
      handler: async () => ({ tokens: tokens.list().map(reply) }),
    }),
    route({
      method: 'post',
      path: '/v1/tokens',
      summary: 'Make a token; it is told once, here',
      tag: 'access',
      auth: 'admin',
      body: z.strictObject({
        name: Name,
        scope: z.enum(SCOPES),
        agents: safeText(200)
          .min(1)
          .optional()
          .describe('Pattern of the agents it may ship lines of (collect)'),
        expiresInMs: z.number().min(60_000).max(LONGEST_MS).optional(),
      }),
      reply: TokenReply.extend({ token: z.string() }),
      status: 201,
      async handler({ body: { name, scope, agents, expiresInMs }, principal }) {
        if (agents !== undefined && scope !== 'collect')
          throw new DeadairError(
            'request.invalid',
            'A pattern of agents goes with the scope collect alone.',
            {
              subject: 'agents',
            },
          );
        if (name === 'admin' || name === 'local')
          throw new DeadairError(
            'request.invalid',
            `${name} stands for the service's own; take another name.`,
            {
              subject: 'name',
            },
          );
        const expiresAt = expiresInMs === undefined ? undefined : clock.now() + expiresInMs;
        const token = await tokens.create({ name, scope, ...defined({ agents, expiresAt }) }, principal);
        return { ...reply(tokens.list().find(one => one.name === name)!), token };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/tokens/:name',
      summary: 'Revoke a token: nothing that has it is answered from now on',
      tag: 'access',
      auth: 'admin',
      params: z.object({ name: Name }),
      async handler({ params: { name } }) {
        await tokens.revoke(name);
        sessions.endAllOf(name);
      },
    }),
  ];
}

function sessionRoutes({ access, sessions, secure }: AccessRoutesDeps): Route[] {
  const who = ({ name, scope }: Principal) => ({ name, scope });
  const Who = z.object({ name: z.string(), scope: z.enum(SCOPES) });
  const cookie = (req: Request, res: Response, value: string, seconds: number) =>
    res.setHeader(
      'Set-Cookie',
      `${sessionCookie(req)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? '; Secure' : ''}`,
    );
  return [
    route({
      method: 'post',
      path: '/v1/login',
      summary: "Exchange a token for the page's session: a cookie that no script can read",
      tag: 'access',
      auth: 'none',
      body: z.strictObject({ token: z.string().min(1).max(500) }),
      reply: Who,
      async handler({ body: { token }, req, res }) {
        const principal = await access.whose(token, addressOf(req));
        if (principal.scope === 'collect')
          throw new DeadairError(
            'auth.scope',
            "A collector's token opens no page; ask for one that may read.",
            {
              subject: 'token',
            },
          );
        cookie(req, res, sessions.begin(principal), SESSION_MS / 1000);
        return who(principal);
      },
    }),
    route({
      method: 'post',
      path: '/v1/logout',
      summary: "End the page's session",
      tag: 'access',
      auth: 'none',
      handler({ req, res }) {
        const session = sessionOf(req);
        if (session !== undefined) sessions.end(session);
        cookie(req, res, '', 0);
      },
    }),
    route({
      method: 'get',
      path: '/v1/whoami',
      summary: 'Who the service takes this request to be from, and what that may do',
      tag: 'access',
      auth: 'read',
      reply: Who,
      handler: ({ principal }) => who(principal),
    }),
  ];
}
