import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, it, test } from 'node:test';
import { LocalHostFacts } from '../../collectors/delivery/host-facts.js';
import { parseTcp, type TcpTable } from '../../collectors/delivery/proc.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { setUp } from './bench.js';

test('`deadair collect` follows a pattern from the end, politely, with a token, and says goodbye at SIGTERM', async context => {
  const bench = await setUp(context);
  bench.write('node-1.log', 'old\n');
  bench.write('secret', 'the-token\n');
  const main = path.join(packageRoot, 'dist/src/cli/main.js');
  const child = spawn(
    process.execPath,
    [
      main,
      'collect',
      '--to',
      bench.url,
      '--watch',
      `${bench.directory}/{agent}.log`,
      '--host',
      'test-host',
    ].concat('--from', 'end', '--token-file', bench.file('secret')),
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: bench.directory, env: { ...process.env, DEADAIR_CONFIG: '' } },
  );
  context.after(() => child.kill('SIGKILL'));
  await bench.receiver.until(() => bench.ledger.sources.size === 1, 'the file is announced', 20_000);
  bench.append('node-1.log', 'new\n');
  await bench.has('node-1.log', 'new\n');
  assert.ok(os.getPriority(child.pid!) >= 5, 'it runs nicely');
  assert.ok(bench.receiver.authorizations.has('Bearer the-token'));
  const [source] = bench.ledger.sources.values();
  assert.deepEqual([source?.descriptor.agent, source?.descriptor.host], ['node-1', 'test-host']);
  bench.append('node-1.log', 'last\n');
  child.kill('SIGTERM');
  const [status] = (await once(child, 'exit')) as [number];
  assert.equal(status, 0);
  assert.equal(bench.stored('node-1.log'), 'new\nlast\n');
  assert.deepEqual(bench.ledger.heartbeats.at(-1)?.goodbye, { reason: 'SIGTERM' });
});

test('the process that holds a log open is found by its inode, also when the log was renamed, with its state', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, async context => {
  const bench = await setUp(context);
  const writer = spawn('sh', ['-c', 'exec 3>>agent-1.log; echo ready; read _'], {
    cwd: bench.directory,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  context.after(() => writer.kill('SIGKILL'));
  await once(writer.stdout!, 'data');
  const stat = fs.statSync(bench.file('agent-1.log'), { bigint: true });
  const file = {
    path: bench.file('agent-1.log'),
    inode: String(stat.ino),
    device: String(stat.dev),
    growing: true,
  };
  let now = 0;
  const facts = new LocalHostFacts(() => now);
  const writers = async () => (await facts.processes([file])).get(file.path)?.writers;
  const [found] = (await writers()) ?? [];
  assert.deepEqual([found?.pid, found?.name, found?.state], [writer.pid, 'sh', 'S']);
  assert.ok(Math.abs((found?.startedAt ?? 0) - Date.now()) < 60_000);
  writer.kill('SIGSTOP');
  await stateOf(writer, 'T');
  assert.equal((await writers())?.[0]?.state, 'T');
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  now = 60_000;
  assert.deepEqual(await writers(), []);
});

test('a program that is started anew on the same log between two looks was never gone, and of one that died it is said at once', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, async context => {
  const bench = await setUp(context);
  const start = async () => {
    const child = spawn('sh', ['-c', 'exec 3>>agent-1.log; echo ready; read _'], {
      cwd: bench.directory,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    context.after(() => child.kill('SIGKILL'));
    await once(child.stdout!, 'data');
    return child;
  };
  const end = async (child: ChildProcess) => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const first = await start();
  const stat = fs.statSync(bench.file('agent-1.log'), { bigint: true });
  let now = 0;
  const facts = new LocalHostFacts(() => now);
  const look = async (growing: boolean) => {
    now += 2000;
    const file = {
      path: bench.file('agent-1.log'),
      inode: String(stat.ino),
      device: String(stat.dev),
      growing,
    };
    return (await facts.processes([file])).get(file.path)?.writers.map(({ pid }) => pid);
  };
  assert.deepEqual(await look(true), [first.pid]);
  await end(first);
  const second = await start();
  assert.deepEqual(await look(true), [second.pid], 'started anew');
  await end(second);
  now += 60_000;
  assert.deepEqual(await look(true), [], 'its last words were its last');
  assert.deepEqual(await look(false), []);
});

describe('behind `| tee`', { skip: process.platform === 'linux' ? false : 'needs /proc' }, () => {
  const PIPELINES: { name: string; command: (log: string, program: string) => string }[] = [
    { name: 'prog | tee log', command: (log, program) => `${program} 2>&1 | tee ${log}` },
    {
      name: 'prog | cat | tee log',
      command: (log, program) => `${program} 2>&1 | cat -u | tee ${log}`,
    },
    {
      name: 'a named pipe, as deploy/with-log.sh makes one',
      command: (log, program) => `mkfifo pipe; tee ${log} <pipe & ${program} >pipe 2>&1 & wait`,
    },
    {
      name: 'a shell that goes on after the program',
      command: (log, program) => `(${program}; read _) 2>&1 | tee ${log}`,
    },
  ];
  for (const { name, command } of PIPELINES) {
    it(`${name}: the program is found at the other end of the pipe, stopped and killed`, async context => {
      const bench = await setUp(context);
      const log = bench.file('agent-1.log');
      // a pipe as its input: whoever holds that one is not the program
      const script = `require('net').createServer().listen(0, () => console.log(process.pid)); setInterval(() => {}, 1e6)`;
      const shell = spawn('sh', ['-c', command(log, `"${process.execPath}" -e "${script}"`)], {
        cwd: bench.directory,
        stdio: ['pipe', 'pipe', 'ignore'],
        detached: true,
      });
      context.after(() => {
        if (shell.exitCode === null) process.kill(-shell.pid!, 'SIGKILL');
      });
      const [line] = await once(shell.stdout!, 'data');
      const pid = Number(String(line).trim());
      const stat = fs.statSync(log, { bigint: true });
      const file = { path: log, inode: String(stat.ino), device: String(stat.dev), growing: true };
      let now = 0;
      const facts = new LocalHostFacts(() => now);
      const look = async () => (await facts.processes([file])).get(log);
      const first = await look();
      assert.deepEqual(
        first?.writers.map(one => one.name),
        ['tee'],
      );
      assert.deepEqual(
        first?.programs?.map(one => one.pid),
        [pid],
      );
      process.kill(pid, 'SIGSTOP');
      await stateOf({ pid } as ChildProcess, 'T');
      now += 5000;
      assert.deepEqual(
        (await look())?.programs?.map(one => [one.pid, one.state]),
        [[pid, 'T']],
      );
      process.kill(pid, 'SIGKILL');
      await waitFor(() => !fs.existsSync(`/proc/${pid}/fd/1`));
      now += 5000;
      assert.deepEqual((await look())?.programs, [], 'gone, whatever becomes of tee');
      now += 60_000;
      assert.notEqual((await look())?.programs?.[0]?.pid, pid);
    });
  }

  it('where the program takes connections, whether it has had one, and when it takes no more', async context => {
    const bench = await setUp(context);
    const log = bench.file('agent-1.log');
    const script = `const s = require('net').createServer(() => {}).listen(0, '127.0.0.1', () => console.log(s.address().port)); process.stdin.on('data', () => s.close(console.log('closed')))`;
    const shell = spawn('sh', ['-c', `"${process.execPath}" -e "${script}" | tee ${log}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    context.after(() => process.kill(-shell.pid!, 'SIGKILL'));
    const port = Number(String((await once(shell.stdout!, 'data'))[0]));
    const stat = fs.statSync(log, { bigint: true });
    const file = { path: log, inode: String(stat.ino), device: String(stat.dev), growing: true };
    let now = 0;
    const facts = new LocalHostFacts(() => now);
    const listens = async () => {
      now += 60_000;
      return (await facts.processes([file])).get(log)?.listens;
    };
    assert.deepEqual(await listens(), [{ address: '127.0.0.1', port }]);
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    assert.deepEqual(await listens(), [{ address: '127.0.0.1', port, used: true }]);
    const closed = once(shell.stdout!, 'data');
    shell.stdin!.write('close\n');
    await closed;
    assert.deepEqual(await listens(), []);
    socket.destroy();
  });

  it('are asked of a program once, however many logs it writes', async context => {
    const bench = await setUp(context);
    const files = Array.from({ length: 100 }, (_, i) => bench.file(`agent-${i}.log`));
    const script = `
      for (const file of process.argv.slice(1)) require('fs').openSync(file, 'a');
      require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
    const child = spawn(process.execPath, ['-e', script, ...files]);
    context.after(() => child.kill('SIGKILL'));
    const [line] = await once(child.stdout, 'data');
    const asked = files.map(file => {
      const { ino, dev } = fs.statSync(file, { bigint: true });
      return { path: file, inode: String(ino), device: String(dev), growing: true };
    });
    const facts = new LocalHostFacts();
    await facts.processes(asked);
    const links = context.mock.method(fs, 'readlinkSync').mock;
    const reads = context.mock.method(fs, 'readFileSync').mock;
    const found = await facts.processes(asked);
    assert.equal(facts.left(), false);
    // Each of its descriptors once, and its threads; 100 times that it was before.
    assert.ok(links.callCount() < 300, `${links.callCount()} links were read`);
    assert.ok(reads.callCount() < 100, `${reads.callCount()} files were read`);
    for (const file of files) {
      assert.equal(found.get(file)?.writers[0]?.pid, child.pid);
      assert.deepEqual(found.get(file)?.listens, [{ address: '127.0.0.1', port: Number(String(line)) }]);
    }
  });

  it('a program in another network than the collector’s tells of no ports', {
    skip: canUnshare() ? false : 'needs network namespaces',
  }, async context => {
    const bench = await setUp(context);
    const log = bench.file('agent-1.log');
    const script = `require('net').createServer().listen(7761, () => console.log('listens'))`;
    const child = spawn('unshare', ['-n', process.execPath, '-e', script], {
      stdio: ['ignore', fs.openSync(log, 'a'), 'inherit'],
    });
    context.after(() => child.kill('SIGKILL'));
    await waitFor(() => fs.readFileSync(log, 'utf8').includes('listens'));
    const stat = fs.statSync(log, { bigint: true });
    const file = { path: log, inode: String(stat.ino), device: String(stat.dev), growing: true };
    const found = (await new LocalHostFacts().processes([file])).get(log);
    assert.equal(found?.writers[0]?.pid, child.pid);
    assert.equal(found?.listens, undefined);
  });

  it('whose listening socket it is', async () => {
    const child = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(0, function () { console.log(this.address().port) })`,
    ]);
    const [line] = await once(child.stdout, 'data');
    const port = Number(String(line));
    const facts = new LocalHostFacts();
    await facts.listening([port]);
    await facts.processes([]);
    const [found] = (await facts.listening([port])) ?? [];
    assert.deepEqual([found?.listening, found?.process?.pid], [true, child.pid]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(await facts.listening([port]), [{ port, listening: false }]);
  });
});

function canUnshare(): boolean {
  return spawnSync('unshare', ['-n', 'true']).status === 0;
}

it('addresses of listening sockets are read as the kernel writes them', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1E51 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0 100 0 0 10 0
   1: 0400000A:1E52 0500000A:D431 01 00000000:00000000 00:00000000 00000000     0        0 102 1 0 20 4 30 10 -1
   2: 0400000A:1E53 0500000A:D432 03 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
   3: 00000000000000000000000000000000:1E54 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 104 1 0 100 0 0 10 0
   4: 000000FD000000000000000004000000:1E55 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 105 1 0 100 0 0 10 0
   5: torn`;
  const found: TcpTable = { listeners: [], connected: new Set() };
  parseTcp(table, found);
  assert.deepEqual(found, {
    listeners: [
      { address: '127.0.0.1', port: 7761, inode: '101' },
      { address: '::', port: 7764, inode: '104' },
      { address: 'fd00::4', port: 7765, inode: '105' },
    ],
    connected: new Set([7762]),
  });
});

async function waitFor(isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (isSo()) return;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  throw new Error('it did not come to pass');
}

/** Signals take effect a moment later. */
async function stateOf(child: ChildProcess, wanted: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (fs.readFileSync(`/proc/${child.pid}/stat`, 'utf8').includes(`) ${wanted} `)) return;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  throw new Error(`the process did not reach state ${wanted}`);
}
