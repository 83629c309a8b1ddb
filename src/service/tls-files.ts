import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { TlsMaterial } from '../http/server.js';
import type { Clock, Timer } from '../platform/clock.js';
import { DeadairError, messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';

export interface TlsSettings {
  cert: string;
  key: string;
  clientCa?: string | undefined;
  clients: 'optional' | 'required';
}

/** Certificates are renewed by replacing files; nobody restarts a service for it. */
const LOOK_MS = 5000;

/** @throws DeadairError `config.unreadable`, `config.invalid` with the file and what is wrong with it */
export function readTls({ cert, key, clientCa, clients }: TlsSettings): TlsMaterial {
  const material: TlsMaterial = {
    cert: read(cert, 'server.tls.cert'),
    key: read(key, 'server.tls.key'),
    ...(clientCa === undefined
      ? {}
      : {
          ca: read(clientCa, 'server.tls.clientCa'),
          requestCert: true,
          rejectUnauthorized: clients === 'required',
        }),
  };
  try {
    createSecureContext(material);
  } catch (cause) {
    throw new DeadairError(
      'config.invalid',
      `The certificate ${cert} and the key ${key} can't be used (${messageOf(cause)}); they must be PEM and belong together.`,
      { subject: 'server.tls', cause },
    );
  }
  return material;
}

/** Reads the files anew when they have changed. What can't be used is told, and the old certificate goes on. */
export function watchTls(
  settings: TlsSettings,
  clock: Clock,
  logger: Logger,
  renew: (material: TlsMaterial) => void,
): Timer {
  let seen = stamp(settings);
  return clock.every(LOOK_MS, () => {
    const now = stamp(settings);
    if (now === seen) return;
    seen = now;
    try {
      renew(readTls(settings));
      logger.info('tls.renewed', { cert: settings.cert });
    } catch (thrown) {
      logger.error('tls.not-renewed', { cert: settings.cert, error: messageOf(thrown) });
    }
  });
}

function stamp({ cert, key, clientCa }: TlsSettings): string {
  return [cert, key, clientCa]
    .map(file => {
      const found = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
      return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : '';
    })
    .join('\n');
}

function read(file: string, subject: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DeadairError(
      'config.unreadable',
      `${file} can't be read (${(cause as NodeJS.ErrnoException).code}); check ${subject}.`,
      { subject, cause },
    );
  }
}
