import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { z } from 'zod';
import { defined } from '../platform/defined.js';
import { asDeadairError, DeadairError } from '../platform/errors.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import { type Access, addressOf, LOCAL, OPEN_ACCESS, type Principal, type Scope } from './access.js';
import { bodyDeadline } from './body-deadline.js';
import { LOOK_AGAIN_MS, whileAllowed } from './while-allowed.js';

/**
 * The route table: what the HTTP API is, once. `mountRoutes` serves it, `openapi.ts` describes it, and a test holds
 * the two against each other. Express knows nothing of an endpoint that this table does not.
 */
export interface Route {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express path: `/api/agents/:agent`. */
  path: string;
  /** One line for the API's readers. */
  summary: string;
  description?: string;
  tag: string;
  /** What whoever asks must be allowed to (access.ts); `token`: read for a GET, write for the rest; `none`: nobody is asked. */
  auth: 'none' | 'token' | Scope;
  params?: z.ZodObject;
  /** Use z.strictObject: a misspelt parameter is an error, not silence. Values arrive as strings: z.coerce. */
  query?: z.ZodObject;
  /** JSON by schema, or a RawBody the handler reads itself. */
  body?: z.ZodType | RawBody;
  /** JSON by schema, or a RawReply the handler writes to `res`; absent: 204. */
  reply?: z.ZodType | RawReply;
  /** Success status; default 200, or 204 without a reply. */
  status?: number;
  handler(request: RouteRequest<unknown, unknown, unknown>): unknown;
}

/** A body that is not JSON; the handler reads `req` as a stream and applies its own limits. */
export class RawBody {
  constructor(
    readonly contentType: string,
    readonly description: string,
  ) {}
}

/** A reply that is not JSON (HTML, metrics, an event stream); the handler writes it. */
export class RawReply {
  constructor(
    readonly contentType: string,
    readonly description: string,
  ) {}
}

export interface RouteRequest<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  req: Request;
  res: Response;
  /** Who asks; LOCAL where the route asks for nothing. */
  principal: Principal;
  /** Fires when the client has gone before the reply was complete; pass it to searches. */
  signal: AbortSignal;
}

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;

/** Routes that only the leader of several ingesters can answer; `mustLead` throws elsewhere. */
export function leaderOnly(routes: Route[], mustLead: (() => void) | undefined): Route[] {
  if (!mustLead) return routes;
  return routes.map(row => ({
    ...row,
    handler: request => {
      mustLead();
      return row.handler(request);
    },
  }));
}

/** The same for those of the routes that change something. */
export function leaderWrites(routes: Route[], mustLead: (() => void) | undefined): Route[] {
  return routes.flatMap(row => (row.method === 'get' ? [row] : leaderOnly([row], mustLead)));
}

/** A GET whose question may be too long for an address, asked by POST too: the same parameters as a JSON object. */
export function alsoByPost(row: Route): Route[] {
  const { query, ...rest } = row;
  return [
    row,
    {
      ...rest,
      method: 'post',
      summary: `${row.summary}; for a query too long for an address`,
      auth: row.auth === 'token' ? 'read' : row.auth,
      ...defined({ body: query }),
      handler: request => row.handler({ ...request, query: request.body, body: undefined }),
    },
  ];
}

/** Writes one row of the table; the schemas give the handler its types. */
export function route<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | RawBody | undefined = undefined,
  R extends z.ZodType | RawReply | undefined = undefined,
>(row: {
  method: Route['method'];
  path: string;
  summary: string;
  description?: string;
  tag: string;
  auth: Route['auth'];
  params?: P;
  query?: Q;
  body?: B;
  reply?: R;
  status?: number;
  handler(
    request: RouteRequest<Output<P>, Output<Q>, Output<B>>,
  ): R extends z.ZodType ? z.input<R> | Promise<z.input<R>> : unknown;
}): Route {
  return row as unknown as Route;
}

export interface MountOptions {
  /** Asked before every route that needs more than `none`; default: whoever comes may all. */
  access?: Access;
  /** Bytes of a JSON body, after decompression. */
  maxJsonBytes?: number;
  /** How often an event stream's asker is asked for again. */
  lookAgainMs?: number;
  /** Checks replies against their schemas: for tests; too dear for large result pages. */
  checkReplies?: boolean;
  logger?: Logger;
}

const EVENT_STREAM = 'text/event-stream';
const DEFAULT_MAX_JSON_BYTES = 8 * 1024 * 1024;

/** Mounts the table on an Express application; `mountErrors` comes last. */
export function mountRoutes(app: Express, routes: readonly Route[], options: MountOptions = {}): void {
  const json = express.json({ limit: options.maxJsonBytes ?? DEFAULT_MAX_JSON_BYTES, strict: false });
  const { access = OPEN_ACCESS, logger = silentLogger } = options;
  for (const row of routes) {
    const steps: ((req: Request, res: Response, next: NextFunction) => unknown)[] = [];
    const auth = row.auth === 'token' ? (row.method === 'get' ? 'read' : 'write') : row.auth;
    if (auth !== 'none')
      steps.push(async (req, res, next) => {
        const principal = await access.admit(req, auth);
        asked.set(req, principal);
        if (row.reply instanceof RawReply && row.reply.contentType === EVENT_STREAM)
          whileAllowed(access, auth, req, res, options.lookAgainMs ?? LOOK_AGAIN_MS);
        if (auth === 'write' || auth === 'admin') audit(logger, row, req, res, principal);
        next();
      });
    if (row.body instanceof RawBody) {
      const { contentType } = row.body;
      steps.push((req, _res, next) => {
        if (!req.is(contentType))
          throw new DeadairError('request.encoding', `Send the body as ${contentType}.`, {
            subject: 'Content-Type',
          });
        next();
      });
    } else if (row.body) {
      steps.push((req, res, next) => {
        if (hasBody(req) && !req.is('json'))
          throw new DeadairError('request.encoding', 'Send the body as application/json.', {
            subject: 'Content-Type',
          });
        const arrived = bodyDeadline(req);
        json(req, res, thrown => {
          arrived();
          next(thrown);
        });
      });
    }
    steps.push((req, res) => answer(row, req, res, options));
    app[row.method](row.path, ...steps);
  }
}

/** Mount last: unknown paths and every error become JSON with a code; causes go to the log, never to the client. */
export function mountErrors(app: Express, logger: Logger = silentLogger): void {
  app.use((req: Request) => {
    throw new DeadairError(
      'not-found',
      `There is no ${req.method} ${req.path}; /openapi.json lists what there is.`,
    );
  });
  app.use((thrown: unknown, req: Request, res: Response, _next: NextFunction) => {
    const error = fromExpress(thrown);
    // Who is told to come back comes often: what it is that is away is logged once, by the part that knows.
    const passing = error.retryAfterSeconds !== undefined && error.code !== 'internal';
    if (error.httpStatus >= 500)
      logger[passing ? 'debug' : 'error']('http.failed', {
        method: req.method,
        path: req.path,
        code: error.code,
        error: error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : error.message,
      });
    if (res.headersSent) {
      // The reply is under way: breaking the connection is the only honest sign that it is not complete.
      res.destroy();
      return;
    }
    sendError(res, error);
  });
}

/** Replies with an error's status, code and sentence. Internal errors keep their particulars to the log. */
function sendError(res: Response, error: DeadairError): void {
  if (error.retryAfterSeconds !== undefined)
    res.setHeader('Retry-After', String(Math.ceil(error.retryAfterSeconds)));
  if (error.code === 'auth.missing') res.setHeader('WWW-Authenticate', 'Bearer');
  const body =
    error.code === 'internal'
      ? { error: { code: error.code, message: 'Something went wrong inside Deadair; its log says what.' } }
      : error.toJSON();
  res.status(error.httpStatus).json(body);
}

const asked = new WeakMap<Request, Principal>();

/** One line in the log for each change of state: who, what, from where, and how it ended. */
function audit(logger: Logger, row: Route, req: Request, res: Response, principal: Principal): void {
  if (row.method === 'get') return;
  const { method, path } = req;
  const from = addressOf(req);
  res.once('close', () =>
    logger.info('audit', { by: principal.name, method, path, from, status: res.statusCode }),
  );
}

async function answer(row: Route, req: Request, res: Response, options: MountOptions): Promise<void> {
  const gone = new AbortController();
  res.on('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  const input = {
    params: check(row.params, req.params, 'path'),
    query: check(row.query, req.query, 'query'),
    body: row.body instanceof RawBody ? undefined : check(row.body, req.body, 'body'),
  };
  let result: unknown;
  try {
    const principal = asked.get(req) ?? LOCAL;
    result = await row.handler({ ...input, req, res, principal, signal: gone.signal });
  } catch (thrown) {
    // Whoever asked has left, and the work was broken off for that: nothing went wrong, and nobody is to be told.
    const brokenOff = thrown === gone.signal.reason || (thrown instanceof Error && /Abort/.test(thrown.name));
    if (gone.signal.aborted && brokenOff) return;
    throw thrown;
  }
  if (row.reply instanceof RawReply) return;
  if (!row.reply) {
    res.status(row.status ?? 204).end();
    return;
  }
  if (options.checkReplies) row.reply.parse(result);
  res.status(row.status ?? 200).json(result);
}

function check(schema: z.ZodType | undefined, value: unknown, place: string): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const inside = issue?.path.map(String).join('.') ?? '';
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const subject = [inside, unknown].filter(Boolean).join('.') || place;
  throw new DeadairError(
    'request.invalid',
    unknown ? `There is no ${place} parameter "${unknown}".` : `${subject}: ${issue?.message ?? 'wrong'}.`,
    { subject },
  );
}

function hasBody(req: Request): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/** Express and its body parser throw errors of their own, told apart by `type`. */
function fromExpress(thrown: unknown): DeadairError {
  if (thrown instanceof DeadairError) return thrown;
  const { type, status } = thrown as { type?: string; status?: number };
  if (type === 'entity.parse.failed')
    return new DeadairError('request.invalid', 'The body is not valid JSON.', {
      subject: 'body',
      cause: thrown,
    });
  if (type === 'entity.too.large')
    return new DeadairError('request.too-large', 'The body is too large.', {
      subject: 'body',
      cause: thrown,
    });
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return new DeadairError('request.encoding', 'The body comes in an encoding that is not known here.', {
      subject: 'Content-Encoding',
      cause: thrown,
    });
  if (status !== undefined && status >= 400 && status < 500)
    return new DeadairError('request.invalid', 'The request is not well formed.', { cause: thrown });
  return asDeadairError(thrown);
}
