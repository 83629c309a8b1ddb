import { createServer, maxHeaderSize, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { DeadairError } from '../platform/errors.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import { packageVersion } from '../platform/package-root.js';
import { type Access, OPEN_ACCESS } from './access.js';
import { compressed } from './compress.js';
import { limitConnections } from './connections.js';
import { openApiRoute } from './openapi.js';
import { refuseCrossSite, refuseForeignHost } from './origin.js';
import { mountErrors, mountRoutes, type Route } from './route.js';

/** PEM texts. */
export interface TlsMaterial {
  cert: string;
  key: string;
  /** Who may have signed a client's certificate; with it, `requestCert` and `rejectUnauthorized` decide. */
  ca?: string;
  requestCert?: boolean;
  rejectUnauthorized?: boolean;
}

export interface WebSettings {
  bind: string;
  /** 0: any free port. */
  port: number;
  /** Absent: plain HTTP. */
  tls?: TlsMaterial;
}

export interface WebOptions {
  settings: WebSettings;
  routes: readonly Route[];
  /** Default: no token is asked for, and only requests to a loopback name are answered. */
  access?: Access;
  /** Mounts what is not a route of the table: the page's files. Called after the routes, before the 404. */
  mountPage?: (app: Express) => void;
  logger?: Logger;
  checkReplies?: boolean;
}

/** The Express application over a route table: security headers, token check, routes, page, errors. */
export function createWebApp(options: WebOptions): Express {
  const { logger = silentLogger, access = OPEN_ACCESS } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use((req, res, next) => {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader('Referrer-Policy', 'no-referrer');
    res.setHeader('Cache-Control', 'no-store');
    if (access.open) refuseForeignHost(req);
    refuseCrossSite(req);
    next();
  });
  app.use(compressed());
  const routes = [...options.routes, openApiRoute(options.routes, packageVersion)];
  mountRoutes(app, routes, {
    access,
    checkReplies: options.checkReplies ?? false,
    logger,
  });
  options.mountPage?.(app);
  mountErrors(app, logger);
  return app;
}

/** An HTTP server that is listening, and how to stop it. */
export interface RunningServer {
  server: Server;
  /** As a browser on this host reaches it. */
  url: string;
  port: number;
  /** No new connections; open ones end with their reply, at the latest after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  /** Connections from now on get these; without TLS nothing happens. */
  renewTls(material: TlsMaterial): void;
}

const HTTP_OPTIONS = {
  /** A head comes in one piece from everybody who means it. */
  headersTimeout: 15_000,
  connectionsCheckingInterval: 2_500,
  /** Bodies have deadlines of their own, by what they are: an upload of hours is as well as a request of a second. */
  requestTimeout: 0,
};

const TOO_LONG = JSON.stringify({
  error: {
    code: 'request.too-large',
    message: `The address and headers are longer than ${maxHeaderSize} bytes; ask by POST, with the parameters as a JSON object of up to 1 MiB.`,
  },
});
const HEADERS_TOO_LONG = `HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(TOO_LONG)}\r\nConnection: close\r\n\r\n${TOO_LONG}`;

/** @throws DeadairError `port.taken` when something else listens there, `config.invalid` when it can't be bound */
export async function listen(app: Express, settings: WebSettings): Promise<RunningServer> {
  const { tls } = settings;
  const server = tls ? createTlsServer({ ...HTTP_OPTIONS, ...tls }, app) : createServer(HTTP_OPTIONS, app);
  limitConnections(server);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'HPE_HEADER_OVERFLOW' || !socket.writable) socket.destroy(error);
    else socket.end(HEADERS_TOO_LONG);
  });
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
  return {
    server,
    port,
    url: `${tls ? 'https' : 'http'}://${host}:${port}`,
    stop: graceMs => stopServer(server, graceMs),
    renewTls: material => (server as TlsServer).setSecureContext?.({ ...material }),
  };
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
