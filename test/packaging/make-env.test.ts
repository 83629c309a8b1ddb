import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';

describe('deploy/make-env.sh', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-env-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, 'deploy'));
  copyFileSync('deploy/make-env.sh', path.join(folder, 'deploy', 'make-env.sh'));
  const file = path.join(folder, '.env');

  const make = (env: Record<string, string>) =>
    new Promise<{ status: number | null; text: string }>((resolve, reject) => {
      const child = spawn('bash', ['deploy/make-env.sh'], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, DEADAIR_LOGS: path.join(folder, 'logs'), ...env },
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
      child.on('error', reject);
      child.on('exit', status => resolve({ status, text }));
    });
  const free = async () => {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { port: String(port), close: () => new Promise(resolve => server.close(resolve)) };
  };

  it('a taken port is said at once, with the variable to change, and nothing is written', async () => {
    const taken = await free();
    const { status, text } = await make({ DEADAIR_PORT: taken.port, COMPOSE_PROFILES: 'embedded' });
    await taken.close();
    assert.equal(status, 1);
    assert.match(text, new RegExp(`port ${taken.port} is taken .*DEADAIR_PORT=PORT`));
    assert.ok(!existsSync(file));
  });

  it('writes the address people know into links, asks nobody where there is no terminal, tells of the wait', async () => {
    const ports = await Promise.all([free(), free(), free()]);
    const [service, elasticsearch, kibana] = ports.map(({ port }) => port) as [string, string, string];
    for (const port of ports) await port.close();
    const { status, text } = await make({
      DEADAIR_PORT: service,
      ES_PORT: elasticsearch,
      KIBANA_PORT: kibana,
      PUBLIC_NAME: 'controller.example',
    });
    assert.equal(status, 0, text);
    assert.match(text, /minutes/);
    assert.doesNotMatch(text, /say localhost/);
    const env = readFileSync(file, 'utf8');
    for (const line of [
      `DEADAIR_PAGE_URL=http://controller.example:${service}`,
      `DEADAIR_PORT=${service}`,
      `DEADAIR_TO=http://127.0.0.1:${service}`,
      `ES_PORT=${elasticsearch}`,
      `KIBANA_PORT=${kibana}`,
      `KIBANA_PUBLIC_URL=http://localhost:${kibana}`,
      'COMPOSE_PROFILES=elastic',
    ])
      assert.ok(env.includes(`${line}\n`), line);
    rmSync(file);
  });

  it('says that links would lead to localhost', async () => {
    const port = await free();
    await port.close();
    const { text } = await make({ DEADAIR_PORT: port.port, COMPOSE_PROFILES: 'embedded' });
    assert.match(text, /Links in alerts say localhost/);
    assert.match(readFileSync(file, 'utf8'), /^COMPOSE_PROFILES=embedded$/m);
  });
});
