import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { FRAME_CONTENT_TYPE } from '../../../src/wire/version.js';
import { beat, frame, RealService, type SourceOf, TOKEN } from './service.js';

/**
 * What was tried against the real service, and stopped it once (THREATS.md): each with the answer it must get, the service alive and
 * its memory bounded afterwards, and nothing of what it acknowledged lost.
 */
const PEAK_MIB = 1024;
const HONEST: SourceOf = { host: 'honest-host', agent: 'honest' };
const JSON_TYPE = { 'content-type': 'application/json' };

describe('abuse of a service with a token', () => {
  const service = new RealService();
  let acknowledged = 0;
  let sent = 0;
  /** An honest line, which must get through whatever went on before. */
  const honest = async () => {
    const line = Buffer.from(`2026-11-30T00:00:00Z INFO honest line ${sent++}\n`);
    const reply = await service.send(HONEST, acknowledged, line);
    assert.equal(reply.status, 200, await reply.clone().text());
    acknowledged += line.length;
  };
  before(() => service.start());
  after(() => {
    service.remove();
  });
  const ends = async () => {
    assert.equal((await service.ask('/healthz', {}, '')).status, 200);
    await honest();
    console.log(`    peak ${service.peak} MiB`);
    assert.ok(service.peak < PEAK_MIB, `${service.peak} MiB`);
  };

  for (const name of ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'])
    test(`a host and an agent called ${name} are names like any other`, async () => {
      assert.equal((await service.post('/v1/heartbeat', beat(name, [name]))).status, 200);
      const reply = await service.send(
        { host: name, agent: name },
        0,
        Buffer.from('ERROR connection timed out\n'),
      );
      assert.equal(reply.status, 200, await reply.clone().text());
      for (const where of ['/metrics', '/v1/status', '/v1/incidents', '/v1/patterns?q=']) {
        const answered = await service.ask(where);
        assert.ok(answered.status < 500, `${where}: ${answered.status}`);
      }
      await ends();
    });

  for (const name of ['a\x1b]0;x\x07', 'a\u009b2J', 'a\0', 'a\u202eb', 'a b', 'a/b', ''])
    test(`a name that steers a terminal is refused: ${JSON.stringify(name)}`, async () => {
      assert.equal((await service.post('/v1/heartbeat', beat(name, []))).status, 400);
      assert.equal((await service.send({ host: 'h', agent: name }, 0, Buffer.from('x\n'))).status, 400);
    });

  for (const observedAt of [1e300, -1e300, 8640000000000001])
    test(`a time that no clock shows is refused: ${observedAt}`, async () => {
      assert.equal(
        (await service.send({ host: 'h', agent: 'times' }, 0, Buffer.from('x\n'), { observedAt })).status,
        400,
      );
      await ends();
    });

  test('a clock that was never set costs no lines, and no view of them', async () => {
    const reply = await service.send({ host: 'h', agent: 'unset' }, 0, Buffer.from('unset clock\n'), {
      observedAt: 1000,
    });
    assert.equal(reply.status, 200);
    assert.deepEqual(await service.lines('agent:unset'), ['unset clock']);
    for (const where of ['/v1/status', '/v1/histogram?from=1h', '/v1/patterns?q='])
      assert.ok((await service.ask(where)).status < 500, where);
  });

  for (const [what, bytes] of [
    ['newlines', Buffer.alloc(60 * 1024 * 1024, '\n')],
    ['one line without end', Buffer.alloc(60 * 1024 * 1024, 'a')],
    ['fault lines', Buffer.alloc(30 * 1024 * 1024, 'ERROR timeout\n')],
  ] as const)
    test(`a request that is small on the wire and large to take in: ${what}`, async () => {
      const source = { host: 'h', agent: what.replaceAll(' ', '-') };
      const reply = await service.send(source, 0, bytes);
      assert.ok([200, 413].includes(reply.status), `${reply.status}`);
      await ends();
    });

  test('a bomb, a coding that is none, and bodies that are none', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    const post = (body: Buffer, coding: string) =>
      service
        .ask('/v1/ranges', {
          method: 'POST',
          headers: { 'content-type': FRAME_CONTENT_TYPE, 'content-encoding': coding },
          body: new Uint8Array(body),
        })
        .then(reply => reply.status);
    assert.equal(await post(bomb, 'gzip'), 413);
    for (const coding of ['constructor', '__proto__', 'toString', 'x'])
      assert.equal(await post(bomb, coding), 415);
    assert.equal(await post(Buffer.from('DAR1'), 'identity'), 400);
    assert.equal(await post(Buffer.from('DAR2xxxxxxxx'), 'identity'), 400);
    await ends();
  });

  test('hundreds of half-sent requests keep no place', async () => {
    const { hostname, port } = new URL(service.url);
    const sockets = Array.from({ length: 260 }, () => {
      const socket = net.connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write(
        `POST /v1/ranges HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: ${FRAME_CONTENT_TYPE}\r\nContent-Length: 100\r\n\r\nx`,
      );
      return socket;
    });
    await new Promise(resolve => setTimeout(resolve, 500));
    await honest();
    const closed = sockets.map(socket => new Promise(resolve => socket.once('close', resolve)));
    await Promise.all(closed);
    await ends();
  });

  test('a dear expression ends when its asker leaves, and keeps nobody waiting', async () => {
    const lines = Buffer.from(`${'a'.repeat(1900)}\n`.repeat(2000));
    assert.equal((await service.send({ host: 'h', agent: 'rx' }, 0, lines)).status, 200);
    const leaving = new AbortController();
    const where = `/v1/search?q=${encodeURIComponent('agent:rx /(a?){30}a{30}!/')}`;
    const dear = [1, 2, 3].map(() => service.ask(where, { signal: leaving.signal }).catch(() => undefined));
    assert.equal((await service.lines('agent:honest')).length > 0, true);
    leaving.abort();
    await Promise.all(dear);
    await ends();
  });

  for (const directory of ['/etc/deadair-x', '/proc/x', '../x', '/tmp/x', 'x/../../y', "x'; DROP"])
    test(`no copy is made where a client says: ${directory}`, async () => {
      assert.equal((await service.post('/v1/backup', { directory })).status, 400);
      await ends();
    });

  test('a token of a collector does nothing but collect, and only for its own hosts', async () => {
    const made = async (body: object) =>
      ((await (await service.post('/v1/tokens', body)).json()) as { token: string }).token;
    const [one, two] = [
      await made({ name: 'one', scope: 'collect' }),
      await made({ name: 'two', scope: 'collect' }),
    ];
    const claim = (host: string, token: string) =>
      service
        .post('/v1/positions', { version: 1, host, collector: 'abuse' }, token)
        .then(reply => reply.status);
    assert.equal(await claim('h-one', one), 200);
    assert.equal(await claim('h-one', two), 403);
    const mine = { host: 'h-one', agent: 'mine' };
    assert.equal((await service.send(mine, 0, Buffer.from('mine\n'), {}, one)).status, 200);
    assert.equal((await service.send(mine, 5, Buffer.from('not mine\n'), {}, two)).status, 403);
    assert.equal((await service.post('/v1/heartbeat', beat('h-one', []), two)).status, 403);
    for (const where of ['/v1/search', '/v1/status', '/v1/export', '/v1/tokens', '/metrics', '/v1/sources'])
      assert.equal((await service.ask(where, {}, one)).status, 403, where);
    assert.equal((await service.post('/v1/backup', { directory: 'x' }, one)).status, 403);
    await ends();
  });

  test('bodies that are small on the wire and large in memory, in every coding and shape: refused, at once', async () => {
    const post = (body: Uint8Array | string, coding?: string) =>
      service
        .ask('/v1/search', {
          method: 'POST',
          headers: { ...JSON_TYPE, ...(coding ? { 'content-encoding': coding } : {}) },
          body: body as BodyInit,
        })
        .then(reply => reply.status);
    const bomb = Buffer.concat([
      Buffer.from('{"q":"'),
      Buffer.alloc(200 * 1024 * 1024, 'a'),
      Buffer.from('"}'),
    ]);
    for (const [coding, packed] of [
      ['gzip', gzipSync(bomb)],
      ['br', brotliCompressSync(bomb, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
      ['deflate', deflateSync(bomb)],
    ] as const)
      assert.equal(await post(new Uint8Array(packed), coding), 413, coding);
    for (const coding of ['gzip, gzip', 'gzip, br', 'x', '__proto__'])
      assert.equal(await post(new Uint8Array(gzipSync('{"q":"a"}')), coding), 415, coding);
    for (const deep of ['['.repeat(4_000_000), `${'{"q":'.repeat(1_000_000)}1${'}'.repeat(1_000_000)}`])
      assert.equal(await post(deep), 400);
    for (const odd of ['{"q":"a","__proto__":{"limit":1}}', '{"q":["a"]}', '{"q":{"toString":1}}'])
      assert.ok([200, 400].includes(await post(odd)), odd);
    await ends();
  });

  test('names of every prototype in queries, fields and paths find nothing and break nothing', async () => {
    for (const name of [
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'hasOwnProperty.__proto__',
    ]) {
      for (const text of [`${name}:x`, `${name}>=5`, `agent:${name}`, `rule:${name}`, `-${name}:"x"`])
        assert.ok((await service.ask(`/v1/search?q=${encodeURIComponent(text)}`)).status < 500, text);
      for (const where of [`/v1/runs/${name}`, `/v1/incidents/${name}`, `/v1/facets?q=*&field=${name}`])
        assert.ok((await service.ask(where)).status < 500, where);
      assert.equal((await service.post(`/v1/agents/${name}-x/retire`, {})).status, 404);
    }
    await ends();
  });

  test('a collector that invents hosts is refused by name at its limit, and takes nobody else their place', async () => {
    const made = await service.post('/v1/tokens', { name: 'inventor', scope: 'collect' });
    const { token } = (await made.json()) as { token: string };
    const claim = (i: number) =>
      service.post('/v1/positions', { version: 1, host: `invented-${i}`, collector: 'abuse' }, token);
    let refused: Response | undefined;
    for (let i = 0; i < 2100 && !refused; i++) {
      const reply = await claim(i);
      if (reply.status === 200) await reply.arrayBuffer();
      else refused = reply;
    }
    assert.equal(refused?.status, 429);
    assert.match(await refused!.text(), /names\.too-many.*|"inventor" has 2000 hosts/);
    await ends();
  });

  test('wrong tokens, odd cookies and foreign pages get in nowhere, and are told of', async () => {
    for (const headers of [
      {},
      { authorization: 'Basic x' },
      { cookie: 'deadair-token=%' },
      { cookie: 'deadair-session=%' },
    ])
      assert.equal((await service.ask('/v1/status', { headers }, '')).status, 401);
    for (let i = 0; i < 5; i++)
      assert.equal((await service.ask('/v1/status', {}, `wrong-token-${i}`)).status, 403);
    assert.match(service.output, /auth\.refused/);
    assert.doesNotMatch(service.output, /wrong-token/);
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }]) {
      const reply = await service.ask('/v1/runs', {
        method: 'POST',
        headers: { ...JSON_TYPE, ...headers },
        body: '{"name":"x"}',
      });
      assert.equal(reply.status, 403);
    }
    const plain = await service.ask('/v1/import', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    });
    assert.equal(plain.status, 415);
    await ends();
  });

  test('files are for its own user alone', () => {
    for (const name of ['', ...readdirSync(service.data, { recursive: true }).map(String)])
      assert.equal(statSync(path.join(service.data, name)).mode & 0o007, 0, name);
  });

  test('the directory taken away: nothing is acknowledged, the state is named; back again it goes on', async () => {
    renameSync(service.data, `${service.data}-away`);
    const reply = await service.send(HONEST, acknowledged, Buffer.from('lost?\n'));
    assert.equal(reply.status, 503);
    await new Promise(resolve => setTimeout(resolve, 2500));
    assert.equal((await service.ask('/healthz', {}, '')).status, 503);
    renameSync(`${service.data}-away`, service.data);
    await new Promise(resolve => setTimeout(resolve, 2500));
    await ends();
  });

  test('SIGHUP reads the settings anew and goes on', async () => {
    const from = service.output.length;
    service.signal('SIGHUP');
    for (let i = 0; i < 200 && !/serves/.test(service.output.slice(from)); i++)
      await new Promise(resolve => setTimeout(resolve, 100));
    service.url = /serves (\S+)/.exec(service.output.slice(from))![1]!.replace(/\x1b\[\d+m/g, '');
    await ends();
  });

  test('kill -9, and an end by SIGTERM: all that was acknowledged is there, once', async () => {
    await service.stop('SIGKILL');
    await service.start();
    await honest();
    const leaving = fetch(`${service.url}/v1/search?q=${encodeURIComponent('agent:rx /(a?){30}a{30}!/')}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    }).catch(() => undefined);
    const { status, ms } = await service.stop();
    assert.equal(status, 0);
    console.log(`    SIGTERM in the middle of a dear query: ${Math.round(ms)} ms`);
    assert.ok(ms < 10_000);
    await leaving;
    await service.start();
    const lines = (await service.lines('agent:honest')).sort();
    assert.equal(lines.length, sent);
    assert.equal(new Set(lines).size, sent);
  });

  test('planted secrets are found nowhere', async () => {
    await service.stop();
    assert.ok(!service.output.includes(TOKEN));
    for (const name of readdirSync(service.data, { recursive: true }).map(String)) {
      const file = path.join(service.data, name);
      if (statSync(file).isFile()) assert.ok(!readFileSync(file).includes(TOKEN), name);
    }
  });
});

describe('abuse of a service without a token', () => {
  const service = new RealService();
  before(() => service.start({}));
  after(() => service.remove());

  test('a page elsewhere can change nothing, nor ask in silence', async () => {
    const cross = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    for (const [where, type] of [
      ['/v1/import', 'text/plain'],
      ['/v1/import', 'application/gzip'],
      ['/v1/ranges', FRAME_CONTENT_TYPE],
      ['/v1/runs', 'application/json'],
      ['/v1/backup', 'application/json'],
    ] as const) {
      const headers = { ...cross, 'content-type': type };
      const reply = await service.ask(where, { method: 'POST', headers, body: '{}' }, '');
      assert.equal(reply.status, 403, `${where} ${type}`);
    }
  });

  test('main.db damaged in many places while it was down: it starts, says which file, and loses nothing that was sealed', async () => {
    const body = brotliCompressSync(frame(HONEST, 0, Buffer.from('one line\n'.repeat(2000))));
    const headers = { 'content-type': FRAME_CONTENT_TYPE, 'content-encoding': 'br' };
    assert.equal((await service.ask('/v1/ranges', { method: 'POST', headers, body }, '')).status, 200);
    await service.stop();
    const file = path.join(service.data, 'main.db');
    const bytes = readFileSync(file);
    for (let i = 0; i < 40; i++)
      bytes.writeUInt8((bytes.readUInt8((i * 7919) % bytes.length) + 1) & 255, (i * 7919) % bytes.length);
    rmSync(file);
    (await import('node:fs')).writeFileSync(file, bytes);
    await service.start({});
    const { store } = (await (await service.ask('/v1/status', {}, '')).json()) as {
      store: { damaged: { file: string }[] };
    };
    if (store.damaged.length > 0) assert.match(store.damaged[0]!.file, /main\.db/);
    const known = (await (
      await service.post('/v1/positions', { version: 1, host: HONEST.host, collector: 'x' }, '')
    ).json()) as {
      sources: { position: number }[];
    };
    const position = known.sources[0]?.position ?? 0;
    const lines = (await (await service.ask('/v1/status', {}, '')).json()) as { store: { lines: number } };
    assert.equal(lines.store.lines, position / 'one line\n'.length);
  });
});
