import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { z } from 'zod';
import { type Doors, openDoors } from '../../src/access/open.js';
import { accessRoutes } from '../../src/access/routes.js';
import { type Route, route } from '../../src/http/route.js';
import { createWebApp, listen, type RunningServer } from '../../src/http/server.js';
import { VirtualClock } from '../../src/platform/clock.js';
import type { Logger } from '../../src/platform/logger.js';
import { MemoryDocuments } from '../alerts/memory-documents.js';

const NOW = Date.UTC(2026, 10, 30, 12);
const DAY = 86_400_000;

/** A route a scope, as the service's are. */
const ROUTES: Route[] = (['collect', 'read', 'write', 'admin'] as const).map(auth =>
  route({
    method: auth === 'read' ? 'get' : 'post',
    path: `/v1/${auth}`,
    summary: auth,
    tag: 'x',
    auth,
    reply: z.object({ by: z.string() }),
    handler: ({ principal }) => ({ by: principal.name }),
  }),
);

describe('the doors of the service', () => {
  let clock: VirtualClock;
  let doors: Doors;
  let server: RunningServer;
  let said: { event: string; fields: Record<string, unknown> }[];
  let refused: number;
  let documents: MemoryDocuments;

  const start = async (ownToken?: string) => {
    doors = await openDoors({ documents, clock, logger: recorder(), ownToken, onRefused: () => refused++ });
    const settings = { bind: '127.0.0.1', port: 0 };
    const routes = [...ROUTES, ...accessRoutes({ ...doors, clock, secure: false })];
    server = await listen(
      createWebApp({ settings, routes, access: doors.access, logger: recorder(), checkReplies: true }),
      settings,
    );
  };
  const recorder = (): Logger => {
    const note = (event: string, fields: Record<string, unknown> = {}) => void said.push({ event, fields });
    return { debug: note, info: note, warn: note, error: note, child: () => recorder() };
  };
  const ask = (path: string, headers: Record<string, string> = {}, body?: unknown, method?: string) =>
    fetch(server.url + path, {
      method: method ?? (path === '/v1/read' || path === '/v1/tokens' ? 'GET' : 'POST'),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const make = async (body: object, by = 'the-own-token') => {
    const reply = await ask('/v1/tokens', bearer(by), body, 'POST');
    assert.equal(reply.status, 201, await reply.clone().text());
    return ((await reply.json()) as { token: string }).token;
  };
  const code = async (reply: Response) => ((await reply.json()) as { error: { code: string } }).error.code;

  beforeEach(() => {
    clock = new VirtualClock(NOW);
    documents = new MemoryDocuments();
    said = [];
    refused = 0;
  });
  afterEach(() => server.stop());

  test('on the loopback nobody is asked for a token', async () => {
    await start();
    for (const path of ['/v1/collect', '/v1/read', '/v1/write', '/v1/admin'])
      assert.deepEqual(await (await ask(path)).json(), { by: 'local' });
  });

  test('with DEADAIR_TOKEN everything asks for it, and it may all', async () => {
    await start('the-own-token');
    for (const path of ['/v1/collect', '/v1/read', '/v1/write', '/v1/admin']) {
      assert.equal((await ask(path)).status, 401);
      assert.deepEqual(await (await ask(path, bearer('the-own-token'))).json(), { by: 'admin' });
    }
  });

  for (const [scope, may] of [
    ['collect', ['/v1/collect']],
    ['read', ['/v1/read']],
    ['write', ['/v1/read', '/v1/write']],
    ['admin', ['/v1/collect', '/v1/read', '/v1/write', '/v1/admin']],
  ] as const)
    test(`a token that may ${scope} may nothing else`, async () => {
      await start('the-own-token');
      const token = await make({ name: 'one', scope });
      for (const path of ['/v1/collect', '/v1/read', '/v1/write', '/v1/admin']) {
        const reply = await ask(path, bearer(token));
        assert.equal(reply.status, (may as readonly string[]).includes(path) ? 200 : 403, path);
        if (reply.status === 403) assert.equal(await code(reply), 'auth.scope');
      }
    });

  test('a token is stored as a hash, listed without what it is made of, and nothing after it was revoked or is over', async () => {
    await start('the-own-token');
    const kept = await make({ name: 'kept', scope: 'read' });
    const gone = await make({ name: 'gone', scope: 'read' });
    const brief = await make({ name: 'brief', scope: 'read', expiresInMs: DAY });
    assert.equal(
      await code(await ask('/v1/tokens', bearer('the-own-token'), { name: 'kept', scope: 'read' }, 'POST')),
      'conflict',
    );
    for (const token of [kept, gone, brief]) assert.ok(!JSON.stringify(documents).includes(token.slice(10)));
    const list = await (await ask('/v1/tokens', bearer('the-own-token'))).text();
    assert.ok(!list.includes(kept.slice(10)) && !list.includes('hash'), list);
    assert.equal((await ask('/v1/tokens/gone', bearer('the-own-token'), undefined, 'DELETE')).status, 204);
    assert.equal((await ask('/v1/read', bearer(gone))).status, 403);
    assert.equal((await ask('/v1/read', bearer(brief))).status, 200);
    clock.advance(DAY);
    assert.equal((await ask('/v1/read', bearer(brief))).status, 403);
    assert.equal((await ask('/v1/read', bearer(kept))).status, 200);
    // As another service on the same store, or this one after a restart, sees it.
    await server.stop();
    await start('the-own-token');
    assert.equal((await ask('/v1/read', bearer(kept))).status, 200);
    assert.equal((await ask('/v1/read', bearer(gone))).status, 403);
  });

  test('the loopback asks for tokens once there is one that can make others, and not before', async () => {
    await start();
    await make({ name: 'reader', scope: 'read' });
    assert.equal((await ask('/v1/admin')).status, 200);
    const admin = await make({ name: 'boss', scope: 'admin' });
    assert.equal((await ask('/v1/admin')).status, 401);
    assert.equal((await ask('/v1/admin', bearer(admin))).status, 200);
  });

  test('wrong tokens are counted, logged once in a while, and answered ever more slowly', async () => {
    await start('the-own-token');
    const wrong = () => ask('/v1/read', bearer('x'.repeat(20)));
    for (let i = 0; i < 3; i++) assert.equal((await wrong()).status, 403);
    let answered = false;
    const slow = wrong().then(reply => {
      answered = true;
      return reply.status;
    });
    while (refused < 4) await new Promise(resolve => setImmediate(resolve));
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(answered, false);
    // The right one is not held back by the wrong ones.
    assert.equal((await ask('/v1/read', bearer('the-own-token'))).status, 200);
    clock.advance(200);
    assert.equal(await slow, 403);
    const told = said.filter(({ event }) => event === 'auth.refused');
    assert.equal(told.length, 1);
    assert.match(String(told[0]!.fields.from), /127\.0\.0\.1/);
    assert.ok(!JSON.stringify(said).includes('xxxxx'));
  });

  test('the page logs in: its cookie no script reads and no other site sends, and it ends with the token or by hand', async () => {
    await start('the-own-token');
    await make({ name: 'reader', scope: 'read' }).then(async token => {
      const reply = await ask('/v1/login', {}, { token });
      assert.deepEqual(await reply.json(), { name: 'reader', scope: 'read' });
      const set = reply.headers.get('set-cookie')!;
      assert.match(set, /HttpOnly/);
      assert.match(set, /SameSite=Strict/);
      assert.ok(!set.includes(token));
      const cookie = set.split(';')[0]!;
      assert.deepEqual(await (await ask('/v1/read', { cookie })).json(), { by: 'reader' });
      assert.equal((await ask('/v1/write', { cookie })).status, 403);
      assert.equal((await ask('/v1/write', { cookie, origin: 'https://evil.example' })).status, 403);
      assert.equal(
        (await ask('/v1/tokens/reader', bearer('the-own-token'), undefined, 'DELETE')).status,
        204,
      );
      assert.equal((await ask('/v1/read', { cookie })).status, 401);
    });
    const reply = await ask('/v1/login', {}, { token: 'the-own-token' });
    const cookie = reply.headers.get('set-cookie')!.split(';')[0]!;
    assert.equal((await ask('/v1/read', { cookie })).status, 200);
    const out = await ask('/v1/logout', { cookie });
    assert.match(out.headers.get('set-cookie')!, /Max-Age=0/);
    assert.equal((await ask('/v1/read', { cookie })).status, 401);
    assert.equal((await ask('/v1/login', {}, { token: 'wrong' })).status, 403);
    for (const odd of [
      'deadair-session=%',
      'deadair-token=%',
      '=;;=',
      `${cookie.split('=')[0]}=${'x'.repeat(4000)}`,
    ])
      assert.equal((await ask('/v1/read', { cookie: odd })).status, 401);
  });

  test('a change of state leaves a line that says who, what, from where', async () => {
    await start('the-own-token');
    await ask('/v1/write', bearer('the-own-token'));
    await ask('/v1/read', bearer('the-own-token'));
    const audits = said.filter(({ event }) => event === 'audit').map(({ fields }) => fields);
    assert.deepEqual(audits, [
      { by: 'admin', method: 'POST', path: '/v1/write', from: audits[0]!.from, status: 200 },
    ]);
  });

  for (const [what, headers, status] of [
    ['a program', {}, 200],
    ['the own page', { 'sec-fetch-site': 'same-origin' }, 200],
    ['a page elsewhere', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['a page of another port or name of this site', { 'sec-fetch-site': 'same-site' }, 403],
    ['an old browser', { origin: 'https://evil.example' }, 403],
    ['a sandboxed frame', { origin: 'null' }, 403],
  ] as const)
    test(`without a token, what changes state is for the loopback's own: ${what}`, async () => {
      await start();
      assert.equal((await ask('/v1/write', headers)).status, status);
    });

  test('what a page elsewhere fetches in silence is refused, a link that is followed is not', async () => {
    await start();
    // fetch sets sec-fetch-mode itself.
    const status = (mode: string) =>
      new Promise(resolve => {
        const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode };
        httpRequest(`${server.url}/v1/read`, { headers }, reply => resolve(reply.resume().statusCode)).end();
      });
    assert.equal(await status('no-cors'), 403);
    assert.equal(await status('navigate'), 200);
  });

  test('a host is the token that began it, and nobody else speaks for it until that one is gone', async () => {
    await start('the-own-token');
    await make({ name: 'one', scope: 'collect', agents: 'agent-*' });
    await make({ name: 'two', scope: 'collect' });
    const one = { name: 'one', scope: 'collect', agents: 'agent-*' } as const;
    const two = { name: 'two', scope: 'collect' } as const;
    await doors.owners.claim(one, 'h1', ['agent-1']);
    assert.deepEqual(doors.owners.bounds(one), { hosts: ['h1'], agents: 'agent-*' });
    await assert.rejects(doors.owners.claim(one, 'h1', ['controller']), { code: 'auth.scope' });
    await assert.rejects(doors.owners.claim(two, 'h1', []), {
      code: 'auth.scope',
      message: /belongs to the token "one"/,
    });
    await doors.owners.claim({ name: 'admin', scope: 'admin' }, 'h1', []);
    assert.equal(doors.owners.bounds({ name: 'admin', scope: 'admin' }), undefined);
    await doors.tokens.revoke('one');
    await doors.owners.claim(two, 'h1', []);
    assert.deepEqual(doors.owners.bounds(two), { hosts: ['h1'] });
  });
});
