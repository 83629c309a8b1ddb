import path from 'node:path';
import type { TestContext } from 'node:test';
import { CollectSettings } from '../../../collectors/settings.js';
import { Pull } from '../../../collectors/sftp/pull.js';
import { type PullHost, PullSettings } from '../../../collectors/sftp/settings.js';
import { SystemClock } from '../../../src/platform/clock.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { Receiver } from '../../collectors/receiver.js';
import { TestSshd } from './server.js';

/** A real sshd, the service's side, and collectors that pull from the one to the other. */
export interface Scene {
  server: TestSshd;
  receiver: Receiver;
  file(name: string): string;
  stored(name: string): string;
  pull(host?: Partial<PullHost>, others?: PullHost[]): Pull;
}

/** Gone when the test ends. */
export async function scene(context: TestContext, serverOptions: { sftp?: boolean } = {}): Promise<Scene> {
  const server = new TestSshd(serverOptions);
  await server.start();
  const receiver = new Receiver();
  const to = await receiver.listen();
  const pulls: Pull[] = [];
  const alive = setInterval(() => {}, 1000);
  context.after(async () => {
    await Promise.all(pulls.map(pull => pull.stop('test ends')));
    await receiver.close();
    server.kill();
    clearInterval(alive);
  });
  const file = (name: string): string => path.join(server.logs, name);
  return {
    server,
    receiver,
    file,
    stored: name => receiver.ledger.text(file(name)),
    pull(host = {}, others = []) {
      const pull = new Pull(
        PullSettings.parse({
          schedule: '* * * * * *',
          callSeconds: 2,
          connectSeconds: 2,
          keepaliveSeconds: 1,
          hosts: [server.host({ name: 'node1', ...host }), ...others],
        }),
        CollectSettings.parse({ to, partialAfter: '500ms' }),
        new SystemClock(),
        silentLogger,
      );
      pulls.push(pull);
      pull.start();
      return pull;
    },
  };
}
