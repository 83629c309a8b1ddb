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

  test('every file it refers to is there, and so is what those import', async () => {
    const seen = new Set<string>();
    const visit = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const response = await get(path);
      assert.equal(response.status, 200, path);
      const type = response.headers.get('content-type') ?? '';
      const text = await response.text();
      if (path.endsWith('.js')) {
        assert.match(type, /javascript/);
        for (const [, name] of text.matchAll(/from ['"](\.[^'"]+)['"]/g))
          await visit(new URL(name!, `http://x${path}`).pathname);
      } else if (path.endsWith('.css')) assert.match(type, /css/);
      else if (path === '/')
        for (const [, name] of text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)) await visit(name!);
    };
    await visit('/');
    assert.ok(seen.has('/page/histogram.js') && seen.has('/page/vendor/uplot.js'), [...seen].join(' '));
  });

  for (const path of [
    '/page/..%2f..%2fpackage.json',
    '/page/main.ts',
    '/page/tsconfig.json',
    '/page/.tsbuildinfo-page',
    '/page/nothing.js',
    '/page/vendor/uPlot.cjs.js',
  ])
    test(`${path} is not served`, async () => {
      assert.equal((await get(path)).status, 404);
    });
});
