import { createInterface } from 'node:readline';
import { openElasticsearchStore } from '../../../src/store/elasticsearch/elasticsearch-store.js';
import { openHomeStore } from '../../../src/store/elasticsearch/home/home-store.js';
import { ElasticsearchSettings } from '../../../src/store/elasticsearch/settings.js';
import { LARGEST_APPEND, NumberedLog } from './numbered-log.js';
import type { Told, Work } from './storing-process.js';

// Stores numbered lines until it is killed, or all of them are stored, from where the book says on; a line on stdout for each commit
// that was acknowledged. A line on stdin says how many lines of each log may be stored. Two commits are under way at once.
const work = JSON.parse(process.argv[2]!) as Work;
const settings = ElasticsearchSettings.parse(work.settings);
const store =
  work.directory === undefined
    ? await openElasticsearchStore({ settings })
    : await openHomeStore({ settings, directory: work.directory });
const logs = work.agents.map(n => new NumberedLog(`agent-${n}`, work.lines ?? Number.POSITIVE_INFINITY));
let upTo = work.upTo ?? Number.POSITIVE_INFINITY;
const waiting: (() => void)[] = [];
const allowances = createInterface(process.stdin);
allowances.on('line', line => {
  upTo = Number(line);
  for (const wake of waiting.splice(0)) wake();
});

const tell = (news: Told) => process.stdout.write(`${JSON.stringify(news)}\n`);
/** Where nothing else is asked for sometimes few lines, sometimes several bulks of them. */
const size = () => work.size ?? 1 + Math.floor(Math.random() ** 3 * LARGEST_APPEND);

/** After a refusal nothing is known: positions are asked for, and sending goes on from there, as collectors do. */
async function keep(some: NumberedLog[]): Promise<void> {
  for (;;)
    try {
      const positions = new Map((await store.sources()).map(state => [state.agent, state.position]));
      for (const log of some) log.standsAt(positions.get(log.agent) ?? 0);
      while (some.some(log => !log.done)) {
        const ready = some.filter(log => !log.done && log.sent < upTo);
        if (ready.length === 0) await new Promise<void>(resolve => waiting.push(resolve));
        else {
          await store.append(ready.map(log => log.next(Math.min(size(), upTo - log.sent))));
          for (const log of ready) log.acknowledged();
          tell({ stored: ready.map(log => [log.agent, log.sent]) });
        }
      }
      return;
    } catch (thrown) {
      tell({ refused: thrown instanceof Error ? thrown.message : String(thrown) });
      await new Promise(resolve => setTimeout(resolve, 200 + Math.random() * 300));
    }
}

const half = Math.ceil(logs.length / 2);
await Promise.all([keep(logs.slice(0, half)), keep(logs.slice(half))]);
await store.close();
allowances.close();
process.stdin.destroy();
