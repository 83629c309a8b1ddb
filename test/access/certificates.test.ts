import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import express from 'express';
import { createAuthority, issueClient, issueServer } from '../../src/access/certificates.js';
import { listen, type RunningServer } from '../../src/http/server.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { silentLogger } from '../../src/platform/logger.js';
import { readTls, watchTls } from '../../src/service/tls-files.js';

const DAY = 86_400_000;

describe('certificates of deadair tls init', () => {
  const now = Date.now();
  const ca = createAuthority('Deadair CA of test', now, 3650);
  const server = issueServer(ca, ['localhost', '127.0.0.1', '::1', 'controller.example'], now, 397);
  const client = issueClient(ca, 'agent-1', now, 397);
  let folder: string;
  let running: RunningServer;
  const files = () => ({
    cert: path.join(folder, 'server.pem'),
    key: path.join(folder, 'server-key.pem'),
    clientCa: path.join(folder, 'ca.pem'),
    clients: 'required' as const,
  });
  const put = (cert: string, key: string) => {
    writeFileSync(files().key, key);
    writeFileSync(files().cert, cert);
  };
  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-tls-'));
    put(server.cert, server.key);
    writeFileSync(files().clientCa, ca.cert);
    const app = express();
    app.get('/', (_req, res) => void res.send('in'));
    running = await listen(app, { bind: '127.0.0.1', port: 0, tls: readTls(files()) });
  });
  after(async () => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = (options: object, path = '/') =>
    new Promise<{ body: string; serial: string }>((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: running.port, path, agent: false, ...options },
        reply => {
          const { serialNumber } = (
            reply.socket as unknown as { getPeerCertificate(): { serialNumber: string } }
          ).getPeerCertificate();
          let body = '';
          reply.on('data', part => {
            body += part;
          });
          reply.on('end', () => resolve({ body, serial: serialNumber }));
        },
      );
      asked.on('error', reject);
      asked.end();
    });

  test('say who signed them, for whom, and until when', () => {
    const [root, leaf, other] = [ca.cert, server.cert, client.cert].map(text => new X509Certificate(text));
    assert.ok(root!.ca && root!.verify(root!.publicKey));
    for (const issued of [leaf!, other!])
      assert.ok(!issued.ca && issued.checkIssued(root!) && issued.verify(root!.publicKey));
    assert.match(
      leaf!.subjectAltName!,
      /DNS:localhost, IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1, DNS:controller\.example/,
    );
    assert.equal(Math.round((Date.parse(leaf!.validTo) - now) / DAY), 397);
    assert.ok(leaf!.checkHost('controller.example') && !leaf!.checkHost('evil.example'));
  });

  test('let in who has one of the same CA, and nobody else', async () => {
    const own = { ca: ca.cert, cert: client.cert, key: client.key };
    assert.equal((await ask(own)).body, 'in');
    await assert.rejects(ask({ ca: ca.cert }));
    const other = createAuthority('Another CA', now, 30);
    const stranger = issueClient(other, 'agent-1', now, 30);
    await assert.rejects(ask({ ca: ca.cert, cert: stranger.cert, key: stranger.key }));
    await assert.rejects(ask({ ...own, ca: other.cert }), {
      code: /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    });
  });

  test('are taken over while the service runs; a pair that does not fit is not', async () => {
    const clock = new VirtualClock(now);
    const watching = watchTls(files(), clock, silentLogger, material => running.renewTls(material));
    const own = { ca: ca.cert, cert: client.cert, key: client.key };
    const first = (await ask(own)).serial;
    const next = issueServer(ca, ['127.0.0.1'], now, 30);
    writeFileSync(files().key, next.key);
    clock.advance(5000);
    assert.equal((await ask(own)).serial, first);
    writeFileSync(files().cert, next.cert);
    clock.advance(5000);
    assert.equal((await ask(own)).serial, new X509Certificate(next.cert).serialNumber);
    watching.cancel();
  });
});
