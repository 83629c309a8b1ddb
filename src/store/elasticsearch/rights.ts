import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@elastic/elasticsearch';
import { DeadairError } from '../../platform/errors.js';
import { writeWhole } from '../../platform/write-whole.js';
import { asStoreError } from './errors.js';
import { type IndexNames, plainIndices } from './names.js';

export const ROLE = 'deadair_writer';

export interface Rights {
  cluster: string[];
  indices: { names: string[]; privileges: string[] }[];
}

/**
 * All that the service needs and nothing more: it adds lines and can neither change nor delete one; only its own small
 * indices are written in place. `maintenance` is the right to refresh, `auto_configure` to start a data stream.
 */
export function rightsOf(names: IndexNames): Rights {
  const { lines, incidents, alerts } = names;
  return {
    cluster: ['monitor'],
    indices: [
      {
        names: [lines, incidents, alerts],
        privileges: ['create_doc', 'auto_configure', 'read', 'view_index_metadata', 'maintenance', 'monitor'],
      },
      {
        names: plainIndices(names),
        privileges: ['index', 'create', 'delete', 'read', 'view_index_metadata', 'maintenance', 'monitor'],
      },
    ],
  };
}

/** @throws DeadairError */
export async function makeRole(client: Client, rights: Rights): Promise<void> {
  try {
    await client.transport.request({ method: 'PUT', path: `/_security/role/${ROLE}`, body: { ...rights } });
  } catch (thrown) {
    throw asStoreError(thrown, `making the role ${ROLE}`);
  }
}

/** Makes the user, or gives it the role and password. @throws DeadairError */
export async function makeUser(client: Client, name: string, password: string): Promise<void> {
  try {
    await client.transport.request({
      method: 'PUT',
      path: `/_security/user/${encodeURIComponent(name)}`,
      body: { password, roles: [ROLE], full_name: 'Deadair ingester' },
    });
  } catch (thrown) {
    throw asStoreError(thrown, `making the user ${name}`);
  }
}

/** @returns the key as `Authorization: ApiKey` wants it. @throws DeadairError */
export async function makeApiKey(client: Client, rights: Rights): Promise<string> {
  try {
    const reply = await client.transport.request<{ encoded: string }>({
      method: 'POST',
      path: '/_security/api_key',
      body: { name: 'deadair', role_descriptors: { [ROLE]: rights }, metadata: { by: 'deadair' } },
    });
    return reply.encoded;
  } catch (thrown) {
    throw asStoreError(thrown, 'making an API key');
  }
}

/** Writes a secret so that no one else reads it and nobody ever sees half of it. @throws DeadairError */
export function writeSecret(file: string, secret: string): void {
  const target = path.resolve(file);
  try {
    mkdirSync(path.dirname(target), { recursive: true });
    writeWhole(target, `${secret}\n`, 0o600);
  } catch (cause) {
    throw new DeadairError(
      'store.read-only',
      `The key can't be written to ${target} (${(cause as NodeJS.ErrnoException).code}): name another file with --key-file.`,
      { subject: target, cause },
    );
  }
}
