import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { scene } from './scene.js';
import { options, TestSshd, waitFor } from './server.js';

const lines = (from: number, to: number): string => {
  let text = '';
  for (let i = from; i < to; i++) text += `line ${String(i).padStart(7, '0')} of a log that is pulled\n`;
  return text;
};

test('a growing file, its rotations and a compressed generation arrive once', options, async context => {
  const s = await scene(context);
  fs.writeFileSync(s.file('agent-1.log'), lines(0, 1000));
  s.pull();
  await waitFor(() => s.stored('agent-1.log').length === lines(0, 1000).length, 'the first lines');
  fs.appendFileSync(s.file('agent-1.log'), lines(1000, 2000));
  fs.renameSync(s.file('agent-1.log'), s.file('agent-1.log.1'));
  fs.appendFileSync(s.file('agent-1.log.1'), lines(2000, 2500));
  fs.writeFileSync(s.file('agent-1.log'), lines(2500, 3000));
  await waitFor(() => s.stored('agent-1.log').length >= lines(0, 3000).length, 'the rotated lines');
  fs.writeFileSync(s.file('agent-1.log.2.gz'), gzipSync(fs.readFileSync(s.file('agent-1.log.1'))));
  fs.rmSync(s.file('agent-1.log.1'));
  fs.appendFileSync(s.file('agent-1.log'), lines(3000, 3500));
  await waitFor(() => s.stored('agent-1.log').length >= lines(0, 3500).length, 'the lines after compression');
  assert.equal(s.stored('agent-1.log'), lines(0, 3500));
});

test('copytruncate is recognised without inodes, by content', options, async context => {
  const s = await scene(context);
  fs.writeFileSync(s.file('app.log'), lines(0, 500));
  s.pull();
  await waitFor(() => s.stored('app.log').length === lines(0, 500).length, 'the first lines');
  fs.appendFileSync(s.file('app.log'), lines(500, 700));
  fs.copyFileSync(s.file('app.log'), s.file('app.log.1'));
  fs.truncateSync(s.file('app.log'));
  fs.appendFileSync(s.file('app.log'), lines(700, 900));
  await waitFor(() => s.stored('app.log').length >= lines(0, 900).length, 'both parts');
  assert.equal(
    s.stored('app.log').split('\n').sort().join('\n'),
    lines(0, 900).split('\n').sort().join('\n'),
  );
});

test('a server killed and started again in mid-growth loses and doubles nothing', options, async context => {
  const s = await scene(context);
  fs.writeFileSync(s.file('agent-1.log'), '');
  const pull = s.pull();
  for (let round = 0; round < 4; round++) {
    fs.appendFileSync(s.file('agent-1.log'), lines(round * 1000, round * 1000 + 500));
    s.server.kill();
    await waitFor(() => pull.status()[0]!.trouble, 'the trouble to be seen');
    fs.appendFileSync(s.file('agent-1.log'), lines(round * 1000 + 500, (round + 1) * 1000));
    await s.server.start();
    const whole = lines(0, (round + 1) * 1000);
    await waitFor(
      () => s.stored('agent-1.log').length >= whole.length,
      'everything after the restart',
      60_000,
    );
    assert.equal(s.stored('agent-1.log'), whole);
  }
  assert.equal(pull.status()[0]!.trouble, undefined);
});

test('a frozen server is named, and delays no other host', options, async context => {
  const s = await scene(context);
  const healthy = new TestSshd();
  await healthy.start();
  context.after(() => healthy.kill());
  fs.writeFileSync(s.file('agent-1.log'), lines(0, 10));
  const theirs = path.join(healthy.logs, 'agent-2.log');
  fs.writeFileSync(theirs, '');
  const pull = s.pull({}, [healthy.host({ name: 'node2' })]);
  await waitFor(() => s.stored('agent-1.log') === lines(0, 10), 'the first lines');
  s.server.freeze();
  fs.appendFileSync(s.file('agent-1.log'), lines(10, 20));
  await waitFor(() => pull.status()[0]!.trouble, 'the trouble to be seen');
  assert.ok(['no-answer', 'connection-lost'].includes(pull.status()[0]!.trouble!.kind));
  fs.appendFileSync(theirs, lines(0, 50));
  await waitFor(() => s.receiver.ledger.text(theirs) === lines(0, 50), 'the healthy host');
  assert.ok(pull.status()[0]!.trouble, 'still frozen');
  s.server.thaw();
  await waitFor(() => s.stored('agent-1.log') === lines(0, 20), 'the thawed host', 60_000);
});

test('where sftp is off, everything goes by shell commands', options, async context => {
  const s = await scene(context, { sftp: false });
  fs.writeFileSync(s.file('agent-1.log'), lines(0, 100));
  s.pull();
  await waitFor(() => s.stored('agent-1.log') === lines(0, 100), 'the lines');
  fs.renameSync(s.file('agent-1.log'), s.file('agent-1.log.1'));
  fs.writeFileSync(s.file('agent-1.log'), lines(100, 200));
  await waitFor(() => s.stored('agent-1.log') === lines(0, 200), 'the rotated lines');
});

test(
  'the heartbeat tells who writes the log, when asked for processes, and when the host is out of reach',
  options,
  async context => {
    const s = await scene(context);
    fs.writeFileSync(s.file('agent-1.log'), '');
    const writer = spawn('sh', ['-c', `exec >>${s.file('agent-1.log')}; echo hello; exec sleep 300`], {
      stdio: 'ignore',
    });
    context.after(() => writer.kill('SIGKILL'));
    s.pull({ processes: true });
    const beat = await waitFor(
      () => s.receiver.ledger.heartbeats.find(one => one.files.some(file => file.writers?.length)),
      'a heartbeat with writers',
    );
    assert.equal(beat.host, 'node1');
    assert.deepEqual(beat.agents, ['agent-1']);
    const found = beat.files[0]!.writers![0]!;
    assert.equal(found.pid, writer.pid);
    assert.equal(found.name, 'sleep');
    assert.equal(found.state, 'S');
    assert.ok(beat.diskFree! > 0);
    s.server.kill();
    const troubled = await waitFor(
      () => s.receiver.ledger.heartbeats.find(one => one.trouble),
      'a heartbeat with trouble',
    );
    assert.ok(['refused', 'connection-lost'].includes(troubled.trouble!.kind));
  },
);

test('only new bytes cross the wire: at most 1.05 times what was written', options, async context => {
  const s = await scene(context);
  fs.writeFileSync(s.file('agent-1.log'), lines(0, 20_000));
  const relay = await countingRelay(s.server.port);
  context.after(() => relay.close());
  s.pull({ port: relay.port });
  await waitFor(() => s.stored('agent-1.log').length === lines(0, 20_000).length, 'the first lines');
  const before = relay.bytes();
  const added = lines(20_000, 120_000);
  for (let i = 0; i < 10; i++)
    fs.appendFileSync(s.file('agent-1.log'), lines(20_000 + i * 10_000, 30_000 + i * 10_000));
  await waitFor(() => s.stored('agent-1.log').length === lines(0, 120_000).length, 'the new lines');
  const ratio = (relay.bytes() - before) / added.length;
  assert.ok(ratio <= 1.05, `${ratio.toFixed(3)} bytes over the wire for each new one`);
});

async function countingRelay(target: number): Promise<{ port: number; bytes(): number; close(): void }> {
  const net = await import('node:net');
  let bytes = 0;
  const server = net.createServer(socket => {
    const upstream = net.connect(target, '127.0.0.1');
    upstream.on('data', chunk => {
      bytes += chunk.length;
    });
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    bytes: () => bytes,
    close: () => server.close(),
  };
}
