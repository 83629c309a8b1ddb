import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, test } from 'node:test';
import { z } from 'zod';
import { openApiPath } from '../../src/http/openapi.js';
import { RawReply, type Route, route } from '../../src/http/route.js';
import { createWebApp, listen, type RunningServer, type WebSettings } from '../../src/http/server.js';
import { DeadairError } from '../../src/platform/errors.js';
import { type Logger, silentLogger } from '../../src/platform/logger.js';

const things = new Map([['a', { name: 'a', size: 1 }]]);
const Thing = z.object({ name: z.string(), size: z.number() });

const routes: Route[] = [
  route({
    method: 'get',
    path: '/api/things/:name',
    summary: 'One thing',
    tag: 'things',
    auth: 'read',
    params: z.object({ name: z.string().max(5) }),
    query: z.strictObject({ factor: z.coerce.number().int().default(1) }),
    reply: Thing,
    handler: ({ params, query }) => {
      const thing = things.get(params.name);
      if (!thing)
        throw new DeadairError('not-found', `There is no thing ${params.name}.`, { subject: 'name' });
      return { name: thing.name, size: thing.size * query.factor };
    },
  }),
  route({
    method: 'post',
    path: '/api/things',
    summary: 'A new thing',
    tag: 'things',
    auth: 'write',
    body: z.strictObject({ name: z.string(), size: z.number().default(3) }),
    reply: Thing,
    status: 201,
    handler: async ({ body }) => body,
  }),
  route({
    method: 'delete',
    path: '/api/things/:name',
    summary: 'Remove a thing',
    tag: 'things',
    auth: 'write',
    params: z.object({ name: z.string() }),
    handler: () => {
      throw new Error('the secret of /etc/shadow');
    },
  }),
  route({
    method: 'get',
    path: '/api/slow',
    summary: 'Takes until nobody wants it any more',
    tag: 'things',
    auth: 'read',
    reply: Thing,
    handler: ({ signal, res }) =>
      new Promise<{ name: string; size: number }>((_, reject) => {
        res.writeProcessing();
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  }),
  route({
    method: 'get',
    path: '/open',
    summary: 'Text for all',
    tag: 'service',
    auth: 'none',
    reply: new RawReply('text/plain', 'A word'),
    handler: ({ res }) => res.type('text/plain').send('open'),
  }),
];

const running: RunningServer[] = [];
after(() => Promise.all(running.map(server => server.stop())));

async function serve(settings: Partial<WebSettings> = {}, logger: Logger = silentLogger): Promise<string> {
  const complete = { bind: '127.0.0.1', port: 0, ...settings };
  const server = await listen(
    createWebApp({ settings: complete, routes, checkReplies: true, logger }),
    complete,
  );
  running.push(server);
  return server.url;
}

async function fails(
  url: string,
  init: RequestInit,
  status: number,
  code: string,
  subject?: string,
): Promise<string> {
  const response = await fetch(url, init);
  const body = (await response.json()) as { error: { code: string; subject?: string; message: string } };
  assert.deepEqual(
    [response.status, body.error.code, body.error.subject],
    [status, code, subject],
    body.error.message,
  );
  return body.error.message;
}

test('parameters, query and body come to the handler checked and typed', async () => {
  const url = await serve();
  assert.deepEqual(await (await fetch(`${url}/api/things/a?factor=4`)).json(), { name: 'a', size: 4 });
  const made = await fetch(`${url}/api/things`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name":"b"}',
  });
  assert.deepEqual([made.status, await made.json()], [201, { name: 'b', size: 3 }]);
});

test('what is wrong with a request is said with a code and the field concerned', async () => {
  const url = await serve();
  const json = { 'content-type': 'application/json' };
  await fails(`${url}/api/things/toolong`, {}, 400, 'request.invalid', 'name');
  await fails(`${url}/api/things/a?factor=x`, {}, 400, 'request.invalid', 'factor');
  const message = await fails(`${url}/api/things/a?facter=2`, {}, 400, 'request.invalid', 'facter');
  assert.match(message, /no query parameter "facter"/);
  await fails(`${url}/api/things/b`, {}, 404, 'not-found', 'name');
  await fails(`${url}/api/nothing`, {}, 404, 'not-found');
  await fails(
    `${url}/api/things`,
    { method: 'POST', headers: json, body: '{"name":' },
    400,
    'request.invalid',
    'body',
  );
  await fails(
    `${url}/api/things`,
    { method: 'POST', headers: json, body: '{}' },
    400,
    'request.invalid',
    'name',
  );
  await fails(
    `${url}/api/things`,
    { method: 'POST', body: 'name=b' },
    415,
    'request.encoding',
    'Content-Type',
  );
});

test('an error that is not ours tells the client nothing of its inside', async () => {
  const url = await serve();
  const message = await fails(`${url}/api/things/a`, { method: 'DELETE' }, 500, 'internal');
  assert.doesNotMatch(message, /shadow/);
});

test('a question whose asker has left is broken off, and is no error in the log', async () => {
  const said: string[] = [];
  const url = await serve({}, { ...silentLogger, error: event => void said.push(event) });
  const leave = new AbortController();
  const { hostname, port } = new URL(url);
  await new Promise<void>(resolve => {
    const request = httpRequest({ hostname, port, path: '/api/slow', signal: leave.signal });
    // It is being worked on.
    request.once('information', () => leave.abort());
    request.once('error', () => resolve());
    request.end();
  });
  // One that fails after it: what is to be said of the one before has been said by then.
  await fails(`${url}/api/things/a`, { method: 'DELETE' }, 500, 'internal');
  assert.deepEqual(said, ['http.failed']);
});

test('without a token a request under a foreign name is refused (DNS rebinding)', async () => {
  const url = new URL(await serve());
  const status = (host: string) =>
    new Promise(resolve => {
      httpRequest({ host: url.hostname, port: url.port, path: '/open', headers: { host } }, response => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
  assert.equal(await status('evil.example:7707'), 401);
  assert.equal(await status('localhost:7707'), 200);
});

test('a taken port is an error that names a way out', async () => {
  const { port } = new URL(await serve());
  await assert.rejects(serve({ port: Number(port) }), { code: 'port.taken', message: /--port/ });
});

test('the description names exactly the routes that are mounted, and their parameters', async () => {
  const url = await serve();
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { parameters: { name: string; in: string; required: boolean }[] }>>;
  };
  const described = Object.entries(document.paths)
    .flatMap(([path, operations]) => Object.keys(operations).map(method => `${method} ${path}`))
    .sort();
  const mounted = [
    ...routes.map(row => `${row.method} ${openApiPath(row.path)}`),
    'get /openapi.json',
  ].sort();
  assert.deepEqual(described, mounted);
  assert.deepEqual(document.paths['/api/things/{name}']?.get?.parameters, [
    { name: 'name', in: 'path', required: true, schema: { type: 'string', maxLength: 5 } },
    {
      name: 'factor',
      in: 'query',
      required: false,
      schema: { type: 'integer', default: 1, minimum: -9007199254740991, maximum: 9007199254740991 },
    },
  ]);
});
