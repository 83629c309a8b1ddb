import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { test } from 'node:test';
import { Followers } from '../../src/web/api/followers.js';
import { RecordedService } from './recorded-service.js';

test('one address takes its places and not those of the others; a place that is given back is free, once', () => {
  const places = new Followers({ most: 3, mostOfOne: 2 });
  const leave = [places.enter('a'), places.enter('a')];
  assert.throws(() => places.enter('a'), {
    code: 'busy',
    retryAfterSeconds: 10,
    message: /2 clients of a follow/,
  });
  places.enter('b');
  assert.throws(() => places.enter('c'), { code: 'busy', message: /3 clients follow/ });
  leave[0]!();
  leave[0]!();
  places.enter('c');
  assert.throws(() => places.enter('a'), { code: 'busy', message: /3 clients follow/ });
});

test('the 17th tail of one address is told to come back; a query that is wrong takes no place', async () => {
  const service = await RecordedService.start();
  const following: ClientRequest[] = [];
  try {
    const tail = async (query = '') => {
      const asked = request(`${service.server.url}/v1/tail${query}`).end();
      following.push(asked);
      const [response] = (await once(asked, 'response')) as [
        { statusCode: number; headers: Record<string, string> },
      ];
      return response;
    };
    for (let wrong = 0; wrong < 20; wrong++) assert.equal((await tail('?q=(')).statusCode, 400);
    for (let n = 0; n < 16; n++) assert.equal((await tail()).statusCode, 200);
    const refused = await tail();
    assert.equal(refused.statusCode, 429);
    assert.equal(refused.headers['retry-after'], '10');
  } finally {
    for (const one of following) one.destroy();
    await service.stop();
  }
});
