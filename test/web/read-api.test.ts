import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DeadairClient } from '../../src/cli/client.js';
import type { IncidentReply } from '../../src/http/incident-reply.js';
import type { EcsLine } from '../../src/records/ecs.js';
import type { StatusReply } from '../../src/web/api/status.js';
import { RecordedService } from './recorded-service.js';

interface ErrorReply {
  error: { code: string; message: string; subject?: string; column?: number };
}

describe('the read API over a recorded run', () => {
  let service: RecordedService;
  before(async () => {
    service = await RecordedService.start();
    await service.play();
  });
  after(() => service.stop());

  const ask = async <T>(path: string, expected = 200): Promise<T> => {
    const response = await fetch(service.server.url + path);
    const body = (await response.json()) as T;
    assert.equal(response.status, expected, JSON.stringify(body));
    return body;
  };
  const search = (parameters: string) =>
    ask<{ records: EcsLine[]; cursor?: string }>(`/v1/search?${parameters}`);

  test('pages follow each other without losing or doubling a line', async () => {
    for (const order of ['newest', 'oldest']) {
      const ids: string[] = [];
      const times: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await search(
          `order=${order}&limit=70${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
        );
        for (const line of page.records) {
          ids.push(line.event.id);
          times.push(line['@timestamp']);
        }
        cursor = page.cursor;
      } while (cursor);
      assert.equal(ids.length, 470);
      assert.equal(new Set(ids).size, 470);
      const sorted = times.toSorted();
      assert.deepEqual(times, order === 'oldest' ? sorted : sorted.toReversed());
    }
  });

  for (const [parameters, count] of [
    ['q=class:fault', 17],
    ['class=fault', 17],
    ['q=class:fault&agent=controller', 3],
    ['agent=controller&agent=agent-4', 99],
    ['agent=controller,agent-4', 99],
    ['level=error&agent=agent-1', 3],
    ['q=run:latest%20class:fault%20agent:controller', 3],
    ['from=run&class=fault&agent=controller', 3],
    ['from=2026-11-23T16:58:42.36Z&to=2026-11-23T16:58:42.37Z&agent=controller&q=FAILED', 4],
  ] as const) {
    test(`${parameters} finds ${count} lines`, async () => {
      const { records } = await search(`${parameters}&limit=1000`);
      assert.equal(records.length, count);
    });
  }

  test('a question too long for an address is asked by POST and answered the same', async () => {
    const client = new DeadairClient(service.server.url, undefined);
    const long = `class:fault ${'-never-said '.repeat(4000)}`;
    for (const path of ['/v1/search', '/v1/histogram', '/v1/facets', '/v1/patterns'])
      assert.deepEqual(
        await client.get(path, { q: long, limit: path === '/v1/histogram' ? undefined : 50 }),
        await client.get(path, { q: 'class:fault', limit: path === '/v1/histogram' ? undefined : 50 }),
        path,
      );
    for await (const { name } of client.events('/v1/tail', { q: long })) {
      assert.equal(name, 'open');
      break;
    }
  });

  test('the histogram counts what the search finds, whatever it is stacked by', async () => {
    for (const by of ['class', 'agent', 'level']) {
      const histogram = await ask<{
        total: number;
        interval: number;
        series: { key: string; counts: number[] }[];
      }>(`/v1/histogram?by=${by}&buckets=30`);
      const sum = histogram.series.flatMap(series => series.counts).reduce((a, b) => a + b, 0);
      assert.equal(sum, 470);
      assert.equal(histogram.total, 470);
    }
    const faults = await ask<{ total: number }>('/v1/histogram?class=fault&interval=1000');
    assert.equal(faults.total, 17);
  });

  test('buckets begin on round times and hold only the asked span', async () => {
    const histogram = await ask<{ from: string; to: string; interval: number; total: number }>(
      '/v1/histogram?from=2026-11-23T16:58:42.300Z&to=2026-11-23T16:58:42.370Z&agent=controller',
    );
    assert.equal(histogram.from, '2026-11-23T16:58:42.000000Z');
    assert.equal(histogram.to, '2026-11-23T16:58:43.000000Z');
    const { records } = await search(
      'from=2026-11-23T16:58:42.300Z&to=2026-11-23T16:58:42.370Z&agent=controller',
    );
    assert.equal(histogram.total, records.length);
  });

  test('a histogram as wide as no calendar is refused or told, never a fault', async () => {
    const CASES: [string, number][] = [
      [`interval=${Number.MAX_SAFE_INTEGER}`, 400],
      ['interval=1e300', 400],
      ['interval=3000000000000', 200],
      ['interval=3000000000000&from=2026-11-23T00:00:00Z&to=9999-12-31T23:59:59Z', 200],
    ];
    for (const [query, status] of CASES)
      assert.equal((await fetch(`${service.server.url}/v1/histogram?${query}`)).status, status, query);
  });

  test('context gives the lines of the same file around one, in file order', async () => {
    const { records } = await search('q="Starting workload now"');
    const id = records[0]!.event.id;
    const context = await ask<{ records: EcsLine[]; at: number }>(`/v1/context?id=${id}&before=2&after=3`);
    assert.equal(context.records.length, 6);
    assert.equal(context.records[context.at]!.event.id, id);
    const offsets = context.records.map(line => line.deadair.offset);
    assert.deepEqual(
      offsets,
      offsets.toSorted((a, b) => a - b),
    );
  });

  test('a progress bar is one line that keeps its raw bytes', async () => {
    const { records } = await search('q="Starting in 0s"');
    assert.equal(records.length, 1);
    assert.match(records[0]!.deadair.raw, /Starting in 12s.*\r.*Starting in 0s/s);
    assert.match(records[0]!.message, /^⏳ Starting in 0s/);
  });

  test('status brings together agents, incident, run and store', async () => {
    const status = await ask<StatusReply>('/v1/status');
    assert.deepEqual(
      status.agents.map(agent => [agent.id, agent.state]),
      [
        ['controller', 'unknown'],
        ...[1, 2, 3].map(n => [`agent-${n}`, 'stopped']),
        ['agent-4', 'lost'],
        ...[5, 6, 7, 8].map(n => [`agent-${n}`, 'stopped']),
      ],
    );
    assert.equal(status.agents.find(agent => agent.id === 'agent-4')!.incidents.length, 1);
    assert.equal(status.store.lines, 470);
    assert.equal(status.runs[0]!.name, 'config.yaml');
    assert.equal(status.runs[0]!.incidents, 1);
  });

  test('incidents carry evidence whose lines can be opened', async () => {
    const { incidents } = await ask<{ incidents: IncidentReply[] }>('/v1/incidents?state=open');
    assert.equal(incidents.length, 1);
    const incident = await ask<IncidentReply>(`/v1/incidents/${incidents[0]!.id}`);
    assert.deepEqual(
      [incident.kind, incident.subjects, incident.cause],
      ['agent-lost', ['agent-4'], 'unresponsive'],
    );
    const records = incident.evidence.flatMap(item => item.record ?? []);
    assert.ok(records.length >= 3);
    for (const id of records) await ask(`/v1/context?id=${id}`);
    assert.deepEqual((await ask<{ incidents: unknown[] }>('/v1/incidents?state=resolved')).incidents, []);
    assert.deepEqual((await ask<{ incidents: unknown[] }>('/v1/incidents?agent=agent-1')).incidents, []);
  });

  test('marks come in commit order and go on after a sequence', async () => {
    const { marks } = await ask<{ marks: { seq: number; id: string; class: string }[] }>(
      '/v1/marks?class=disconnect',
    );
    assert.equal(marks.length, 17);
    const rest = await ask<{ marks: { id: string }[] }>(`/v1/marks?class=disconnect&after=${marks[9]!.seq}`);
    assert.deepEqual(
      rest.marks.map(mark => mark.id),
      marks.filter(mark => mark.seq > marks[9]!.seq).map(mark => mark.id),
    );
  });

  for (const [path, status, code, message, column] of [
    ['/v1/search?q=agent:(a%20or', 400, 'query.invalid', /needs something after it/, 12],
    ['/v1/search?from=whenever', 400, 'query.invalid', /"whenever" is not a time; write "last 15m"/],
    [
      '/v1/search?q=run:never',
      400,
      'query.invalid',
      /There is no run "never"; the newest runs are config.yaml/,
    ],
    ['/v1/search?limt=5', 400, 'request.invalid', /There is no query parameter "limt"/],
    ['/v1/search?limit=100000', 400, 'request.invalid', /limit/],
    ['/v1/search?class=disaster', 400, 'request.invalid', /class/],
    ['/v1/histogram?interval=10', 400, 'request.invalid', /interval/],
    ['/v1/histogram?interval=1000&from=1970-01-02', 400, 'request.invalid', /too many buckets/],
    ['/v1/context?id=nonsense', 400, 'request.invalid', /is not a line's id/],
    ['/v1/context?id=01ARZ3NDEKTSV4RRFFQ69G5FAV:0', 404, 'not-found', /There is no line/],
    ['/v1/incidents/01ARZ3NDEKTSV4RRFFQ69G5FAV', 404, 'not-found', /There is no incident/],
    ['/v1/runs/nope', 404, 'not-found', /There is no run "nope"; the newest runs are config.yaml/],
  ] as const) {
    test(`GET ${path} is answered ${status} ${code}`, async () => {
      const { error } = await ask<ErrorReply>(path, status);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      if (column !== undefined) assert.equal(error.column, column);
    });
  }
});
