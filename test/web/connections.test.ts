import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { limitConnections } from '../../src/http/connections.js';

const MOST = 12;
const OF_ONE = 6;

describe('who only opens connections keeps nobody out', { skip: process.platform !== 'linux' }, () => {
  const server = createServer((_, res) => res.end('ok'));
  const sockets: Socket[] = [];
  let port = 0;
  before(async () => {
    limitConnections(server, MOST, OF_ONE);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });

  async function open(from: string): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  /** @returns what came, '' where the connection was closed instead */
  async function ask(socket: Socket): Promise<string> {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const said = await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return Buffer.isBuffer(said[0]) ? said[0].toString() : '';
  }

  it('half heads give way, the oldest first; whoever has asked stays, and is what fills the limit', async () => {
    const honest = await open('127.0.0.1');
    assert.match(await ask(honest), /200 OK/);
    const half: Socket[] = [];
    for (let i = 0; i < 3 * OF_ONE; i++) {
      const socket = await open('127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nX-');
      half.push(socket);
    }
    // of its own address, too
    assert.match(await ask(await open('127.0.0.1')), /200 OK/);
    assert.match(await ask(honest), /200 OK/);
    // and where several addresses fill the server
    for (const from of ['127.0.0.2', '127.0.0.3', '127.0.0.4'])
      for (let i = 0; i < OF_ONE; i++) half.push(await open(from));
    assert.match(await ask(await open('127.0.0.5')), /200 OK/);
    assert.match(await ask(honest), /200 OK/);
    const there = await new Promise<number>((resolve, reject) =>
      server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
    assert.ok(there <= MOST + 3, `${there}`);
  });

  it('where all have asked, a further one of that address is closed, another address comes in', async () => {
    for (const socket of sockets) socket.destroy();
    for (let i = 0; i < OF_ONE; i++) assert.match(await ask(await open('127.0.0.1')), /200 OK/);
    assert.equal(await ask(await open('127.0.0.1')), '');
    assert.match(await ask(await open('127.0.0.2')), /200 OK/);
  });
});
