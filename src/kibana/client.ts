import { DeadairError, messageOf } from '../platform/errors.js';
import { durationWords } from '../wording/duration.js';

export interface KibanaAccess {
  url: string;
  space?: string | undefined;
  /** API key (encoded form), or user and password; neither where security is off. */
  apiKey?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
}

export interface KibanaClientDeps {
  access: KibanaAccess;
  /** Waits that many ms. */
  pause: (ms: number) => Promise<void>;
  /** Told once per change of what is waited for. */
  onWaiting?: (why: string) => void;
}

const PAUSE_MS = 2000;
const TIMEOUT_MS = 60_000;

interface ImportReply {
  success?: boolean;
  successCount?: number;
  message?: string;
  errors?: { type: string; id: string; title?: string; error?: { type?: string; references?: unknown } }[];
}

/** The few calls of Kibana's HTTP API that bringing in objects and rules takes. */
export class KibanaClient {
  private readonly base: string;

  constructor(private readonly deps: KibanaClientDeps) {
    const { url, space } = deps.access;
    this.base =
      url.replace(/\/+$/, '') + (space && space !== 'default' ? `/s/${encodeURIComponent(space)}` : '');
  }

  /**
   * Until Kibana says it is up; the first start takes minutes.
   * @throws DeadairError `auth.wrong` at once, `unavailable` after `seconds`
   */
  async waitUntilUp(seconds: number): Promise<void> {
    let left = Math.max(1, Math.ceil((seconds * 1000) / PAUSE_MS));
    for (let last = ''; ; ) {
      const why = await this.notUp();
      if (why === undefined) return;
      if (why !== last) this.deps.onWaiting?.(why);
      last = why;
      if (--left <= 0)
        throw new DeadairError(
          'unavailable',
          `Kibana at ${this.deps.access.url} was not up within ${durationWords(seconds * 1000)} (${why}); look at its log, or wait longer with --wait.`,
        );
      await this.deps.pause(PAUSE_MS);
    }
  }

  /**
   * Brings objects in; what has the same id is replaced.
   * @param ndjson one saved object a line
   * @returns how many
   * @throws DeadairError `remote.failed` with every object Kibana refused
   */
  async importObjects(ndjson: string): Promise<number> {
    const body = new FormData();
    // Kibana looks at the extension of the name.
    body.append('file', new Blob([ndjson], { type: 'application/ndjson' }), 'deadair.ndjson');
    const { status, reply } = await this.request<ImportReply>(
      'POST',
      '/api/saved_objects/_import?overwrite=true',
      body,
    );
    // Conflicts and missing references come with status 200.
    if (status !== 200 || reply.success !== true) {
      const each = (reply.errors ?? []).map(
        ({ type, id, error }) => `${type}:${id}: ${error?.type ?? 'refused'}${references(error?.references)}`,
      );
      throw refused(status, 'the objects', [reply.message, ...each]);
    }
    return reply.successCount ?? 0;
  }

  /** Makes something under an id of ours, or replaces what is there (Kibana has no upsert for rules and connectors). */
  async put(path: string, create: object, update: object): Promise<'created' | 'updated'> {
    const made = await this.request<{ message?: string }>('POST', path, create);
    if (made.status === 200) return 'created';
    if (made.status !== 409) throw refused(made.status, path, [made.reply.message]);
    const changed = await this.request<{ message?: string }>('PUT', path, update);
    if (changed.status !== 200) throw refused(changed.status, path, [changed.reply.message]);
    return 'updated';
  }

  private async notUp(): Promise<string | undefined> {
    try {
      const { status, reply } = await this.request<{ status?: { overall?: { level?: string } } }>(
        'GET',
        '/api/status',
      );
      const level = reply.status?.overall?.level;
      if (status === 200 && (level === 'available' || level === 'degraded')) return undefined;
      return `HTTP ${status}${level === undefined ? '' : `, ${level}`}`;
    } catch (thrown) {
      if (thrown instanceof DeadairError && thrown.code === 'auth.wrong') throw thrown;
      return thrown instanceof DeadairError ? thrown.message : messageOf(thrown);
    }
  }

  private async request<T>(
    method: string,
    path: string,
    body?: FormData | object,
  ): Promise<{ status: number; reply: T }> {
    const isForm = body instanceof FormData;
    let response: Response;
    try {
      response = await fetch(`${this.base}${path}`, {
        method,
        headers: {
          ...this.authorization(),
          'kbn-xsrf': 'deadair',
          ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      const { message, cause: inner } = cause as Error;
      const why = (inner as NodeJS.ErrnoException | undefined)?.code ?? message;
      throw new DeadairError('remote.failed', `Kibana at ${this.deps.access.url} does not answer (${why}).`, {
        cause,
      });
    }
    const { status } = response;
    if (status === 401 || status === 403)
      throw new DeadairError(
        'auth.wrong',
        `Kibana refuses the credentials (HTTP ${status}); check --username and DEADAIR_KIBANA_PASSWORD, or DEADAIR_KIBANA_API_KEY.`,
        { subject: 'DEADAIR_KIBANA_PASSWORD' },
      );
    const reply = (await response.json().catch(() => ({}))) as T;
    return { status, reply };
  }

  private authorization(): Record<string, string> {
    const { apiKey, username, password } = this.deps.access;
    if (apiKey) return { authorization: `ApiKey ${apiKey}` };
    if (!username) return {};
    const pair = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
    return { authorization: `Basic ${pair}` };
  }
}

function references(list: unknown): string {
  if (!Array.isArray(list)) return '';
  return ` (${list.map(one => `${(one as { type: string }).type}:${(one as { id: string }).id}`).join(', ')})`;
}

function refused(status: number, what: string, why: (string | undefined)[]): DeadairError {
  const words = why.filter(Boolean).join('; ') || 'no reason given';
  return new DeadairError('remote.failed', `Kibana did not take ${what} (HTTP ${status}): ${words}.`);
}
