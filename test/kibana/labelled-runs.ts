import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LogRow } from '../../src/model/log-row.js';
import type { Run } from '../../src/model/run.js';
import { parseQuery } from '../../src/query/parser.js';
import { RunLabels } from '../../src/store/elasticsearch/run-labels.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import type { SourceAppend, Store } from '../../src/store/store.js';
import { storeRecordedRuns } from '../report/recorded-run.js';

/** The lines of recorded runs, without Elasticsearch, and by their ids the run that was known when each came. */
export async function labelledRuns(
  names: readonly string[],
): Promise<{ rows: LogRow[]; runOf: Map<string, Pick<Run, 'id' | 'name'>> }> {
  const labels = new RunLabels();
  const runOf = new Map<string, Pick<Run, 'id' | 'name'>>();
  const directory = mkdtempSync(path.join(tmpdir(), 'deadair-kibana-'));
  const embedded = await openEmbeddedStore({ directory, readers: 1 });
  const heard: Store = Object.create(embedded, {
    labelRuns: { value: (runs: readonly Run[]) => labels.tell(runs) },
    append: {
      value: (appends: SourceAppend[]) => {
        for (const { source, records } of appends)
          for (let i = 0; i < (records?.count ?? 0); i++) {
            const run = labels.of(source.agent, records!.times[i]!);
            if (run) runOf.set(`${source.id}:${records!.base + records!.starts[i]!}`, run);
          }
        return embedded.append(appends);
      },
    },
  });
  const { store, close } = await storeRecordedRuns(names, heard);
  const { rows } = await store.search({ query: parseQuery(''), order: 'oldest', limit: 100_000 });
  await close();
  rmSync(directory, { recursive: true, force: true });
  return { rows, runOf };
}
