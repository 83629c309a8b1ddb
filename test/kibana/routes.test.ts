import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWebApp, listen } from '../../src/http/server.js';
import { KibanaLinks } from '../../src/kibana/links.js';
import { kibanaRoutes } from '../../src/kibana/routes.js';
import type { Incident } from '../../src/model/incident.js';
import type { Run } from '../../src/model/run.js';
import { VirtualClock } from '../../src/platform/clock.js';

const T = Date.parse('2026-11-23T12:00:00Z');
const incident = { id: 'I1', subjects: ['agent-3'], startedAt: T, openedAt: T + 5000 } as Incident;
const run = { id: 'R1', name: 'nightly', startedAt: T, agents: ['agent-1', 'agent-3'] } as Run;

async function ask(links: KibanaLinks | undefined, path: string): Promise<{ status: number; text: string }> {
  const clock = new VirtualClock(T + 600_000);
  const routes = kibanaRoutes({ links, incidents: async () => [incident], runs: async () => [run], clock });
  const web = { bind: '127.0.0.1', port: 0 };
  const server = await listen(createWebApp({ settings: web, routes }), web);
  try {
    const response = await fetch(server.url + path);
    return { status: response.status, text: await response.text() };
  } finally {
    await server.stop();
  }
}

const links = new KibanaLinks({ url: 'http://kibana.example' });

for (const [path, expected] of [
  [
    '/v1/kibana/line?id=01JD%3A828&at=2026-11-23T12:00:00Z',
    /#\/context\/deadair-lines\/01JD%3A828\?.*predecessorCount:25/,
  ],
  [
    '/v1/kibana/line?id=01JD%3A828&at=2026-11-23T12:00:00Z&show=file',
    /deadair\.offset%20%3E%3D%200.*sort:!\(!\(deadair\.offset,asc\)\)/,
  ],
  ['/v1/kibana/incident?id=I1', /agent\.id%20:%20\(%22agent-3%22\)/],
  [
    '/v1/kibana/run?id=nightly',
    /view\/deadair-session-run\?.*from:'2026-11-23T11:59:45\.000Z',to:'2026-11-23T12:10:00\.000Z'/,
  ],
] as const)
  test(`the page learns the way into Kibana from ${path.slice(0, 30)}`, async () => {
    const { status, text } = await ask(links, path);
    assert.equal(status, 200, text);
    assert.match((JSON.parse(text) as { url: string }).url, expected);
  });

test('what is not there is said: Kibana, incident, run, a record that is none', async () => {
  assert.match(
    (await ask(undefined, '/v1/kibana/incident?id=I1')).text,
    /No Kibana is known: set alerts\.kibana/,
  );
  assert.equal((await ask(links, '/v1/kibana/incident?id=I2')).status, 404);
  assert.equal((await ask(links, '/v1/kibana/run?id=I2')).status, 404);
  assert.equal((await ask(links, '/v1/kibana/line?id=x&at=2026-11-23T12:00:00Z')).status, 400);
});
