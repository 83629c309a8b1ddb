import { readFileSync } from 'node:fs';
import { ReadableStream } from 'node:stream/web';
import type { Command } from 'commander';
import { defined } from '../platform/defined.js';
import { DeadairError, ERROR_CODES, type ErrorCode, messageOf } from '../platform/errors.js';
import { sentInClear } from '../platform/loopback.js';
import { remark } from './output.js';

const DEFAULT_URL = 'http://127.0.0.1:7707';

export interface ClientOptions {
  url?: string;
  token?: string;
  /** The caller is a program: on standard error it wants an error's JSON and nothing else. */
  json?: boolean;
}

/** Adds `--url` and `--token` to a command that talks to a running service. */
export function withClientOptions(command: Command): Command {
  return command
    .option('--url <url>', `address of the service (DEADAIR_URL; default ${DEFAULT_URL})`)
    .option('--token <token>', 'its token (DEADAIR_TOKEN, or a file named in DEADAIR_TOKEN_FILE)');
}

/** The service's address and token from flags, then the environment. */
export function createClient(options: ClientOptions, env: NodeJS.ProcessEnv = process.env): DeadairClient {
  const port = env.DEADAIR_PORT;
  const url = options.url ?? env.DEADAIR_URL ?? (port ? `http://127.0.0.1:${port}` : DEFAULT_URL);
  const token = options.token ?? env.DEADAIR_TOKEN ?? tokenFromFile(env.DEADAIR_TOKEN_FILE);
  if (token && !options.json && sentInClear(url))
    remark(
      `deadair: the token goes to ${new URL(url).host} over plain HTTP, where everybody on the way can read it; use https:// (\`deadair tls init\`).`,
    );
  return new DeadairClient(url, token);
}

export interface ServerEvent<T> {
  name: string;
  id?: string;
  data: T;
}

/** Escaped it may be three times as long, and a server's headers end at 16 KiB. */
const LONGEST_IN_ADDRESS = 2000;
const BY_POST: ReadonlySet<string> = new Set([
  '/v1/search',
  '/v1/histogram',
  '/v1/facets',
  '/v1/patterns',
  '/v1/tail',
]);

export type QueryParameters = Record<string, string | number | boolean | undefined>;

function isTooLong(path: string, query: QueryParameters): boolean {
  return BY_POST.has(path) && String(query.q ?? '').length > LONGEST_IN_ADDRESS;
}

/** Talks to the HTTP API of a running service; its errors come out as the same DeadairErrors. */
export class DeadairClient {
  readonly url: string;

  constructor(
    url: string,
    private readonly token: string | undefined,
  ) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new DeadairError('usage.invalid', `${url} is no address; write it like ${DEFAULT_URL}.`, {
        subject: '--url',
      });
    this.url = url.replace(/\/+$/, '');
  }

  /** A question too long for an address is asked by POST where the API takes it so. */
  get<T>(path: string, query: QueryParameters = {}, signal?: AbortSignal): Promise<T> {
    return isTooLong(path, query)
      ? this.json<T>('POST', path, {}, defined(query), signal)
      : this.json<T>('GET', path, query, undefined, signal);
  }

  post<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
    return this.json<T>('POST', path, {}, body, signal);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.json<T>('PUT', path, {}, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.json<T>('DELETE', path, {}, undefined);
  }

  /** A reply that is not JSON (Markdown, HTML, an export). */
  async text(path: string, query: QueryParameters = {}): Promise<string> {
    return (await this.request('GET', path, query)).text();
  }

  /** A reply as it comes, for what is too large to hold. */
  async download(path: string, query: QueryParameters = {}): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.request('GET', path, query);
    return (body ?? []) as unknown as AsyncIterable<Uint8Array>;
  }

  /**
   * Sends a JSON body, or a stream, and follows a reply of JSON lines: {"lines"} as progress, then {"result"} or {"error"}.
   * @param stream its size must be known: a service refuses at once what it has no room for
   */
  async follow<T>(
    path: string,
    query: QueryParameters,
    send: { json: unknown } | { stream: AsyncIterable<Uint8Array>; size: number; type: string },
    onProgress?: (lines: number) => void,
  ): Promise<T> {
    const response = await this.request('POST', path, query, 'json' in send ? send.json : send);
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const said = JSON.parse(line) as { lines?: number; result?: T; error?: unknown };
        if (said.result !== undefined) return said.result;
        const error = parseError(line);
        if (error)
          throw new DeadairError(error.code, error.message, error.subject ? { subject: error.subject } : {});
        if (said.lines !== undefined) onProgress?.(said.lines);
      }
    }
    throw new DeadairError(
      'remote.failed',
      `${this.url} broke off its reply: it may have been stopped; try again.`,
      {
        subject: '--url',
      },
    );
  }

  /** The events of an event stream, their data parsed, until the signal fires or the service ends it. */
  async *events<T>(
    path: string,
    query: QueryParameters = {},
    signal?: AbortSignal,
  ): AsyncGenerator<ServerEvent<T>> {
    const response = isTooLong(path, query)
      ? await this.request('POST', path, {}, defined(query), signal)
      : await this.request('GET', path, query, undefined, signal);
    if (!response.body) return;
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parseEvent<T>(block);
        if (event) yield event;
      }
    }
  }

  private async json<T>(
    method: string,
    path: string,
    query: QueryParameters,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    const response = await this.request(method, path, query, body, signal);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  private async request(
    method: string,
    path: string,
    query: QueryParameters,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Response> {
    const target = new URL(this.url + path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) target.searchParams.set(name, String(value));
    let response: Response;
    try {
      response = await fetch(target, {
        method,
        headers: {
          ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
          ...headersOf(body),
        },
        ...(body === undefined ? {} : isStream(body) ? streamed(body) : { body: JSON.stringify(body) }),
        ...defined({ signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw this.unreachable(cause);
    }
    if (!response.ok) throw await this.refused(response);
    return response;
  }

  private unreachable(cause: unknown): DeadairError {
    const inner = (cause as { cause?: { code?: string; message?: string } }).cause;
    const why = inner?.code ?? inner?.message ?? messageOf(cause);
    const advice =
      why === 'ECONNREFUSED'
        ? 'start one with `deadair up`, or name another address with --url or DEADAIR_URL'
        : 'check the address (--url, DEADAIR_URL) and the network';
    return new DeadairError('remote.failed', `No Deadair answers at ${this.url} (${why}); ${advice}.`, {
      subject: '--url',
      cause,
    });
  }

  private async refused(response: Response): Promise<DeadairError> {
    const text = await response.text();
    const error = parseError(text);
    if (error) {
      const seconds = Number(response.headers.get('retry-after'));
      return new DeadairError(error.code, error.message, {
        ...defined({ subject: error.subject, column: error.column }),
        ...(seconds > 0 ? { retryAfterSeconds: seconds } : {}),
      });
    }
    return new DeadairError(
      'remote.failed',
      `${this.url} answered ${response.status} and is perhaps no Deadair; check --url.`,
      { subject: '--url' },
    );
  }
}

interface StreamBody {
  stream: AsyncIterable<Uint8Array>;
  size: number;
  type: string;
}

function isStream(body: unknown): body is StreamBody {
  return typeof body === 'object' && body !== null && 'stream' in body;
}

function headersOf(body: unknown): Record<string, string> {
  if (body === undefined) return {};
  if (!isStream(body)) return { 'content-type': 'application/json' };
  return { 'content-type': body.type, 'content-length': String(body.size) };
}

/** `duplex` is missing in the types of Node 20, and wanted by it. */
function streamed({ stream }: StreamBody): RequestInit {
  return { body: ReadableStream.from(stream), duplex: 'half' } as unknown as RequestInit;
}

function parseError(
  text: string,
): { code: ErrorCode; message: string; subject?: string; column?: number } | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { code: string; message: string; subject?: string } };
    return error && Object.hasOwn(ERROR_CODES, error.code)
      ? (error as { code: ErrorCode; message: string })
      : undefined;
  } catch {
    return undefined;
  }
}

function tokenFromFile(file: string | undefined): string | undefined {
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new DeadairError(
      'config.unreadable',
      `The token file ${file} can't be read (${(cause as NodeJS.ErrnoException).code}).`,
      {
        subject: 'DEADAIR_TOKEN_FILE',
        cause,
      },
    );
  }
}

/** One block of an event stream; comments, which only keep the connection open, are none. */
function parseEvent<T>(block: string): ServerEvent<T> | undefined {
  let name = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(event|id|data): ?(.*)$/.exec(line) ?? [];
    if (field === 'event') name = value;
    else if (field === 'id') id = value;
    else if (field === 'data') data.push(value);
  }
  if (data.length === 0) return undefined;
  return { name, ...defined({ id }), data: JSON.parse(data.join('\n')) as T };
}
