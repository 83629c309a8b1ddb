/** The service's HTTP API as the page uses it; the shapes are described by /openapi.json. */

export interface LineRecord {
  '@timestamp': string;
  message: string;
  event: { id: string; created: string; ingested: string; sequence: number };
  agent: { id: string };
  host: { name: string };
  log: { level?: string; file: { path: string } };
  deadair: {
    raw: string;
    source: string;
    offset: number;
    length: number;
    class: string;
    rule?: string;
    event?: string;
    timeKind: 'own' | 'inherited' | 'observed';
    flags?: string[];
  };
}

export interface Evidence {
  at: string;
  by: string;
  role: 'cause' | 'symptom' | 'consequence' | 'recovery';
  text: string;
  record?: string;
  path?: string;
  rule?: string;
}

export interface Incident {
  id: string;
  kind: string;
  subjects: string[];
  cause: string | null;
  severity: 'info' | 'warning' | 'critical';
  run: string | null;
  startedAt: string;
  openedAt: string;
  resolvedAt: string | null;
  explanation: string;
  evidence: Evidence[];
  consequences: Evidence[];
}

export interface Run {
  id: string;
  name: string;
  startedAt: string;
  endedAt: string | null;
  outcome: string | null;
  startedBy: string;
  controller: string | null;
  agents: string[];
  pinned: boolean;
  incidents: number;
}

export interface Agent {
  id: string;
  host: string;
  /** `live` | `late` | `silent` | `lost` | `stopped` | `unknown` */
  state: string;
  phase: string | null;
  lastLineAt: string | null;
  lastHeartbeatAt: string | null;
  lagBytes: number | null;
  clockOffsetMs: number | null;
  clockUncertaintyMs: number | null;
  gaps: number;
  lines: number;
  files: { path: string; size: number; position: number; error: string | null }[];
  incidents: string[];
}

export interface Status {
  version: string;
  now: string;
  startedAt: string;
  agents: Agent[];
  incidents: Incident[];
  runs: Run[];
  store: {
    kind: string;
    lines: number;
    bytes: number;
    rawBytes: number;
    oldest: string | null;
    newest: string | null;
    diskFree: number | null;
    damaged: { file: string; reason: string }[];
    warnings: string[];
  };
  watching: string[];
  /** There are ways into Kibana. */
  kibana: boolean;
}

export interface SearchReply {
  records: LineRecord[];
  cursor?: string;
}

export interface HistogramReply {
  from: string;
  to: string;
  interval: number;
  total: number;
  series: { key: string; counts: number[] }[];
}

export interface ContextReply {
  records: LineRecord[];
  at: number;
}

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

const TOKEN_KEY = 'deadair.token';

/** Kept for the browser session only: a token must not outlive the tab on a shared machine. */
export const token = {
  get: (): string => sessionStorage.getItem(TOKEN_KEY) ?? '',
  set: (value: string): void => sessionStorage.setItem(TOKEN_KEY, value),
  clear: (): void => sessionStorage.removeItem(TOKEN_KEY),
};

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  method?: string;
  body?: unknown;
}

export class Api {
  /** @param onUnauthorized called when a token is missing or wrong */
  constructor(private readonly onUnauthorized: (wrong: boolean) => void) {}

  /** As the last status said. */
  kibana = false;

  search(parameters: URLSearchParams, signal?: AbortSignal): Promise<SearchReply> {
    return this.json(`/v1/search?${parameters}`, { signal });
  }

  histogram(parameters: URLSearchParams, signal?: AbortSignal): Promise<HistogramReply> {
    return this.json(`/v1/histogram?${parameters}`, { signal });
  }

  context(id: string, before: number, after: number, signal?: AbortSignal): Promise<ContextReply> {
    const parameters = new URLSearchParams({ id, before: String(before), after: String(after) });
    return this.json(`/v1/context?${parameters}`, { signal });
  }

  async status(signal?: AbortSignal): Promise<Status> {
    const status = await this.json<Status>('/v1/status', { signal });
    this.kibana = status.kibana;
    return status;
  }

  async incidents(signal?: AbortSignal): Promise<Incident[]> {
    return (await this.json<{ incidents: Incident[] }>('/v1/incidents?state=all&limit=200', { signal }))
      .incidents;
  }

  incident(id: string, signal?: AbortSignal): Promise<Incident> {
    return this.json(`/v1/incidents/${encodeURIComponent(id)}`, { signal });
  }

  async runs(signal?: AbortSignal): Promise<Run[]> {
    return (await this.json<{ runs: Run[] }>('/v1/runs?limit=200', { signal })).runs;
  }

  startRun(name: string): Promise<Run> {
    return this.json('/v1/runs', { method: 'POST', body: { name } });
  }

  stopRun(id: string): Promise<Run> {
    return this.json(`/v1/runs/${encodeURIComponent(id)}/stop`, { method: 'POST', body: {} });
  }

  pinRun(id: string, pinned: boolean): Promise<Run> {
    return this.json(`/v1/runs/${encodeURIComponent(id)}/pin`, { method: 'POST', body: { pinned } });
  }

  async json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return (await (await this.fetch(path, options)).json()) as T;
  }

  /** @throws ApiError for every reply that isn't 2xx, and when there is none */
  async fetch(path: string, options: RequestOptions = {}): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
    if (options.body !== undefined) headers['Content-Type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(path, {
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
    if (response.status === 401 || response.status === 403) this.onUnauthorized(response.status === 403);
    throw new ApiError(
      response.status,
      body.error?.code ?? 'internal',
      body.error?.message ?? `The service answered ${response.status} ${response.statusText}.`,
      body.error?.column,
    );
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
