import { SniffingTransport } from '@elastic/elasticsearch';
import { DeadairError } from '../../platform/errors.js';

type Asked = Parameters<SniffingTransport['request']>[0];
type Options = Parameters<SniffingTransport['request']>[1];

/**
 * Takes for a success only what has the shape of one. A portal's page, half an answer or an empty one that comes with status 200 would
 * be "there is none" to whoever asked, and written over.
 */
export class CheckedTransport extends SniffingTransport {
  // biome-ignore lint/suspicious/noExplicitAny: as the transport declares it
  override async request(asked: Asked, options?: Options): Promise<any> {
    const answer = await super.request(asked, options);
    const missing = lacks(asked, options?.meta ? (answer as { body: unknown }).body : answer);
    if (missing === undefined) return answer;
    throw new DeadairError(
      'unavailable',
      `What answers at store.elasticsearch.nodes is not Elasticsearch, or half of it: ${asked.method} ${asked.path.slice(0, 100)} succeeded without ${missing}. It is tried again; look for a proxy or a portal before it.`,
      { subject: 'store.elasticsearch.nodes', retryAfterSeconds: 5 },
    );
  }
}

/** What a success must have and this one has not; undefined: it is one. */
function lacks({ method, path, querystring, body: asked }: Asked, body: unknown) {
  if (method === 'HEAD') return undefined;
  if (!isObject(body)) return path.startsWith('/_cat/') ? undefined : 'an object';
  if (path.endsWith('/_bulk')) {
    const { items } = body;
    return items === undefined || (Array.isArray(items) && items.every(isBulkItem)) ? undefined : 'items';
  }
  if (path.endsWith('/_mget')) return objects(body.docs, '_id') ? undefined : 'documents';
  if (path.includes('/_doc/') && method === 'GET')
    return typeof body.found === 'boolean' && (!body.found || isObject(body._source))
      ? undefined
      : 'a document';
  // what was asked for by halves has no shape to check
  if (!path.endsWith('/_search') || (isObject(querystring) && 'filter_path' in querystring)) return undefined;
  if (!isObject(body.hits) || !objects(body.hits.hits, '_id')) return 'hits';
  if (!isObject(asked) || !(isObject(asked.aggs) || isObject(asked.aggregations))) return undefined;
  const wanted = Object.keys((asked.aggs ?? asked.aggregations) as object);
  const given = body.aggregations;
  return isObject(given) && wanted.every(name => isObject(given[name])) ? undefined : 'aggregations';
}

function objects(list: unknown, key: string): boolean {
  return Array.isArray(list) && list.every(one => isObject(one) && typeof one[key] === 'string');
}

function isBulkItem(item: unknown): boolean {
  const [outcome] = isObject(item) ? Object.values(item) : [];
  return isObject(outcome) && typeof outcome.status === 'number';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
