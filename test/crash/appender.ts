import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { TestSource } from '../store/lines.js';

/**
 * A process made to be killed: appends numbered lines of several sources, each from where the store says it stands,
 * and prints what was acknowledged. Days pass every few rounds, so that sealing, days that are over and retention
 * all happen. Arguments: directory, first day (ms), lines a batch.
 */
const [directory = '', firstDay = '0', size = '400'] = process.argv.slice(2);
const DAY = 86_400_000;
const KEEP_DAYS = 1000;

export function numbered(agent: number, n: number): string {
  return `agent-${agent} line ${String(n).padStart(9, '0')} ${'some text that fills the line '.repeat(2)}`;
}

const WIDTH = Buffer.byteLength(numbered(0, 0)) + 1;
const store = await openEmbeddedStore({ directory });
const states = new Map((await store.sources()).map(state => [state.agent, state.position]));
const sources = Array.from({ length: 5 }, (_, i) => {
  const source = new TestSource(`agent-${i}`);
  source.position = states.get(`agent-${i}`) ?? 0;
  return source;
});
process.stdout.write('opened\n');
for (let round = 0; ; round++) {
  const appends = sources.map((source, agent) => {
    const first = source.position / WIDTH;
    const at = Number(firstDay) + Math.floor(first / (Number(size) * 12)) * DAY;
    const lines = Array.from({ length: Number(size) }, (_, i) => ({
      text: numbered(agent, first + i),
      time: at + first + i,
    }));
    return source.append(lines, { at });
  });
  await Promise.all(
    appends.map(async append => {
      await store.append([append]);
      process.stdout.write(`${append.source.agent} ${append.to}\n`);
    }),
  );
  if (round % 7 === 6) void store.compact();
  if (round % 9 === 8) void store.retain({ maxAgeMs: KEEP_DAYS * DAY });
}
