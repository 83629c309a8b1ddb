import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../../src/platform/package-root.js';
import { TestNetwork } from '../faults/network.js';
import type { Count, Order } from './receiver-process.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const RATE = 2000;
const SECONDS = 40;
const CATCH_UP_MS = 60_000;
const unavailable = TestNetwork.unavailable();
if (unavailable) console.log(`skipped: ${unavailable}`);

/** When what happens, s after the writer began. The link is down for 20 s, and for 7 more there is no receiver behind it. */
const EVENTS: [at: number, what: (network: TestNetwork, receiver: Host) => unknown][] = [
  [4, network => network.cable('agent', 'down')],
  [15, (_, receiver) => receiver.tell({ do: 'away' })],
  [24, network => network.cable('agent', 'up')],
  [31, (_, receiver) => receiver.tell({ do: 'back' })],
];

test('link down for 20 s and the receiver away while logs rotate: nothing is lost, nothing doubled, no gap', {
  skip: unavailable ?? false,
}, async context => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'deadair-link-'));
  const logs = path.join(folder, 'logs');
  fs.mkdirSync(logs);
  const network = new TestNetwork(`da${process.pid % 10_000}`, `10.88.${(process.pid % 200) + 1}`);
  const children: ChildProcess[] = [];
  context.after(async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    network.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const address = network.addHost('ctl');
  network.addHost('agent');

  const receiver = new Host(
    network.spawn('ctl', [process.execPath, path.join(here, 'receiver-process.js')], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
  );
  children.push(receiver.child);
  await once(receiver.child, 'message');
  const main = path.join(packageRoot, 'dist/src/cli/main.js');
  const log = fs.openSync(path.join(folder, 'collector.log'), 'w');
  children.push(
    network.spawn(
      'agent',
      [process.execPath, main, 'collect', '--to', `http://${address}:7707`, '--watch', logs],
      { stdio: ['ignore', log, log], cwd: folder, env: { ...process.env, DEADAIR_CONFIG: '' } },
    ),
  );
  const writer = fork(path.join(here, '../torture/writer.js'), [
    logs,
    'rename',
    String(RATE),
    String(SECONDS),
  ]);
  children.push(writer);
  const timers = EVENTS.map(([at, what]) => setTimeout(() => void what(network, receiver), at * 1000));
  context.after(() => timers.forEach(clearTimeout));
  const { written } = (await once(writer, 'message'))[0] as { written: number };
  assert.equal(written, RATE * SECONDS);

  let count: Count = { lost: written, doubled: 0, gaps: 0 };
  const deadline = performance.now() + CATCH_UP_MS;
  while (count.lost > 0 && performance.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 1000));
    count = await receiver.tell<Count>({ do: 'count', lines: written });
  }
  // Doubles may come late.
  await new Promise(resolve => setTimeout(resolve, 2000));
  count = await receiver.tell<Count>({ do: 'count', lines: written });
  assert.deepEqual(count, { lost: 0, doubled: 0, gaps: 0 });
  assert.match(fs.readFileSync(path.join(folder, 'collector.log'), 'utf8'), /delivery\.recovered/);
});

/** A child process that answers one order at a time. */
class Host {
  private last: Promise<unknown> = Promise.resolve();

  constructor(readonly child: ChildProcess) {}

  tell<T>(order: Order): Promise<T> {
    const answer = this.last.then(async () => {
      this.child.send(order);
      return (await once(this.child, 'message'))[0] as T;
    });
    this.last = answer;
    return answer;
  }
}
