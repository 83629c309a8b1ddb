import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { RecordedService } from './recorded-service.js';

describe('the page as it is served', () => {
  let service: RecordedService;
  before(async () => {
    service = await RecordedService.start({ token: 'secret' });
  });
  after(() => service.stop());
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(service.server.url + path, { headers });

  test('it comes without a token, what it asks does not', async () => {
    assert.equal((await get('/')).status, 200);
    assert.equal((await get('/v1/status')).status, 401);
    assert.equal((await get('/v1/status', { authorization: 'Bearer wrong' })).status, 403);
    assert.equal((await get('/v1/status', { authorization: 'Bearer secret' })).status, 200);
    assert.equal((await get('/v1/tail')).status, 401);
  });

  test('it may load and ask nothing but its own server, and run nothing inline', async () => {
    const response = await get('/');
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self'(;|$)/);
    assert.match(policy, /style-src 'self'(;|$)/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    const html = await response.text();
    assert.doesNotMatch(html, /<script(?![^>]* src=)|<style| style=| on[a-z]+=/i);
  });

  test('every file it refers to is there, for ever, and compressed for who takes it', async () => {
    const html = await (await get('/')).text();
    const names = [...html.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, name]) => name!);
    assert.deepEqual(names.map(name => name.replace(/-[a-z0-9]{8}/, '').slice(6)).sort(), [
      'icon.svg',
      'main.js',
      'page.css',
    ]);
    for (const name of names) {
      const plain = await get(name, { 'accept-encoding': 'identity' });
      assert.equal(plain.status, 200, name);
      assert.match(plain.headers.get('cache-control') ?? '', /immutable/);
      assert.match(plain.headers.get('content-type') ?? '', /javascript|css|svg/);
      const text = await plain.text();
      for (const encoding of ['br', 'gzip']) {
        const packed = await get(name, { 'accept-encoding': encoding });
        assert.equal(packed.headers.get('content-encoding'), encoding);
        assert.match(packed.headers.get('vary') ?? '', /accept-encoding/i);
        assert.equal(await packed.text(), text);
      }
    }
  });

  test('replies are compressed, an address without an answer is an error in JSON', async () => {
    const reply = await get('/openapi.json', { 'accept-encoding': 'gzip' });
    assert.equal(reply.headers.get('content-encoding'), 'gzip');
    assert.equal(((await reply.json()) as { openapi: string }).openapi, '3.1.0');
    const wrong = await get('/page/main-00000000.js');
    assert.equal(wrong.status, 404);
    assert.match(wrong.headers.get('content-type') ?? '', /json/);
    assert.equal(wrong.headers.get('content-encoding'), null);
  });

  for (const path of [
    '/page/..%2f..%2fpackage.json',
    '/page/main.ts',
    '/page/tsconfig.json',
    '/page/.tsbuildinfo-page',
    '/page/nothing.js',
    '/page/index.html',
    '/page/main-ymt7ywg7.js.br',
  ])
    test(`${path} is not served`, async () => {
      assert.equal((await get(path)).status, 404);
    });
});
