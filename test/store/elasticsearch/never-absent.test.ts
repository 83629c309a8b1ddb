import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { VirtualClock } from '../../../src/platform/clock.js';
import { DeadairError } from '../../../src/platform/errors.js';
import { Lease } from '../../../src/service/lease.js';
import { connect } from '../../../src/store/elasticsearch/connect.js';
import { ElasticsearchDocuments } from '../../../src/store/elasticsearch/documents.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import { LineReader } from '../../../src/store/elasticsearch/reader.js';
import { ElasticsearchSettings } from '../../../src/store/elasticsearch/settings.js';
import { SharedCommits } from '../../../src/store/elasticsearch/shared-commits.js';
import { SourceLedger } from '../../../src/store/elasticsearch/sources.js';

interface Answer {
  status: number;
  body: unknown;
}

const REASON = { type: 'no_shard_available_action_exception', reason: 'No shard available for [get]' };

/** What a server says that is up but not all there; as Elasticsearch 9 words it. */
const TROUBLES: Record<string, (path: string, ids: string[]) => Answer> = {
  'a shard that recovers': (path, ids) =>
    path.includes('_mget')
      ? { status: 200, body: { docs: ids.map(_id => ({ _index: 'x', _id, error: REASON })) } }
      : path.includes('_bulk')
        ? bulk(ids, 503, { type: 'unavailable_shards_exception', reason: 'primary shard is not active' })
        : { status: 503, body: { error: REASON, status: 503 } },
  'too many requests': () => ({
    status: 429,
    body: { error: { type: 'es_rejected_execution_exception', reason: 'queue is full' }, status: 429 },
  }),
  'a memory that is full': (path, ids) =>
    path.includes('_bulk')
      ? bulk(ids, 429, { type: 'circuit_breaking_exception', reason: 'Data too large' })
      : {
          status: 429,
          body: { error: { type: 'circuit_breaking_exception', reason: 'Data too large' }, status: 429 },
        },
  'its security still starting': () => ({
    status: 401,
    body: { error: { type: 'security_exception', reason: 'unable to authenticate' }, status: 401 },
  }),
  'an index that is gone': (path, ids) =>
    path.includes('_bulk')
      ? bulk(ids, 404, { type: 'index_not_found_exception', reason: 'no such index' })
      : path.includes('_mget')
        ? {
            status: 200,
            body: {
              docs: ids.map(_id => ({
                _index: 'x',
                _id,
                error: { type: 'index_not_found_exception', reason: 'no such index' },
              })),
            },
          }
        : {
            status: 404,
            body: { error: { type: 'index_not_found_exception', reason: 'no such index' }, status: 404 },
          },
  'an answer of something else': () => ({ status: 502, body: '<html>Bad Gateway</html>' }),
  "a portal's page that is a success": () => ({ status: 200, body: '<html>Please log in</html>' }),
  'half an answer': () => ({ status: 200, body: json('{"docs":[{"_id":"R1","found":fal') }),
  'an empty success': () => ({ status: 200, body: json('{}') }),
  'a success that is nothing': () => ({ status: 200, body: json('null') }),
  'a list': () => ({ status: 200, body: json('[]') }),
  'nothing at all': () => ({ status: 200, body: json('') }),
  'fields of other kinds': () => ({
    status: 200,
    body: {
      docs: 7,
      items: {},
      hits: { hits: 'none', total: 'many' },
      _source: 3,
      errors: false,
      aggregations: 5,
    },
  }),
  'documents without their ids': () => ({
    status: 200,
    body: { docs: [{}], items: [{}], hits: { hits: [null] }, aggregations: { seq: {} } },
  }),
};

/** Sent as it stands, and called JSON. */
class Verbatim {
  constructor(readonly text: string) {}
}

function json(text: string): Verbatim {
  return new Verbatim(text);
}

function bulk(ids: string[], status: number, error: object): Answer {
  return { status: 200, body: { errors: true, items: ids.map(_id => ({ index: { _id, status, error } })) } };
}

describe('an error of Elasticsearch is never taken for "there is none"', () => {
  let server: Server;
  let settings: ElasticsearchSettings;
  let trouble: (path: string, ids: string[]) => Answer;
  let searches: string[] = [];
  const names = indexNames('default');

  before(async () => {
    server = createServer((req, res) => {
      let text = '';
      req.on('data', chunk => {
        text += chunk;
      });
      req.on('end', () => {
        const path = req.url ?? '';
        if (path.includes('_search')) searches.push(`${path} ${text}`);
        const { status, body } = trouble(path, idsIn(path, text));
        res.writeHead(status, {
          'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
          'x-elastic-product': 'Elasticsearch',
        });
        res.end(
          typeof body === 'string' ? body : body instanceof Verbatim ? body.text : JSON.stringify(body),
        );
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    settings = ElasticsearchSettings.parse({ nodes: [`http://127.0.0.1:${port}`] });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const calls: Record<string, (client: ReturnType<typeof connect>) => Promise<unknown>> = {
    'documents.get': client => documents(client).get('run', 'R1'),
    'documents.put': client => documents(client).put('run', 'R1', {}),
    'documents.putMany': client =>
      documents(client).putMany([
        { kind: 'run', id: 'R1', doc: {} },
        { kind: 'run', id: 'R2', doc: {} },
      ]),
    'documents.list': client => documents(client).list('run'),
    'documents.finishPlans': client => documents(client).finishPlans(),
    'sources.load': client => new SourceLedger(client, names).load(['S1']),
    'sources.all': client => new SourceLedger(client, names).all(undefined),
    'shared.oldestOpenSeq': client => shared(client).oldestOpenSeq(1000),
    'shared.activity': client => shared(client).activity(0),
  };

  for (const [what, answers] of Object.entries(TROUBLES))
    for (const [call, ask] of Object.entries(calls))
      it(`${call}: ${what}`, async () => {
        trouble = answers;
        const client = connect(settings);
        try {
          await assert.rejects(ask(client), (thrown: unknown) => {
            assert.ok(thrown instanceof DeadairError, String(thrown));
            assert.ok(['unavailable', 'internal'].includes(thrown.code), `${thrown.code}: ${thrown.message}`);
            return true;
          });
        } finally {
          await client.close();
        }
      });

  it('searches refuse the answer of only some shards', async () => {
    trouble = () => ({ status: 200, body: { hits: { hits: [] }, aggregations: { seq: { value: null } } } });
    searches = [];
    const client = connect(settings);
    await documents(client).list('run');
    await new SourceLedger(client, names).all(undefined);
    await shared(client).activity(0);
    await client.close();
    assert.equal(searches.length, 3);
    for (const search of searches) assert.match(search, /allow_partial_search_results=false/);
  });

  for (const [what, shards, refused] of [
    ['a shard that is away, which is counted and not named', { total: 2, successful: 1, failed: 1 }, true],
    [
      'a shard that broke off',
      {
        total: 2,
        successful: 1,
        failed: 1,
        failures: [{ shard: 0, reason: { type: 'circuit_breaking_exception', reason: 'Data too large' } }],
      },
      true,
    ],
    [
      'an index whose field has another type',
      {
        total: 2,
        successful: 1,
        failed: 1,
        failures: [{ shard: 0, reason: { type: 'query_shard_exception', reason: 'wildcard on [long]' } }],
      },
      false,
    ],
  ] as const)
    it(`lines: ${what} ${refused ? 'is an error' : 'has no say'}`, async () => {
      trouble = () => ({ status: 200, body: { _shards: shards, hits: { hits: [] } } });
      const client = connect(settings);
      const reader = new LineReader({
        client,
        names,
        clock: new VirtualClock(1000),
        positions: async () => new Map(),
      });
      const asked = reader.search({ query: { kind: 'all' }, order: 'newest', limit: 10 });
      if (refused) await assert.rejects(asked, { code: 'unavailable' });
      else assert.deepEqual((await asked).rows, []);
      await client.close();
    });

  it('a leader that can not read its lease goes on leading, and has not lost it', async () => {
    const client = connect(settings);
    let lost = 0;
    let stored: { version: number; doc: unknown } | undefined;
    const kept = {
      get: async () => stored && { id: 'leader', ...stored },
      put: async (_kind: string, _id: string, doc: unknown) => {
        stored = { version: (stored?.version ?? 0) + 1, doc };
        return stored.version;
      },
    };
    let source: Pick<ElasticsearchDocuments, 'get' | 'put'> = kept as never;
    const lease = new Lease({
      documents: {
        get: (kind, id) => source.get(kind, id),
        put: (kind, id, doc, expected) => source.put(kind, id, doc, expected),
      },
      clock: new VirtualClock(1000),
      name: 'only one',
      url: () => 'http://here',
      onGain: async () => {},
      onLoss: () => lost++,
    });
    await lease.turn();
    assert.ok(lease.leads);
    trouble = TROUBLES['a shard that recovers']!;
    source = documents(client);
    for (let i = 0; i < 5; i++) await lease.turn();
    source = kept as never;
    await lease.turn();
    await client.close();
    assert.deepEqual([lease.leads, lost], [true, 0]);
  });

  function documents(client: ReturnType<typeof connect>): ElasticsearchDocuments {
    return new ElasticsearchDocuments(client, names.documents, async () => {});
  }

  function shared(client: ReturnType<typeof connect>): SharedCommits {
    return new SharedCommits(client, names, async () => {});
  }
});

/** The documents a request names. */
function idsIn(path: string, text: string): string[] {
  if (path.includes('_mget')) return (JSON.parse(text) as { ids: string[] }).ids;
  if (!path.includes('_bulk')) return [];
  return [...text.matchAll(/^\{"(?:create|index|delete)":\{"_id":"([^"]+)"/gm)].map(match => match[1]!);
}
