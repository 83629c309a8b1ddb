import { openHomeStore } from '../../../src/store/elasticsearch/home/home-store.js';
import { ElasticsearchSettings } from '../../../src/store/elasticsearch/settings.js';
import { LARGEST_APPEND, NumberedLog } from './numbered-log.js';

// Stores numbered lines until it is killed, from where the book says on; prints a line for each commit that was acknowledged.
const [url, namespace, directory, agents] = process.argv.slice(2) as [string, string, string, string];
const settings = ElasticsearchSettings.parse({
  nodes: [url],
  namespace,
  services: 'one',
  bulkSize: 64 * 1024,
});
const store = await openHomeStore({ settings, directory });
const logs = Array.from({ length: Number(agents) }, (_, i) => new NumberedLog(`agent-${i + 1}`, Infinity));
for (;;) {
  const positions = new Map((await store.sources()).map(state => [state.agent, state.position]));
  for (const log of logs) log.standsAt(positions.get(log.agent) ?? 0);
  try {
    for (;;) {
      // Sometimes few lines, sometimes several bulks of them.
      const size = 1 + Math.floor(Math.random() ** 3 * LARGEST_APPEND);
      await store.append(logs.map(log => log.next(size)));
      for (const log of logs) log.acknowledged();
      process.stdout.write(`${JSON.stringify(logs.map(log => log.sent))}\n`);
    }
  } catch {
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}
