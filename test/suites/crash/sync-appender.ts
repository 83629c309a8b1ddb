import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { TestSource } from '../../store/lines.js';

/** Appends one batch after the other and says on standard output what has been acknowledged: `acked LINES`. */
const [directory = ''] = process.argv.slice(2);
const T = Date.UTC(2026, 10, 23, 12);
const store = await openEmbeddedStore({ directory });
const source = new TestSource('synced');
for (let round = 0, lines = 0; round < 24; round++) {
  const batch = Array.from({ length: 100 }, (_, i) => ({
    text: `line ${lines + i} ${'x'.repeat(i)}`,
    time: T + lines + i,
  }));
  await store.append([source.append(batch, { at: T + Math.floor(round / 10) * 86_400_000 })]);
  lines += batch.length;
  process.stdout.write(`acked ${lines}\n`);
  // Sealing makes a day's file, writes it, and empties the hot table; all of it lies between two acknowledgements.
  if (round % 6 === 5) await store.compact();
}
await store.close();
