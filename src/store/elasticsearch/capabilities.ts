import type { Client } from '@elastic/elasticsearch';
import { asStoreError, failureOf, isPassing } from './errors.js';

/** What the server at hand has of what Deadair can use. */
export interface Capabilities {
  version: string;
  /** Data stream lifecycle (its API answers). */
  streamLifecycle: boolean;
  /** Index lifecycle management. */
  ilm: boolean;
  security: boolean;
  /** Fields whose one value lies in the mapping. False, too, where the key may not ask: it installs no mapping then. */
  constantKeyword: boolean;
}

/** Oldest release whose features the templates need: logsdb, failure store and bulk replies that tell of it. */
const OLDEST = [9, 1] as const;

/**
 * Asks the server what it has. A handler that is not there answers "no handler found" (400 or 405), one that may not
 * be used 403: what is forbidden exists.
 * @throws DeadairError `unavailable`
 */
export async function detect(client: Client): Promise<Capabilities> {
  let version: string;
  try {
    version = (await client.info()).version.number;
  } catch (thrown) {
    throw asStoreError(thrown, 'saying hello');
  }
  const [streamLifecycle, ilm, security, constantKeyword] = await Promise.all([
    exists(client, '/_data_stream/deadair-none/_lifecycle'),
    exists(client, '/_ilm/policy/deadair-none'),
    exists(client, '/_security/role/deadair-none'),
    hasFieldType(client, 'constant_keyword'),
  ]);
  return { version, streamLifecycle, ilm, security, constantKeyword };
}

/** One line on what is missing and what that means, or undefined. */
export function missing({ version, streamLifecycle, ilm }: Capabilities): string | undefined {
  const parts: string[] = [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    parts.push(`release ${version} is older than ${OLDEST.join('.')}`);
  if (!streamLifecycle && ilm) parts.push('no data stream lifecycle: index lifecycle management is used');
  if (!streamLifecycle && !ilm)
    parts.push('neither data stream lifecycle nor ILM: nothing rolls over or drops old lines by itself');
  return parts.length === 0 ? undefined : parts.join('; ');
}

async function exists(client: Client, path: string): Promise<boolean> {
  try {
    await client.transport.request({ method: 'GET', path });
    return true;
  } catch (thrown) {
    const { status, error } = failureOf(thrown);
    if (status === 0 || status === 401 || isPassing(status)) throw asStoreError(thrown, 'asking what it has');
    return !/no handler found|not supported|disabled/i.test(`${error.type ?? ''} ${error.reason ?? ''}`);
  }
}

/** A template with a field of that type is tried, and not kept. */
async function hasFieldType(client: Client, type: string): Promise<boolean> {
  try {
    await client.transport.request({
      method: 'POST',
      path: '/_index_template/_simulate',
      body: {
        index_patterns: ['deadair-none-*'],
        template: { mappings: { properties: { tried: { type } } } },
      },
    });
    return true;
  } catch (thrown) {
    const { status } = failureOf(thrown);
    if (status === 0 || status === 401 || isPassing(status)) throw asStoreError(thrown, 'asking what it has');
    return false;
  }
}
