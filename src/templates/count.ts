import { defined } from '../platform/defined.js';
import { RowTally } from '../skeletons/row-tally.js';
import type { Store, StoreTally, TallyRequest } from '../store/store.js';

const PAGE = 5000;

/** Counts lines by skeleton in the store itself where it can, else from its pages. */
export async function countPatterns(
  store: Pick<Store, 'search' | 'tally'>,
  request: TallyRequest,
  abort?: AbortSignal,
): Promise<StoreTally> {
  if (store.tally) return store.tally(request, abort);
  const rows = new RowTally(request);
  for (let cursor: string | undefined; ; ) {
    const page = await store.search(
      { ...request, order: 'oldest', limit: PAGE, ...defined({ cursor }) },
      abort,
    );
    for (const row of page.rows) rows.add(row);
    cursor = page.cursor;
    if (cursor === undefined) return rows.result();
  }
}
