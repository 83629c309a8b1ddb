import type { Client } from '@elastic/elasticsearch';
import type { LogRow } from '../../model/log-row.js';
import type { Clock } from '../../platform/clock.js';
import type { LineDocument } from './line-document.js';
import type { IndexNames } from './names.js';

/** The most Elasticsearch gives in one page (index.max_result_window). */
export const MAX_ROWS = 10_000;

/** A line as Elasticsearch gives it. */
export interface Hit {
  _id: string;
  _source: LineDocument;
  sort: unknown[];
}

export interface ReaderDeps {
  client: Client;
  names: IndexNames;
  clock: Clock;
  /** Where each of these sources stands: what lies beyond was never acknowledged. */
  positions(sources: ReadonlySet<string>): Promise<Map<string, number>>;
  /** The sources' open lines, where they lie at home and not in Elasticsearch. */
  openLines?: () => LogRow[];
}
