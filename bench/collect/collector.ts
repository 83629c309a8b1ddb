import { createFileCollector } from '../../collectors/collector.js';
import { CollectSettings } from '../../collectors/settings.js';
import { keepYoungGenerationSmall } from '../../src/platform/heap.js';

/** Child process of main.ts: one collector, nothing else; tells what it used. */
keepYoungGenerationSmall();
const collector = createFileCollector(CollectSettings.parse(JSON.parse(process.argv[2]!)));
collector.start();

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send!({
    cpuSeconds: (user + system) / 1e6,
    systemSeconds: system / 1e6,
    rss: process.resourceUsage().maxRSS * 1024,
    status: collector.status(),
  });
});
process.on('disconnect', () => process.exit());
