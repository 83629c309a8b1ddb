import type { Client } from '@elastic/elasticsearch';
import { DeadairError } from '../../platform/errors.js';
import type { Capabilities } from './capabilities.js';
import { asStoreError, failureOf } from './errors.js';
import type { IndexNames } from './names.js';
import { components, constantMapping, fieldTypes, install, mappingOf } from './templates.js';

/**
 * Brings the indices up to this release: templates count for indices that come, those that are there are told of new
 * fields directly. Lines that are stored stay as they are and are read as they are.
 * @throws DeadairError
 */
export async function addFields(
  client: Client,
  names: IndexNames,
  namespace: string,
  has: Capabilities,
): Promise<void> {
  for (const { index, properties } of holders(names)) await put(client, index, { properties });
  await put(client, names.lines, constantMapping(namespace, has));
}

/**
 * Makes sure that what this release writes can be found: a field that is in no mapping is stored and never found.
 * @throws DeadairError `store.version` where the indices are an older release's and the key may not change that
 */
export async function ensureFields(
  client: Client,
  names: IndexNames,
  namespace: string,
  has: Capabilities,
): Promise<void> {
  if (!(await areMissing(client, names))) return;
  try {
    await install(client, components());
    await addFields(client, names, namespace, has);
    if (await areMissing(client, names)) throw new Error('another mapping is in the way');
  } catch (cause) {
    throw new DeadairError(
      'store.version',
      `The indices of ${names.lines} have the fields of an older release, and this key may not add any: run \`deadair elasticsearch setup\` once with an administrator's credentials. Lines wait at the collectors until then.`,
      { subject: names.lines, cause },
    );
  }
}

function holders(names: IndexNames): { index: string; properties: object }[] {
  const { lines, aside, sources, incidents, alerts, incidentStates } = names;
  return [
    ...[lines, aside, sources].map(index => ({ index, properties: mappingOf('line') })),
    ...[incidents, alerts, incidentStates].map(index => ({ index, properties: mappingOf('event') })),
  ];
}

/** Looked at is the newest backing index of each, where lines are written. */
async function areMissing(client: Client, names: IndexNames): Promise<boolean> {
  for (const { index, properties } of holders(names)) {
    let newest: { mappings: { properties?: object } } | undefined;
    try {
      const reply = await client.indices.getMapping({ index, ignore_unavailable: true });
      const last = Object.keys(reply).sort().at(-1);
      newest = last === undefined ? undefined : (reply[last] as typeof newest);
    } catch (thrown) {
      if (failureOf(thrown).status === 404) continue;
      throw asStoreError(thrown, `reading the mapping of ${index}`);
    }
    if (!newest) continue;
    const had = fieldTypes(newest.mappings.properties ?? {});
    if ([...fieldTypes(properties).keys()].some(field => !had.has(field))) return true;
  }
  return false;
}

async function put(client: Client, index: string, mapping: object): Promise<void> {
  try {
    await client.indices.putMapping({ index, ...mapping });
  } catch (thrown) {
    const { status } = failureOf(thrown);
    // A mapping that somebody else made stays as it is: `check` tells of it.
    if (status !== 404 && status !== 400) throw asStoreError(thrown, `adding fields to ${index}`);
  }
}
