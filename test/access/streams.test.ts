import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import { LOCAL } from '../../src/http/access.js';
import { mountRoutes, RawReply, route } from '../../src/http/route.js';
import { DeadairError } from '../../src/platform/errors.js';

test('a stream of events ends when its asker may no longer: a token revoked, a session over', async () => {
  let allowed = true;
  const app = express();
  const stream = route({
    method: 'get',
    path: '/events',
    summary: 'x',
    tag: 'x',
    auth: 'read',
    reply: new RawReply('text/event-stream', 'events'),
    handler: ({ res }) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: 1\n\n');
    },
  });
  let asked = 0;
  const admit = () => {
    asked++;
    if (allowed) return LOCAL;
    throw new DeadairError('auth.missing', 'over');
  };
  mountRoutes(app, [stream], { access: { open: false, admit }, lookAgainMs: 5 });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const reply = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/events`);
    const reader = reply.body!.getReader();
    assert.match(new TextDecoder().decode((await reader.read()).value), /data: 1/);
    while (asked < 4) await new Promise(resolve => setImmediate(resolve));
    allowed = false;
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    });
  } finally {
    server.close();
  }
});
