import { randomBytes } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import type { Mark } from '../../model/finding.js';
import type { Run } from '../../model/run.js';
import { type Clock, SystemClock } from '../../platform/clock.js';
import { type Logger, silentLogger } from '../../platform/logger.js';
import type {
  AppendReceipt,
  ContextPage,
  ContextRequest,
  Gap,
  Histogram,
  HistogramRequest,
  MarksRequest,
  RetentionPolicy,
  RetentionResult,
  SearchPage,
  SearchRequest,
  SharedView,
  ShownAgent,
  SourceAppend,
  SourceState,
  Store,
  StoreStats,
  StoreTally,
  TallyRequest,
} from '../store.js';
import { Announcer } from './announcer.js';
import { BATCH_BYTES, BulkWriter } from './bulk.js';
import type { Capabilities } from './capabilities.js';
import { Committer } from './committer.js';
import { connect } from './connect.js';
import { ElasticsearchDocuments } from './documents.js';
import { asStoreError, itemError } from './errors.js';
import { type GapFilter, readGaps } from './gaps.js';
import { bookOwner, keptElsewhere } from './home/owner.js';
import { KibanaView, showAgents } from './kibana-view.js';
import { countLines, sizeOnDisk } from './line-totals.js';
import { type IndexNames, indexNames } from './names.js';
import { prepare } from './open.js';
import { LineReader } from './reader.js';
import { RunLabels } from './run-labels.js';
import type { ElasticsearchSettings } from './settings.js';
import { SharedCommits } from './shared-commits.js';
import { SourceLedger, sourceState, writerName } from './sources.js';
import { Takeover } from './takeover.js';

export interface ElasticsearchStoreOptions {
  settings: ElasticsearchSettings;
  clock?: Clock;
  logger?: Logger;
  /** 0 ≤ x < 1, for the jitter of repeated requests. */
  random?: () => number;
}

/**
 * Connects to the cluster of the settings and makes sure that it has what Deadair needs.
 * @throws DeadairError `config.invalid`, `unavailable`, `store.version`
 */
export async function openElasticsearchStore(
  options: ElasticsearchStoreOptions,
): Promise<ElasticsearchStore> {
  const client = connect(options.settings);
  try {
    const names = indexNames(options.settings.namespace);
    const has = await prepare(client, names, options.settings.namespace, options.logger ?? silentLogger);
    const store = new ElasticsearchStore(client, names, has, await newestSeq(client, names), options);
    const owner = await bookOwner(store.documents);
    if (owner) throw keptElsewhere(owner);
    await store.documents.finishPlans();
    return store;
  } catch (thrown) {
    await client.close();
    throw thrown;
  }
}

export class ElasticsearchStore implements Store {
  readonly kind = 'elasticsearch';
  readonly batchBytes = BATCH_BYTES;
  readonly documents: ElasticsearchDocuments;
  readonly shared: SharedView;
  private readonly ledger: SourceLedger;
  private readonly committer: Committer;
  private readonly reader: LineReader;
  private readonly runLabels = new RunLabels();
  private readonly announcer: Announcer;

  constructor(
    private readonly client: Client,
    private readonly names: IndexNames,
    readonly capabilities: Capabilities,
    seq: number,
    options: ElasticsearchStoreOptions,
  ) {
    const { settings, clock = new SystemClock(), logger = silentLogger, random = Math.random } = options;
    this.ledger = new SourceLedger(client, names);
    const view = new KibanaView(client, names, logger);
    this.documents = new ElasticsearchDocuments(client, names.documents, async writes => {
      await view.documentsWritten(writes);
    });
    this.committer = new Committer({
      client,
      names,
      bulk: new BulkWriter({ client, clock, random, logger, settings }),
      ledger: this.ledger,
      clock,
      logger,
      seq,
      writer: writerName(randomBytes(4).toString('hex')),
      runOf: this.runLabels.of,
    });
    this.reader = new LineReader({
      client,
      names,
      clock,
      positions: sources => this.positions(sources),
    });
    this.shared = new SharedCommits(client, names, () => this.refresh());
    this.announcer = new Announcer(client, `${names.lines},${names.aside},${names.sources}`, clock, logger);
  }

  async append(appends: SourceAppend[]): Promise<AppendReceipt> {
    const receipt = await this.committer.append(appends);
    this.announcer.stored(receipt);
    return receipt;
  }

  /** What takes over another store's lines (migrate/to-elasticsearch.ts). */
  takeover(): Takeover {
    return new Takeover(this.committer, this.ledger);
  }

  async sources(filter: { host?: string } = {}): Promise<SourceState[]> {
    const entries = await this.ledger.all(filter.host);
    this.ledger.learn(entries);
    return entries.map(({ document }) => sourceState(document));
  }

  gaps(filter: GapFilter = {}): Promise<Gap[]> {
    return readGaps(this.client, this.names.gaps, filter);
  }

  search(request: SearchRequest, abort?: AbortSignal): Promise<SearchPage> {
    return this.reader.search(request, abort);
  }

  histogram(request: HistogramRequest, abort?: AbortSignal): Promise<Histogram> {
    return this.reader.histogram(request, abort);
  }

  tally(request: TallyRequest, abort?: AbortSignal): Promise<StoreTally> {
    return this.reader.tally(request, abort);
  }

  labelRuns(runs: readonly Run[]): void {
    this.runLabels.tell(runs);
  }

  context(request: ContextRequest, abort?: AbortSignal): Promise<ContextPage> {
    return this.reader.context(request, abort);
  }

  marks(request: MarksRequest): Promise<Mark[]> {
    return this.reader.marks(request);
  }

  onAppend(listener: (receipt: AppendReceipt) => void): () => void {
    return this.announcer.listen(listener);
  }

  /** Makes everything stored so far visible to searches, and tells listeners of it. */
  refresh(): Promise<void> {
    return this.announcer.tell();
  }

  /** Writes the agents' present state, for Kibana. @throws DeadairError */
  showAgents(agents: readonly ShownAgent[], now: number): Promise<void> {
    return showAgents(this.client, this.names.agents, agents, now);
  }

  async stats(): Promise<StoreStats> {
    const { lines, aside, sources } = this.names;
    const [counted, bytes] = await Promise.all([
      countLines(this.client, `${lines},${aside},${sources}`),
      sizeOnDisk(this.client, `${lines},${aside}`),
    ]);
    // The cluster's disks are many and not ours: `deadair elasticsearch check` looks at them.
    return { ...counted, bytes, diskFree: null, damaged: [] };
  }

  async retain(policy: RetentionPolicy): Promise<RetentionResult> {
    return lifecycleRetention(policy);
  }

  async close(): Promise<void> {
    await this.committer.close();
    await this.announcer.close();
    await this.client.close();
  }

  private async positions(sources: ReadonlySet<string>): Promise<Map<string, number>> {
    // Read anew: another ingester may have acknowledged more.
    const reply =
      sources.size === 0
        ? undefined
        : await this.client
            .mget<{ state: { position: number } }>({
              index: this.names.sources,
              ids: [...sources],
              _source_includes: ['state.position'],
            })
            .catch(thrown => {
              throw asStoreError(thrown, 'reading positions');
            });
    const positions = new Map<string, number>();
    for (const found of reply?.docs ?? []) {
      if ('error' in found) throw itemError(found.error, this.names.sources, 'reading positions');
      if (found.found && found._source) positions.set(found._id, found._source.state.position);
    }
    return positions;
  }
}

/** The lifecycle that `deadair elasticsearch setup` installed drops old lines; it knows nothing of pinned runs. */
export function lifecycleRetention({ pinned = [] }: RetentionPolicy): RetentionResult {
  if (pinned.length === 0) return { dropped: [] };
  return {
    dropped: [],
    warning: `Elasticsearch drops lines by its own lifecycle, pinned runs (${pinned.length}) too: keep those longer with \`deadair elasticsearch setup --retention\`.`,
  };
}

/** Commits must go on rising although clocks can be set back. */
async function newestSeq(client: Client, names: IndexNames): Promise<number> {
  try {
    await client.indices.refresh({ index: names.sources });
    const reply = await client.search<never, { seq: { value: number | null } }>({
      allow_partial_search_results: false,
      index: names.sources,
      size: 0,
      track_total_hits: false,
      aggs: { seq: { max: { field: 'state.seq' } } },
    });
    return reply.aggregations?.seq.value ?? 0;
  } catch (thrown) {
    throw asStoreError(thrown, 'reading positions');
  }
}
