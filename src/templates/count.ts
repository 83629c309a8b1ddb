import { LEVELS, SIGNAL_CLASSES } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { displayText } from '../records/text.js';
import { type Tally, TallyMaker } from '../skeletons/tally.js';
import type { Store, TallyRequest } from '../store/store.js';

const PAGE = 5000;

/** Counts lines by skeleton in the store itself where it can, else from its pages. */
export async function countPatterns(
  store: Pick<Store, 'search' | 'tally'>,
  request: TallyRequest,
  abort?: AbortSignal,
): Promise<Tally> {
  if (store.tally) return store.tally(request, abort);
  const maker = new TallyMaker(request.from, request.to);
  const agents: string[] = [];
  const numbers = new Map<string, number>();
  for (let cursor: string | undefined; ; ) {
    const page = await store.search(
      { ...request, order: 'oldest', limit: PAGE, ...defined({ cursor }) },
      abort,
    );
    for (const row of page.rows) {
      let number = numbers.get(row.agent);
      if (number === undefined) {
        number = agents.push(row.agent) - 1;
        numbers.set(row.agent, number);
      }
      const bytes = Buffer.from(displayText(row.raw), 'utf8');
      const level = LEVELS.indexOf(row.level);
      maker.add(
        bytes,
        0,
        bytes.length,
        row.time,
        number,
        level,
        SIGNAL_CLASSES.indexOf(row.class),
        row.flags,
      );
    }
    cursor = page.cursor;
    if (cursor === undefined) return maker.result(at => agents[at]!);
  }
}
