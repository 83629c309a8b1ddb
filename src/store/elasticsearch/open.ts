import type { Client } from '@elastic/elasticsearch';
import { DeadairError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { type Capabilities, detect, missing } from './capabilities.js';
import { asStoreError, failureOf } from './errors.js';
import { type IndexNames, plainIndices } from './names.js';
import { ensureFields } from './present-fields.js';
import { install, installations } from './templates.js';

/** Kept so long when nobody ran `deadair elasticsearch setup --retention`. */
const DEFAULT_RETENTION_DAYS = 30;

/**
 * Makes sure that the indices are there and have our mapping. Where the key may, templates are installed; where it may
 * not and they are missing, the error says what to run.
 * @throws DeadairError
 */
export async function prepare(
  client: Client,
  names: IndexNames,
  namespace: string,
  logger: Logger,
): Promise<Capabilities> {
  const has = await detect(client);
  const lack = missing(has);
  if (lack !== undefined) logger.warn('elasticsearch.missing', { version: has.version, missing: lack });
  const plain = plainIndices(names);
  const there = await Promise.all(plain.map(index => isOurs(client, index)));
  if (there.every(Boolean)) {
    await ensureFields(client, names, namespace, has);
    return has;
  }
  try {
    await install(
      client,
      installations(has, { retentionDays: DEFAULT_RETENTION_DAYS, shards: 1, namespace }),
    );
  } catch (cause) {
    throw new DeadairError(
      'unavailable',
      "Elasticsearch has no indices of Deadair yet, and this key may not make their templates: run `deadair elasticsearch setup` once with an administrator's credentials.",
      { subject: 'store.elasticsearch', cause },
    );
  }
  await createIndices(
    client,
    plain.filter((_, i) => !there[i]),
  );
  return has;
}

/** Makes plain indices from their templates; one that is there already is left alone. */
export async function createIndices(client: Client, indices: string[]): Promise<void> {
  for (const index of indices)
    try {
      await client.indices.create({ index });
    } catch (thrown) {
      if (failureOf(thrown).error.type !== 'resource_already_exists_exception')
        throw asStoreError(thrown, `creating ${index}`);
    }
}

/**
 * Whether the index is there.
 * @throws DeadairError when it is, but was made without our template
 */
export async function isOurs(client: Client, index: string): Promise<boolean> {
  let mappings: { mappings: { _meta?: { by?: string } } }[];
  try {
    mappings = Object.values(await client.indices.getMapping({ index })) as typeof mappings;
  } catch (thrown) {
    if (failureOf(thrown).status === 404) return false;
    throw asStoreError(thrown, `reading the mapping of ${index}`);
  }
  if (mappings.length > 0 && mappings.every(({ mappings: { _meta } }) => _meta?.by !== 'deadair'))
    throw new DeadairError(
      'store.version',
      `The index ${index} was made without Deadair's template, so its fields have the wrong types: delete it, then run \`deadair elasticsearch setup\`.`,
      { subject: index },
    );
  return true;
}
