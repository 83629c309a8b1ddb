import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readBytes } from '../../../collectors/file/view.js';
import { HostConnection, type HostError } from '../../../collectors/sftp/connection.js';
import { ExecView } from '../../../collectors/sftp/exec-view.js';
import { SftpView } from '../../../collectors/sftp/sftp-view.js';
import { SystemClock } from '../../../src/platform/clock.js';
import { options, TestSshd } from './server.js';

const timing = { callSeconds: 2, connectSeconds: 3, keepaliveSeconds: 1 };

for (const [name, makeView] of [
  ['sftp', (connection: HostConnection) => new SftpView(connection)],
  ['shell commands', (connection: HostConnection) => new ExecView(connection)],
] as const) {
  describe(`a remote host's files over ${name}`, options, () => {
    const server = new TestSshd();
    let connection: HostConnection;
    let view: SftpView | ExecView;
    before(async () => {
      await server.start();
      connection = new HostConnection(server.host(), timing, new SystemClock());
      view = makeView(connection);
    });
    after(() => {
      connection.close();
      server.kill();
    });
    const file = (base: string): string => path.join(server.logs, base);

    test('are listed with their kinds', async () => {
      writeFileSync(file('agent-1.log'), 'one\n');
      mkdirSync(file('old'));
      writeFileSync(file("it's a name.log"), '');
      symlinkSync(file('agent-1.log'), file('current.log'));
      const names = (await view.list(server.logs)).map(
        entry => `${entry.name}:${entry.kind === 'directory'}`,
      );
      assert.deepEqual(names.sort(), [
        'agent-1.log:false',
        'current.log:false',
        "it's a name.log:false",
        'old:true',
      ]);
    });

    test('have size, kind and time; links are followed', async () => {
      const stat = await view.stat(file('current.log'));
      assert.equal(stat.size, 4);
      assert.equal(stat.kind, 'file');
      assert.ok(Math.abs(stat.mtimeMs - Date.now()) < 60_000);
      assert.equal((await view.stat(file('old'))).kind, 'directory');
    });

    test('are read byte for byte from any position, also many requests long', async () => {
      const content = randomBytes(3_000_017);
      writeFileSync(file('big.log'), content);
      const handle = await view.open(file('big.log'));
      assert.ok((await readBytes(handle, 0, 4_000_000)).equals(content));
      assert.ok((await readBytes(handle, 1_234_567, 40_000)).equals(content.subarray(1_234_567, 1_274_567)));
      assert.equal((await readBytes(handle, content.length, 100)).length, 0);
      await handle.close();
    });

    test('go on being read after a rename, and not what took their name', async () => {
      writeFileSync(file('app.log'), 'before\n');
      const handle = await view.open(file('app.log'));
      renameSync(file('app.log'), file('app.log.1'));
      writeFileSync(file('app.log'), 'somebody else\n');
      appendFileSync(file('app.log.1'), 'after\n');
      assert.equal((await readBytes(handle, 0, 100)).toString(), 'before\nafter\n');
      assert.equal((await handle.stat()).size, 13);
      await handle.close();
    });

    test('that are absent say ENOENT', async () => {
      await assert.rejects(view.stat(file('nothing')), { code: 'ENOENT' });
      await assert.rejects(view.open(file('nothing')), { code: 'ENOENT' });
      await assert.rejects(view.list(file('nothing')), { code: 'ENOENT' });
    });

    test('that may not be read say EACCES', {
      skip: process.getuid?.() === 0 && 'skipped: root may read everything',
    }, async () => {
      writeFileSync(file('secret.log'), 'x');
      chmodSync(file('secret.log'), 0);
      await assert.rejects(view.open(file('secret.log')), { code: 'EACCES' });
    });
  });
}

describe('trouble with a host is named, and nothing waits for ever', options, () => {
  const server = new TestSshd();
  before(() => server.start());
  after(() => server.kill());
  const trouble = async (more: Parameters<TestSshd['host']>[0], expected: string): Promise<string> => {
    const connection = new HostConnection(server.host(more), timing, new SystemClock());
    const error = await new SftpView(connection).list(server.logs).then(
      () => assert.fail('it worked'),
      thrown => thrown as HostError,
    );
    connection.close();
    assert.equal(error.trouble, expected, error.message);
    assert.equal(connection.trouble?.kind, expected);
    return error.message;
  };

  test('a host whose key is not known tells how to pin it', async () => {
    const { fingerprint: _pinned, ...unpinned } = server.host({
      knownHostsFile: path.join(server.folder, 'none'),
    });
    const connection = new HostConnection(unpinned, timing, new SystemClock());
    await assert.rejects(new SftpView(connection).list(server.logs), (thrown: HostError) => {
      assert.equal(thrown.trouble, 'host-key-unknown');
      assert.ok(thrown.message.includes(`fingerprint: ${server.fingerprint()}`), thrown.message);
      assert.match(thrown.message, /ssh-keyscan -p \d+ 127\.0\.0\.1/);
      return true;
    });
    connection.close();
  });

  test('a host with another key than the pinned one is refused', async () => {
    const message = await trouble({ fingerprint: `SHA256:${'A'.repeat(43)}` }, 'host-key-changed');
    assert.match(message, /shows the key SHA256:.* not the pinned/);
  });

  test('a key the host does not accept', async () => {
    await trouble({ privateKeyFile: path.join(server.folder, 'stranger_key') }, 'login-refused');
  });

  test('a key file that is not there', async () => {
    await trouble({ privateKeyFile: '/nowhere/id' }, 'credentials-unreadable');
  });

  test('a port where nobody listens', async () => {
    await trouble({ port: 1 }, 'refused');
  });

  test('a frozen server is given up at the deadline, and used again when it thaws', async () => {
    const connection = new HostConnection(server.host(), timing, new SystemClock());
    const view = new SftpView(connection);
    await view.list(server.logs);
    server.freeze();
    await assert.rejects(view.list(server.logs), (thrown: HostError) =>
      ['no-answer', 'connection-lost'].includes(thrown.trouble),
    );
    assert.ok(connection.trouble);
    server.thaw();
    await view.list(server.logs);
    assert.equal(connection.trouble, undefined);
    connection.close();
  });

  test('a killed server breaks the call at once, and the next one reconnects', async () => {
    const connection = new HostConnection(server.host(), timing, new SystemClock());
    const view = new SftpView(connection);
    const handle = await view.open(path.join(server.folder, 'client_key'));
    server.kill();
    await assert.rejects(readBytes(handle, 0, 10));
    await server.start();
    await assert.rejects(readBytes(handle, 0, 10), { code: 'EBADF' });
    assert.ok((await view.list(server.folder)).length > 0);
    connection.close();
  });
});

test('where sftp is off, shell commands still read', options, async () => {
  const server = new TestSshd({ sftp: false });
  await server.start();
  try {
    const connection = new HostConnection(server.host(), timing, new SystemClock());
    await assert.rejects(
      new SftpView(connection).list(server.logs),
      (thrown: HostError) => thrown.trouble === 'sftp-off',
    );
    assert.deepEqual(await new ExecView(connection).list(server.logs), []);
    connection.close();
  } finally {
    server.kill();
  }
});
