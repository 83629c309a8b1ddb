import { timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type Request } from 'express';
import { DeadairError } from '../platform/errors.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import { packageVersion } from '../platform/package-root.js';
import { compressed } from './compress.js';
import { openApiRoute } from './openapi.js';
import { mountErrors, mountRoutes, type Route } from './route.js';

export interface WebSettings {
  bind: string;
  /** 0: any free port. */
  port: number;
  /** Absent: no token is asked, and only requests to a loopback name are answered. */
  token?: string;
}

export interface WebOptions {
  settings: WebSettings;
  routes: readonly Route[];
  /** Mounts what is not a route of the table: the page's files. Called after the routes, before the 404. */
  mountPage?: (app: Express) => void;
  logger?: Logger;
  checkReplies?: boolean;
}

/** Where the page keeps the token (HttpOnly, SameSite=Strict): an EventSource can't send an Authorization header. */
export const TOKEN_COOKIE = 'deadair-token';

/** The Express application over a route table: security headers, token check, routes, page, errors. */
export function createWebApp(options: WebOptions): Express {
  const logger = options.logger ?? silentLogger;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use((req, res, next) => {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader('Referrer-Policy', 'no-referrer');
    res.setHeader('Cache-Control', 'no-store');
    if (options.settings.token === undefined) refuseForeignHost(req);
    next();
  });
  app.use(compressed());
  const routes = [...options.routes, openApiRoute(options.routes, packageVersion)];
  mountRoutes(app, routes, {
    authenticate: req => authenticate(req, options.settings.token),
    checkReplies: options.checkReplies ?? false,
    logger,
  });
  options.mountPage?.(app);
  mountErrors(app, logger);
  return app;
}

/** Compares in constant time; several places may carry the token, the header wins. */
export function authenticate(req: Request, token: string | undefined): void {
  if (token === undefined) return;
  const given = bearer(req.headers.authorization) ?? cookie(req.headers.cookie, TOKEN_COOKIE);
  if (given === undefined)
    throw new DeadairError(
      'auth.missing',
      'This service asks for a token: pass --token or set DEADAIR_TOKEN.',
      {
        subject: 'Authorization',
      },
    );
  const expected = Buffer.from(token);
  const actual = Buffer.from(given);
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual))
    throw new DeadairError(
      'auth.wrong',
      "The token is not this service's; compare DEADAIR_TOKEN on both sides.",
      {
        subject: 'Authorization',
      },
    );
}

/** An HTTP server that is listening, and how to stop it. */
export interface RunningServer {
  server: Server;
  /** As a browser on this host reaches it. */
  url: string;
  port: number;
  /** No new connections; open ones end with their reply, at the latest after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

/** @throws DeadairError `port.taken` when something else listens there, `config.invalid` when it can't be bound */
export async function listen(app: Express, settings: WebSettings): Promise<RunningServer> {
  const server = createServer(app);
  // A collector's connection rests between batches and heartbeats (5 s); Node's default of 5 s would cut it in
  // exactly that moment and cost a reset and a retry.
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(listenError(error as NodeJS.ErrnoException, settings)));
    server.listen({ port: settings.port, host: settings.bind }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const anyAddress = settings.bind === '0.0.0.0' || settings.bind === '::';
  const host = anyAddress ? '127.0.0.1' : settings.bind.includes(':') ? `[${settings.bind}]` : settings.bind;
  return { server, port, url: `http://${host}:${port}`, stop: graceMs => stopServer(server, graceMs) };
}

async function stopServer(server: Server, graceMs = 5_000): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

function listenError(error: NodeJS.ErrnoException, { bind, port }: WebSettings): DeadairError {
  if (error.code === 'EADDRINUSE')
    return new DeadairError(
      'port.taken',
      `Port ${port} on ${bind} is taken, perhaps by another Deadair (try \`deadair status\`); choose another with --port or DEADAIR_PORT.`,
      { subject: 'port', cause: error },
    );
  if (error.code === 'EACCES')
    return new DeadairError(
      'config.invalid',
      `Port ${port} needs privileges; choose one above 1023 with --port.`,
      {
        subject: 'port',
        cause: error,
      },
    );
  return new DeadairError(
    'config.invalid',
    `Can't listen on ${bind}:${port} (${error.code}); check the address.`,
    {
      subject: 'bind',
      cause: error,
    },
  );
}

/**
 * Without a token, anything that runs on this host may ask, a web page in its browser too if it can make its own name
 * point here (DNS rebinding). Such a request carries that name.
 */
function refuseForeignHost(req: Request): void {
  const name = (req.headers.host ?? '').replace(/:\d+$/, '');
  if (/^(localhost|127(\.\d{1,3}){3}|\[::1\]|)$/i.test(name)) return;
  throw new DeadairError(
    'auth.missing',
    'Without a token this service answers only to localhost and 127.0.0.1; set DEADAIR_TOKEN to reach it by another name.',
    { subject: 'Host' },
  );
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
}

function cookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name)
      return decodeURIComponent(part.slice(equals + 1).trim());
  }
  return undefined;
}
