import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Client } from '@elastic/elasticsearch';
import { allObjects } from '../../../dashboards/objects.js';
import { alertingObjects } from '../../../dashboards/rules.js';
import { AgentViews } from '../../../src/agents/views.js';
import { IDS } from '../../../src/kibana/ids.js';
import { parseKql } from '../../../src/kibana/kql.js';
import { KibanaLinks } from '../../../src/kibana/links.js';
import { DOCUMENT_KINDS } from '../../../src/model/document-kinds.js';
import type { Incident } from '../../../src/model/incident.js';
import type { LogRow } from '../../../src/model/log-row.js';
import { FAULT_CLASSES } from '../../../src/model/vocabulary.js';
import { VirtualClock } from '../../../src/platform/clock.js';
import { ecsLine } from '../../../src/records/ecs.js';
import { displayText, messageText } from '../../../src/records/text.js';
import { skeletonOf } from '../../../src/skeletons/tally.js';
import { connect } from '../../../src/store/elasticsearch/connect.js';
import {
  type ElasticsearchStore,
  openElasticsearchStore,
} from '../../../src/store/elasticsearch/elasticsearch-store.js';
import { agentDocument, alertEvent, incidentEvent } from '../../../src/store/elasticsearch/kibana-view.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import { drawing } from '../../kibana/drawing.js';
import { labelledRuns } from '../../kibana/labelled-runs.js';
import {
  expectedRows,
  flatten,
  kqlMatches,
  kqlToDsl,
  lensRequests,
  lensRows,
  onlyFirst,
} from '../../kibana/requests.js';
import { storeRecordedRuns } from '../../report/recorded-run.js';
import { anyServer, settingsFor } from './server.js';

/** A good run, a cut link and a killed agent, as they were recorded. */
const RUNS = ['01-baseline-mixed-8', '04-kill9-one', '07-linkdown-permanent'];
// DEADAIR_DRAWINGS=FILE: every chart as a drawing of its answer, to be looked at.
const INDEX: Record<string, keyof ReturnType<typeof indexNames>> = {
  [IDS.views.lines]: 'lines',
  [IDS.views.changes]: 'incidents',
  [IDS.views.incidents]: 'incidentStates',
  [IDS.views.alerts]: 'alerts',
  [IDS.views.agents]: 'agents',
};

const server = await anyServer();
const FAULTS: ReadonlySet<string> = new Set(FAULT_CLASSES);
after(() => server?.stop());

describe("Kibana's objects against a real Elasticsearch with recorded runs", { skip: !server }, () => {
  let store: ElasticsearchStore;
  let client: Client;
  let rows: LogRow[];
  let incidents: Incident[];
  const names = indexNames('unset');
  /** What each view holds, as flat documents, made without Elasticsearch. */
  const documents: Record<string, Record<string, unknown>[]> = {};
  const checkedAt = Date.now();

  before(async () => {
    const settings = settingsFor(server!.url);
    Object.assign(names, indexNames(settings.namespace));
    client = connect(settings);
    store = await openElasticsearchStore({ settings });
    const stored = await storeRecordedRuns(RUNS, store);
    incidents = [...stored.engine.incidents()];

    const labelled = await labelledRuns(RUNS);
    const { runOf } = labelled;
    rows = labelled.rows;
    assert.equal(new Set([...runOf.values()].map(({ id }) => id)).size, RUNS.length, 'each run labels lines');
    documents[IDS.views.lines] = rows.map(row => ({
      ...(runOf.has(row.id)
        ? { 'labels.run': runOf.get(row.id)!.name, 'deadair.run': [runOf.get(row.id)!.id] }
        : {}),
      'deadair.skeleton': skeletonOf(displayText(row.raw)),
      ...(FAULTS.has(row.class) ? { 'deadair.fault': messageText(displayText(row.raw)).slice(0, 300) } : {}),
      ...flatten(ecsLine(row)),
      'deadair.delay_ms': Math.floor(row.ingestedAt) - Math.floor(row.time),
    }));

    // Opened first, later resolved: two changes, one present state.
    const opened = incidents.map(({ resolvedAt: _, ...rest }) => ({ ...rest, updatedAt: rest.openedAt }));
    const write = (list: readonly Incident[]) =>
      store.documents.putMany(list.map(doc => ({ kind: 'incident', id: doc.id, doc })));
    await write(opened);
    await write(incidents);
    documents[IDS.views.incidents] = incidents.map(incident => flatten(incidentEvent(incident)));
    documents[IDS.views.changes] = [...opened, ...incidents].map(incident =>
      flatten(incidentEvent(incident)),
    );
    const notifications = incidents.map((incident, i) => ({
      channel: i % 2 ? 'ops' : 'mail',
      group: 'g',
      incidents: [incident.id],
      message: {
        version: 1 as const,
        id: incident.id,
        createdAt: incident.openedAt,
        status: 'open' as const,
        severity: incident.severity,
        title: incident.explanation,
        text: '',
        items: [],
      },
      status: 'delivered' as const,
      createdAt: incident.openedAt,
      attempts: 1,
      nextAttemptAt: 0,
    }));
    await store.documents.putMany(
      notifications.map((doc, i) => ({ kind: DOCUMENT_KINDS.notification, id: `n${i}`, doc })),
    );
    documents[IDS.views.alerts] = notifications.map((doc, i) => flatten(alertEvent(`n${i}`, doc)));

    const clock = new VirtualClock(rows.at(-1)!.ingestedAt + 600_000);
    const views = await new AgentViews({
      store,
      clock,
      hosts: () => [],
      incidents: async () => opened,
      lateAfter: 15_000,
      silentAfter: 60_000,
    }).list();
    await store.showAgents(views, checkedAt);
    documents[IDS.views.agents] = views.map(view => flatten(agentDocument(view, checkedAt)));
    await store.refresh();
    await client.indices.refresh({ index: Object.values(names), ignore_unavailable: true });
  });
  after(async () => {
    await store?.close();
    await client?.close();
  });

  const viewOf = (id: string) =>
    allObjects()
      .find(object => object.id === id)!
      .references.find(({ type }) => type === 'index-pattern')!.id;
  const runtime = (view: string) =>
    JSON.parse(
      String(
        allObjects().find(({ type, id }) => type === 'index-pattern' && id === view)!.attributes
          .runtimeFieldMap,
      ),
    ) as Record<string, { type: 'long'; script: { source: string } }>;
  const search = (view: string, body: object) =>
    client.search<Record<string, unknown>, Record<string, unknown>>({
      index: names[INDEX[view]!],
      ...(Object.keys(runtime(view)).length > 0 ? { runtime_mappings: runtime(view) } : {}),
      track_total_hits: true,
      ...body,
    });
  const total = async (view: string, kql: string) => {
    const reply = await search(view, { size: 0, query: kqlToDsl(parseKql(kql)) });
    return (reply.hits.total as { value: number }).value;
  };

  it('holds the recorded runs: the numbers everything below rests on', async () => {
    assert.equal(rows.length, await total(IDS.views.lines, ''));
    assert.deepEqual(
      {
        lines: rows.length,
        faults: await total(
          IDS.views.lines,
          'deadair.class : (timeout or disconnect or refused or dns or tls)',
        ),
        incidents: incidents.length,
        changes: await total(IDS.views.changes, ''),
        states: await total(IDS.views.incidents, ''),
        alerts: await total(IDS.views.alerts, ''),
        agents: await total(IDS.views.agents, ''),
      },
      { lines: 1477, faults: 43, incidents: 2, changes: 4, states: 2, alerts: 2, agents: 9 },
    );
  });

  for (const object of allObjects().filter(({ type }) => type === 'query'))
    it(`saved query ${object.id} finds what it should`, async () => {
      const { query } = (object.attributes as { query: { query: string } }).query;
      const expected = documents[IDS.views.lines]!.filter(document => kqlMatches(parseKql(query), document));
      assert.equal(await total(IDS.views.lines, query), expected.length);
    });

  // ES|QL is not in this server: that session is checked by its names (validate.ts).
  for (const object of allObjects().filter(
    ({ type, attributes }) => type === 'search' && !attributes.isTextBasedQuery,
  ))
    it(`session ${object.id} finds, sorts and splits its histogram`, async () => {
      const attributes = object.attributes as {
        kibanaSavedObjectMeta: { searchSourceJSON: string };
        sort: [string, 'asc' | 'desc'][];
        breakdownField?: string;
        columns: string[];
      };
      const { query } = JSON.parse(attributes.kibanaSavedObjectMeta.searchSourceJSON) as {
        query: { query: string };
      };
      const view = viewOf(object.id);
      const [[field, order]] = attributes.sort as [[string, 'asc' | 'desc']];
      const reply = await search(view, {
        size: 50,
        query: kqlToDsl(parseKql(query.query)),
        sort: [{ [field]: { order } }],
        fields: attributes.columns,
        ...(attributes.breakdownField
          ? {
              aggs: {
                time: {
                  date_histogram: { field: '@timestamp', fixed_interval: '1m', min_doc_count: 1 },
                  aggs: { split: { terms: { field: attributes.breakdownField, size: 50 } } },
                },
              },
            }
          : {}),
      });
      const found = (reply.hits.total as { value: number }).value;
      assert.equal(found, documents[view]!.filter(one => kqlMatches(parseKql(query.query), one)).length);
      const times = reply.hits.hits.map(hit => hit.sort![0] as number);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => (order === 'asc' ? a - b : b - a)),
      );
      // Every column has something in some document: a misspelt field would be empty in all.
      for (const column of attributes.columns)
        if (found > 0)
          assert.ok(
            reply.hits.hits.some(({ fields }) => fields?.[column] !== undefined),
            `no document has ${column}`,
          );
      if (attributes.breakdownField && found > 0) {
        const { time } = reply.aggregations as {
          time: { buckets: { split: { buckets: { doc_count: number }[] } }[] };
        };
        assert.ok(
          time.buckets.some(bucket => bucket.split.buckets.length > 0),
          'the histogram is split',
        );
      }
    });

  for (const object of allObjects().filter(({ type }) => type === 'lens'))
    it(`chart ${object.id} shows the numbers the documents give`, async () => {
      const layers: string[][] = [];
      for (const request of lensRequests(object)) {
        const { view, query, aggs, kql } = request;
        const reply = await search(view, {
          size: 0,
          query,
          ...(Object.keys(aggs).length > 0 ? { aggs } : {}),
        });
        const asked = documents[view]!.filter(document => kqlMatches(parseKql(kql), document));
        const expected = expectedRows(request, onlyFirst(request, asked));
        const whole = { doc_count: (reply.hits.total as { value: number }).value, ...reply.aggregations };
        const shown = lensRows(request, whole);
        assert.deepEqual(shown, expected);
        layers.push(shown);
      }
      // What is open at the end of the recorded runs is nothing.
      if (object.id !== 'deadair-open-incidents') assert.ok(layers.every(rows => rows.length > 0));
      if (process.env.DEADAIR_DRAWINGS) appendFileSync(process.env.DEADAIR_DRAWINGS, drawing(object, layers));
    });

  it('the controls list every run, host, agent, level and class', async () => {
    const fields = ['labels.run', 'host.name', 'agent.id', 'log.level', 'deadair.class'];
    const group = allObjects().find(({ id }) => id === IDS.dashboard)!.attributes.controlGroupInput as {
      panelsJSON: string;
    };
    const controls = Object.values(
      JSON.parse(group.panelsJSON) as Record<string, { explicitInput: { fieldName: string } }>,
    );
    assert.deepEqual(
      controls.map(({ explicitInput }) => explicitInput.fieldName),
      fields,
    );
    for (const field of fields) {
      const reply = await search(IDS.views.lines, {
        size: 0,
        aggs: { suggestions: { terms: { field, size: 100, order: { _key: 'asc' } } } },
      });
      const { buckets } = (reply.aggregations as { suggestions: { buckets: { key: string }[] } }).suggestions;
      const there = documents[IDS.views.lines]!.flatMap(one => one[field] ?? []).map(String);
      assert.deepEqual(
        buckets.map(({ key }) => key),
        [...new Set(there)].sort(),
        field,
      );
    }
  });

  it('“its lines” of an incident opens Discover with the lines of those it is about, its evidence among them', async () => {
    for (const incident of incidents) {
      const [hit] = (
        await search(IDS.views.incidents, { query: { term: { 'deadair.incident.id': incident.id } } })
      ).hits.hits;
      const { lines } = (hit!._source as { deadair: { incident: { lines: string } } }).deadair.incident;
      const asked = decodeURIComponent(lines);
      const kql = /query:'(.*?)'\),sort/.exec(asked)![1]!;
      const [, from, to] = /time:\(from:'(.*?)',to:'(.*?)'\)/.exec(asked)!;
      const reply = await search(IDS.views.lines, {
        size: 1000,
        query: {
          bool: { filter: [kqlToDsl(parseKql(kql)), { range: { '@timestamp': { gte: from, lte: to } } }] },
        },
      });
      const found = new Set(reply.hits.hits.map(({ _id }) => _id));
      const own = rows.filter(
        ({ agent, time }) =>
          incident.subjects.includes(agent) && time >= Date.parse(from!) && time <= Date.parse(to!),
      );
      assert.ok(own.length > 0);
      assert.deepEqual([...found].sort(), own.map(({ id }) => id).sort());
    }
  });

  it('surrounding documents, as Kibana asks for them, come in file order within one time', async () => {
    const anchor = rows.find(row => row.class === 'disconnect' && row.agent === 'agent-1')!;
    const [hit] = (
      await search(IDS.views.lines, {
        query: { ids: { values: [anchor.id] } },
        sort: [{ '@timestamp': { order: 'desc' } }, { 'deadair.offset': { order: 'desc' } }],
      })
    ).hits.hits;
    assert.ok(hit, "the record's id is the document's");
    for (const order of ['asc', 'desc'] as const) {
      const reply = await search(IDS.views.lines, {
        size: 25,
        sort: [{ '@timestamp': { order } }, { 'deadair.offset': { order } }],
        search_after: hit.sort,
      });
      assert.ok(reply.hits.hits.length > 0);
      const file = reply.hits.hits
        .map(one => one._source as { deadair: { source: string; offset: number }; '@timestamp': string })
        .filter(one => one.deadair.source === anchor.source);
      const byTime = new Map<string, number[]>();
      for (const one of file)
        byTime.set(one['@timestamp'], [...(byTime.get(one['@timestamp']) ?? []), one.deadair.offset]);
      for (const offsets of byTime.values())
        assert.deepEqual(
          offsets,
          [...offsets].sort((a, b) => (order === 'asc' ? a - b : b - a)),
        );
    }
  });

  it("the link to a line's file shows the file in its own order", async () => {
    const anchor = rows.find(row => row.class === 'disconnect' && row.agent === 'agent-1')!;
    const address = decodeURIComponent(new KibanaLinks({ url: 'http://k' }).file(anchor.id, anchor.time));
    const kql = /query:\(language:kuery,query:'(.*?)'\),sort/.exec(address)![1]!;
    const reply = await search(IDS.views.lines, {
      size: 1000,
      query: kqlToDsl(parseKql(kql)),
      sort: [{ 'deadair.offset': { order: 'asc' } }],
    });
    assert.deepEqual(
      reply.hits.hits.map(({ _id }) => _id),
      rows
        .filter(row => row.source === anchor.source)
        .sort((a, b) => a.offset - b.offset)
        .map(({ id }) => id),
    );
  });

  it("Kibana's own rules find what they are for", async () => {
    const found = async (id: string, window: object) => {
      const rule = alertingObjects().find(({ path }) => path.endsWith(id))!;
      const { esQuery, timeField, index } = rule.create.params as {
        esQuery: string;
        timeField: string;
        index: string[];
      };
      const view = index[0] === 'deadair-agents*' ? IDS.views.agents : IDS.views.incidents;
      const { query } = JSON.parse(esQuery) as { query: object };
      const reply = await search(view, {
        size: 0,
        query: { bool: { filter: [query, { range: { [timeField]: window } }] } },
      });
      return (reply.hits.total as { value: number }).value;
    };
    const window = { gte: checkedAt - 300_000, lte: checkedAt };
    const agents = documents[IDS.views.agents]!;
    assert.equal(await found('deadair-rule-itself', window), agents.length);
    const silent = agents.filter(agent => !['stopped', 'unknown'].includes(String(agent['deadair.state'])));
    assert.notEqual(silent.length, 0);
    assert.equal(await found('deadair-rule-silent-agent', window), silent.length);
    const [first] = incidents;
    assert.equal(
      await found('deadair-rule-incident', { gte: first!.openedAt - 1000, lte: first!.openedAt + 1000 }),
      incidents.filter(({ openedAt }) => Math.abs(openedAt - first!.openedAt) <= 1000).length,
    );
  });
});
