import type { Routes } from './generated.js';
import type { Body, Query, Reply } from './types.js';

/** What the service said went wrong, or that it could not be reached (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly column?: number,
  ) {
    super(message);
  }
}

export interface CallOptions<R extends keyof Routes> {
  /** Values of `{name}` in the route's path. */
  path?: Record<string, string>;
  query?: Query<R> | URLSearchParams;
  body?: Body<R>;
  signal?: AbortSignal | undefined;
}

/** A service reads heads of 16 KiB; a longer question is asked by POST where the API takes it so. */
const LONGEST_ADDRESS = 6000;
const BY_POST = /^\/v1\/(?:search|histogram|facets|patterns|tail)\?/;

export class Client {
  /** Called when a request found no session, or one that is over. */
  onUnauthorized: () => void = () => {};
  /** How often somebody logged in: a request that was sent before says nothing of the session there is now. */
  private logins = 0;

  /** The session's cookie comes with the reply. @throws ApiError */
  async login(body: Body<'POST /v1/login'>): Promise<Reply<'POST /v1/login'>> {
    const who = await this.call('POST /v1/login', { body });
    this.logins++;
    return who;
  }

  /** @throws ApiError for every reply that isn't 2xx, and when there is none */
  async call<R extends keyof Routes>(route: R, options: CallOptions<R> = {}): Promise<Reply<R>> {
    const [method, template] = route.split(' ') as [string, string];
    const address = withQuery(
      template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(options.path?.[name] ?? '')),
      options.query as Record<string, unknown> | URLSearchParams | undefined,
    );
    const response = await this.fetch(address, {
      method,
      body: options.body,
      signal: options.signal,
    });
    return (response.status === 204 ? undefined : await response.json()) as Reply<R>;
  }

  async fetch(
    address: string,
    options: { method?: string; body?: unknown; signal?: AbortSignal | undefined; accept?: string } = {},
  ): Promise<Response> {
    if (address.length > LONGEST_ADDRESS && BY_POST.test(address)) {
      const { pathname, searchParams } = new URL(address, location.href);
      return this.fetch(pathname, { ...options, method: 'POST', body: parametersOf(searchParams) });
    }
    const headers: Record<string, string> = { Accept: options.accept ?? 'application/json' };
    if (options.body !== undefined) headers['Content-Type'] = 'application/json';
    const { logins } = this;
    let response: Response;
    try {
      response = await fetch(address, {
        method: options.method ?? 'GET',
        headers,
        signal: options.signal ?? null,
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new ApiError(0, 'unreachable', 'The service does not answer.');
    }
    if (response.ok) return response;
    const body = (await response.json().catch(() => ({}))) as {
      error?: { code?: string; message?: string; column?: number };
    };
    const code = body.error?.code ?? 'internal';
    if (response.status === 401 && logins === this.logins) this.onUnauthorized();
    throw new ApiError(
      response.status,
      code,
      body.error?.message ?? `The service answered ${response.status} ${response.statusText}.`,
      body.error?.column,
    );
  }
}

/** An address of the API with its parameters. */
export function withQuery(
  path: string,
  query: Record<string, unknown> | URLSearchParams | undefined,
): string {
  if (query === undefined) return path;
  const parameters = query instanceof URLSearchParams ? query : new URLSearchParams();
  if (!(query instanceof URLSearchParams))
    for (const [name, value] of Object.entries(query))
      if (value !== undefined && value !== null)
        for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** As the body of a question by POST; what is repeated is a list. */
function parametersOf(address: URLSearchParams): Record<string, string | string[]> {
  return Object.fromEntries(
    [...new Set(address.keys())].map(name => {
      const values = address.getAll(name);
      return [name, values.length > 1 ? values : values[0]!];
    }),
  );
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export const client = new Client();
