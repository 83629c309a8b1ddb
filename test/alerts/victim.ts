// A process to be killed: alerts on the real store, told of run 07's incident. Arguments: store directory, webhook URL.
import { createChannels } from '../../src/alerts/channels/create.js';
import { AlertManager } from '../../src/alerts/manager.js';
import { AlertSettings } from '../../src/alerts/settings.js';
import { SystemClock } from '../../src/platform/clock.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { opened } from './fixtures.js';

const [directory, url] = process.argv.slice(2) as [string, string];
const settings = AlertSettings.parse({
  channels: [{ name: 'ops', kind: 'webhook', url }],
  group: { wait: '0s', interval: '0s' },
  retry: { first: '200ms', max: '1s' },
});
const store = await openEmbeddedStore({ directory, readers: 1 });
const manager = new AlertManager({
  documents: store.documents,
  channels: createChannels(settings.channels, { env: {}, sink: process.stderr }),
  settings,
  clock: new SystemClock(),
});
await manager.start();
await manager.handle(opened());
process.stdout.write('recorded\n');
setInterval(() => {}, 1000); // until it is killed
