import { existsSync } from 'node:fs';
import type { Client } from '@elastic/elasticsearch';
import { type Capabilities, detect, missing } from './capabilities.js';
import { connect } from './connect.js';
import { asStoreError, failureOf } from './errors.js';
import { indexNames, plainIndices } from './names.js';
import { createIndices, isOurs } from './open.js';
import { addFields } from './present-fields.js';
import { makeApiKey, makeRole, makeUser, ROLE, rightsOf, writeSecret } from './rights.js';
import type { ElasticsearchSettings } from './settings.js';
import { install, installations } from './templates.js';

export interface SetupOptions {
  retentionDays: number | undefined;
  shards: number;
  /** An API key is written there, unless the one that lies there is still good. */
  keyFile?: string | undefined;
  user?: { name: string; password: string } | undefined;
}

export interface SetupResult {
  version: string;
  /** Sentences: what was done. */
  done: string[];
  missing: string | undefined;
  /** Set when a key was made and no file named for it. */
  apiKey?: string;
}

/**
 * Installs templates, makes the indices, the role, and a key or user with it. Can be run again at any time; what holds
 * lines already keeps its mapping until its next rollover.
 * @throws DeadairError
 */
export async function setUp(settings: ElasticsearchSettings, options: SetupOptions): Promise<SetupResult> {
  const client = connect(settings);
  try {
    const names = indexNames(settings.namespace);
    const has = await detect(client);
    const { retentionDays, shards } = options;
    const requests = installations(has, { retentionDays, shards, namespace: settings.namespace });
    await install(client, requests);
    const done = [`${requests.length} templates and policies installed`];
    const plain = plainIndices(names);
    const there = await Promise.all(plain.map(index => isOurs(client, index)));
    await createIndices(
      client,
      plain.filter((_, i) => !there[i]),
    );
    done.push(there.every(Boolean) ? 'indices are there' : 'indices made');
    if (await applyRetention(client, has, [names.lines, names.incidents, names.alerts], retentionDays))
      done.push('retention of the present data streams changed');
    await addFields(client, names, settings.namespace, has);
    done.push('new fields added to the present indices');
    if (await applyRefresh(client, names.lines))
      done.push('the present lines rest when nobody has searched for 5 s');
    const result: SetupResult = { version: has.version, done, missing: missing(has) };
    if (!has.security) {
      done.push('security is off: no key was made; anybody who reaches the server can read and delete lines');
      return result;
    }
    const rights = rightsOf(names);
    await makeRole(client, rights);
    done.push(`role ${ROLE} made`);
    if (options.user) {
      await makeUser(client, options.user.name, options.user.password);
      done.push(`user ${options.user.name} has it`);
    }
    if (options.keyFile !== undefined) {
      if (await isGood(settings, options.keyFile)) done.push(`the API key in ${options.keyFile} is good`);
      else {
        writeSecret(options.keyFile, await makeApiKey(client, rights));
        done.push(`API key written to ${options.keyFile}`);
      }
    } else if (!options.user) result.apiKey = await makeApiKey(client, rights);
    return result;
  } finally {
    await client.close();
  }
}

/** As the template has it, for the indices that are there. */
async function applyRefresh(client: Client, stream: string): Promise<boolean> {
  try {
    await client.indices.putSettings({ index: stream, settings: { index: { 'search.idle.after': '1s' } } });
    return true;
  } catch (thrown) {
    if (failureOf(thrown).status === 404) return false;
    throw asStoreError(thrown, `setting when ${stream} rests`);
  }
}

/** Templates count for what comes after them only: a data stream that is there is told directly. */
async function applyRetention(
  client: Client,
  has: Capabilities,
  streams: string[],
  days: number | undefined,
): Promise<boolean> {
  if (!has.streamLifecycle) return false;
  let changed = false;
  for (const stream of streams)
    try {
      await client.transport.request({
        method: 'PUT',
        path: `/_data_stream/${stream}/_lifecycle`,
        body: days === undefined ? {} : { data_retention: `${days}d` },
      });
      changed = true;
    } catch (thrown) {
      if (failureOf(thrown).status !== 404) throw asStoreError(thrown, `setting the retention of ${stream}`);
    }
  return changed;
}

/** The key in the file opens the door: making another at each start would fill the cluster with keys. */
async function isGood(settings: ElasticsearchSettings, keyFile: string): Promise<boolean> {
  if (!existsSync(keyFile)) return false;
  const { username: _, password: __, passwordFile: ___, apiKey: ____, ...rest } = settings;
  const client = connect({ ...rest, apiKeyFile: keyFile });
  try {
    await client.info();
    return true;
  } catch (thrown) {
    const { status } = failureOf(thrown);
    if (status === 401 || status === 403) return false;
    throw asStoreError(thrown, 'trying the API key');
  } finally {
    await client.close();
  }
}
