import { DeadairError } from '../../platform/errors.js';
import { unpack } from './codec.js';
import type { DayFile } from './day-file.js';
import { asBytes } from './driver.js';

/** Reads everything a day holds, with its checksums, and says what is wrong; empty when nothing is. */
export function checkDay(day: DayFile): string[] {
  const wrong: string[] = [];
  const step = (what: string, read: () => void) => {
    try {
      read();
    } catch (thrown) {
      if (!(thrown instanceof DeadairError)) throw thrown;
      wrong.push(`${what}: ${thrown.message}`);
    }
  };
  step('pages', () => {
    for (const row of day.query('PRAGMA quick_check'))
      if (row.quick_check !== 'ok') wrong.push(`pages: ${row.quick_check}`);
  });
  for (const id of day.query('SELECT id FROM words')) {
    step(`words ${id.id}`, () =>
      unpack(asBytes(day.query('SELECT body FROM words WHERE id = ?', Number(id.id))[0]?.body)),
    );
  }
  for (const entry of day.blocks)
    step(`block ${entry.id}`, () => {
      const unit = day.unit(entry);
      const { chunks } = unit.head();
      unit.columns();
      unpack(asBytes(day.query('SELECT body FROM counts WHERE block = ?', entry.id)[0]?.body));
      chunks.forEach((chunk, index) => {
        const { rawStarts } = unit.chunk(index);
        if (rawStarts[chunk.lines] !== chunk.rawLength)
          throw new DeadairError('store.damaged', `chunk ${index} has not the length it should.`);
      });
      const lines = chunks.reduce((sum, chunk) => sum + chunk.lines, 0);
      if (lines !== entry.lines)
        throw new DeadairError('store.damaged', `it holds ${lines} of ${entry.lines} lines.`);
    });
  return wrong;
}
