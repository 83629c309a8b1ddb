import { readFileSync } from 'node:fs';
import { Client } from '@elastic/elasticsearch';
import { defined } from '../../platform/defined.js';
import { DeadairError, messageOf } from '../../platform/errors.js';
import { CheckedTransport } from './answers.js';
import type { ElasticsearchSettings } from './settings.js';

/** A page of the longest lines there are, and twice that; what sends more is broken off. */
const LARGEST_ANSWER = 256 * 1024 * 1024;

type ClientOptions = ConstructorParameters<typeof Client>[0];

/** What a client needs of the settings; secrets in files are read here. */
function clientOptions(settings: ElasticsearchSettings): ClientOptions {
  const { nodes, cloudId } = settings;
  if (nodes.length === 0 && cloudId === undefined)
    throw new DeadairError(
      'config.invalid',
      'store.kind is elasticsearch, but no node is named: set store.elasticsearch.nodes (DEADAIR_ES_URL) or cloudId.',
      { subject: 'store.elasticsearch.nodes' },
    );
  const auth = authOf(settings);
  return {
    ...(cloudId === undefined ? { nodes } : { cloud: { id: cloudId } }),
    ...defined({ auth }),
    ...(settings.caFile === undefined
      ? {}
      : { tls: { ca: secret(settings.caFile, 'caFile'), rejectUnauthorized: true } }),
    ...(settings.caFingerprint === undefined ? {} : { caFingerprint: withColons(settings.caFingerprint) }),
    requestTimeout: settings.requestTimeout,
    // Our own back-off decides: the transport repeats at once, which an overloaded node does not need.
    maxRetries: 0,
    Transport: CheckedTransport,
    maxResponseSize: LARGEST_ANSWER,
    compression: cloudId !== undefined,
    name: 'deadair',
  };
}

/** @throws DeadairError `config.invalid`, `config.unreadable` */
export function connect(settings: ElasticsearchSettings): Client {
  try {
    return new Client(clientOptions(settings));
  } catch (cause) {
    if (cause instanceof DeadairError) throw cause;
    throw new DeadairError(
      'config.invalid',
      `The connection to Elasticsearch can't be set up: ${messageOf(cause)}.`,
      { subject: 'store.elasticsearch', cause },
    );
  }
}

function authOf(settings: ElasticsearchSettings): ClientOptions['auth'] | undefined {
  const apiKey =
    settings.apiKey ??
    (settings.apiKeyFile === undefined ? undefined : secret(settings.apiKeyFile, 'apiKeyFile'));
  if (apiKey !== undefined) return { apiKey };
  const { username } = settings;
  const password =
    settings.password ??
    (settings.passwordFile === undefined ? undefined : secret(settings.passwordFile, 'passwordFile'));
  return username === undefined || password === undefined ? undefined : { username, password };
}

function secret(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new DeadairError(
      'config.unreadable',
      `${file} can't be read (${(cause as NodeJS.ErrnoException).code}); check store.elasticsearch.${setting}.`,
      { subject: `store.elasticsearch.${setting}`, cause },
    );
  }
}

function withColons(fingerprint: string): string {
  return fingerprint
    .replaceAll(':', '')
    .toUpperCase()
    .replace(/(..)(?!$)/g, '$1:');
}
