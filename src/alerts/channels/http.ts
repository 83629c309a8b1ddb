import { defined } from '../../platform/defined.js';
import { messageOf } from '../../platform/errors.js';
import { packageVersion } from '../../platform/package-root.js';
import { ChannelError } from './channel.js';

/** What a receiver may say in its reply before the rest is left unread. */
const REPLY_LIMIT = 2_000;
/** Wrong about this message itself; 401, 403 and 404 are wrong settings, which somebody may put right. */
const PERMANENT = new Set([400, 413, 414, 422]);

/**
 * POSTs JSON and takes any 2xx as delivered.
 * @param url may hold a key, so it never appears in an error; only its host does
 */
export async function postJson(
  url: string,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const host = new URL(url).host;
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      body,
      // A redirect turns a POST into a GET at most receivers: an error tells more than a lost alert.
      redirect: 'manual',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': `deadair/${packageVersion}`,
        ...headers,
      },
      signal,
    });
  } catch (thrown) {
    if (signal.aborted) throw new ChannelError(`${host} did not answer in time`, { cause: thrown });
    const cause = (thrown as { cause?: { code?: string; message?: string } }).cause;
    throw new ChannelError(
      `${host} can not be reached: ${cause?.code ?? cause?.message ?? messageOf(thrown)}`,
      {
        cause: thrown,
      },
    );
  }
  if (response.ok) {
    await response.body?.cancel();
    return;
  }
  const said = (await firstText(response)).replace(/\s+/g, ' ').trim();
  const wait = retryAfter(response.headers.get('retry-after'));
  throw new ChannelError(`${host} answered ${response.status}${said ? `: ${said.slice(0, 200)}` : ''}`, {
    permanent: PERMANENT.has(response.status),
    ...defined({ retryAfterMs: wait }),
  });
}

async function firstText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > REPLY_LIMIT) break;
    }
  } catch {
    // The status already tells that it failed; half a reply is better than none.
  }
  return text;
}

/** Seconds or a date (RFC 9110 §10.2.3), at most an hour. */
function retryAfter(header: string | null): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(3_600_000, Math.max(0, seconds * 1000)) : undefined;
}
