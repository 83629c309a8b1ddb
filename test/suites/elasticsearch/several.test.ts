import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Client } from '@elastic/elasticsearch';
import type { Service } from '../../../src/service/app.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import type { RangesReply } from '../../../src/wire/protocol.js';
import { FRAME_CONTENT_TYPE } from '../../../src/wire/version.js';
import { bytes, frame, source } from '../../ingest/frames.js';
import { Harness, until } from '../../service/harness.js';
import { anyServer, settingsFor } from './server.js';

const server = await anyServer();

interface IncidentView {
  kind: string;
  subjects: string[];
}

if (server)
  describe('several ingesters on one Elasticsearch', () => {
    const harness = new Harness();
    const { namespace } = settingsFor(server.url);
    const client = new Client({ node: server.url });
    after(async () => {
      await harness.close();
      await client.close();
      server.stop();
    });
    const start = () =>
      harness.start(
        harness.settings({
          'store.kind': 'elasticsearch',
          'store.elasticsearch.nodes': [server.url],
          'store.elasticsearch.namespace': namespace,
        }),
      );
    const send = async (to: Service, body: Buffer): Promise<RangesReply | number> => {
      const response = await fetch(`${to.url}/v1/ranges`, {
        method: 'POST',
        headers: { 'content-type': FRAME_CONTENT_TYPE },
        body: new Uint8Array(body),
      });
      return response.ok ? ((await response.json()) as RangesReply) : response.status;
    };
    const incidents = async (at: Service) =>
      ((await (await fetch(`${at.url}/v1/incidents`)).json()) as { incidents: IncidentView[] }).incidents;

    it('take one source in turns and store each line once; one of them judges for both, and another when it is gone', async () => {
      const one = await start();
      const two = await start();
      const refused = await fetch(`${two.url}/v1/alerts`);
      assert.equal(refused.status, 503);
      assert.match(JSON.stringify(await refused.json()), new RegExp(one.url.replaceAll('/', '.')));
      assert.equal((await fetch(`${one.url}/v1/alerts`)).status, 200);

      // Each request goes to the other one of the two, as behind a load balancer that knows nothing.
      const web = source('web-1');
      const line = (n: number) => `line ${String(n).padStart(5, '0')} of web\n`;
      const text = Array.from({ length: 60 }, (_, n) => line(n)).join('');
      const each = line(0).length;
      let position = 0;
      for (let turn = 0; position < text.length; turn++) {
        const to = Math.min(text.length, position + 10 * each);
        const reply = await send(turn % 2 === 0 ? one : two, frame(web, bytes(text, position, to)));
        // Refused: where it stands now is asked for, as a collector does after its pause.
        if (typeof reply !== 'number') position = reply.outcomes[0]!.position;
        else await new Promise(resolve => setTimeout(resolve, 300));
        assert.ok(turn < 60, 'it gets on');
      }
      const { lines } = indexNames(namespace);
      await client.indices.refresh({ index: lines });
      const found = await client.search<{ deadair: { offset: number } }>({
        index: lines,
        size: 1000,
        query: { term: { 'agent.id': 'web-1' } },
        sort: [{ 'deadair.offset': 'asc' }],
      });
      assert.deepEqual(
        found.hits.hits.map(hit => hit._source!.deadair.offset),
        Array.from({ length: 60 }, (_, n) => n * each),
      );

      // What comes to the one that stands by is judged by the one that leads.
      const fault = (agent: string) => {
        const now = () => new Date().toISOString();
        const words =
          `${now()} ERROR cannot connect to db-7:5432: Connection refused (os error 111)\n`.repeat(3);
        return frame(source(agent), bytes(words, 0));
      };
      assert.notEqual(typeof (await send(two, fault('shop-1'))), 'number');
      await until(
        async () => (await incidents(one)).some(found => found.subjects.includes('shop-1')),
        'an incident',
      );
      await until(
        async () => (await incidents(two)).some(found => found.subjects.includes('shop-1')),
        'its record',
      );

      await one.stop();
      await until(async () => (await fetch(`${two.url}/v1/alerts`)).status === 200, 'the other one to lead');
      assert.notEqual(typeof (await send(two, fault('shop-2'))), 'number');
      await until(
        async () => (await incidents(two)).some(found => found.subjects.includes('shop-2')),
        'an incident',
      );
      assert.equal(
        (await incidents(two)).filter(found => found.subjects.includes('shop-1')).length,
        1,
        'what the first one told is not told again',
      );
    });
  });
