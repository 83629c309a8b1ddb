import { SystemClock } from '../../../src/platform/clock.js';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { TestSource } from '../../store/lines.js';
import { AGENTS, BATCH, BATCHES_A_DAY, DAY, KEEP_DAYS, LINE_BYTES, numbered, START } from './numbered.js';

/**
 * A process made to be killed: appends numbered lines of several sources, each from where the store says it stands,
 * and prints what was acknowledged. A day passes every few batches, so that sealing, days that are over and retention
 * all happen, at once with the appends. Argument: the directory.
 */
const [directory = ''] = process.argv.slice(2);

/** The time of the newest batch: retention goes by it. */
class BatchClock extends SystemClock {
  at = START;
  override now(): number {
    return this.at;
  }
}

const clock = new BatchClock();
const store = await openEmbeddedStore({ directory, clock });
const states = new Map((await store.sources()).map(state => [state.agent, state.position]));
const sources = Array.from({ length: AGENTS }, (_, i) => {
  const source = new TestSource(`agent-${i}`);
  source.position = states.get(`agent-${i}`) ?? 0;
  return source;
});
process.stdout.write('opened\n');
for (let round = 0; ; round++) {
  const appends = sources.map((source, agent) => {
    const first = source.position / LINE_BYTES;
    const at = START + Math.floor(first / (BATCH * BATCHES_A_DAY)) * DAY;
    clock.at = Math.max(clock.at, at);
    const lines = Array.from({ length: BATCH }, (_, i) => ({
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
  if (round % 5 === 4) void store.retain({ maxAgeMs: KEEP_DAYS * DAY });
}
