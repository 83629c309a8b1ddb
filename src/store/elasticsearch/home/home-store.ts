import { randomBytes } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import type { Mark } from '../../../model/finding.js';
import type { Run } from '../../../model/run.js';
import { type Clock, SystemClock } from '../../../platform/clock.js';
import { DeadairError } from '../../../platform/errors.js';
import { silentLogger } from '../../../platform/logger.js';
import { openEmbeddedStore } from '../../embedded/embedded-store.js';
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
  ShownAgent,
  SourceAppend,
  SourceState,
  Store,
  StoreStats,
  StoreTally,
  TallyRequest,
} from '../../store.js';
import { BATCH_BYTES, BulkWriter } from '../bulk.js';
import { COMMITS_AT_ONCE, Committer } from '../committer.js';
import { connect } from '../connect.js';
import { ElasticsearchDocuments } from '../documents.js';
import { type ElasticsearchStoreOptions, lifecycleRetention } from '../elasticsearch-store.js';
import { asStoreError } from '../errors.js';
import type { GapFilter } from '../gaps.js';
import { KibanaView, showAgents } from '../kibana-view.js';
import { type IndexNames, indexNames } from '../names.js';
import { prepare } from '../open.js';
import { LineReader } from '../reader.js';
import { RunLabels } from '../run-labels.js';
import { writerName } from '../sources.js';
import { Takeover } from '../takeover.js';
import { begin, ownBook, stillCounts } from './begin.js';
import { Book } from './book.js';
import { HomeDocuments } from './documents.js';
import { Link } from './link.js';
import { LiveLines } from './live-lines.js';
import { Totals } from './totals.js';

export interface HomeStoreOptions extends ElasticsearchStoreOptions {
  /** Where the book lies. */
  directory: string;
}

/** What is kept at home: an embedded store without lines. */
type Home = Pick<Store, 'documents' | 'trouble' | 'close'>;

/** Nobody needs lines younger than this; a live tail has them anyway. */
const SEEN_MS = 1000;
/** How often old entries of the book are looked for. */
const TIDY_MS = 60_000;

/**
 * Opens the book of a directory, and goes for Elasticsearch in the background. The first time ever Elasticsearch must answer, since
 * what it knows of the time before is taken over.
 * @throws DeadairError `store.locked`, `config.invalid`; at the first time `unavailable`, `conflict`
 */
export async function openHomeStore(options: HomeStoreOptions): Promise<HomeStore> {
  const { settings, directory, clock = new SystemClock(), logger = silentLogger } = options;
  const client = connect(settings);
  const home = await openEmbeddedStore({ directory, clock, logger, readers: 1 }).catch(async thrown => {
    await client.close();
    throw thrown;
  });
  let store: HomeStore | undefined;
  try {
    const own = await ownBook({
      here: home.documents,
      namespace: settings.namespace,
      now: () => clock.now(),
    });
    store = new HomeStore(client, home, await Book.open(home.documents), options);
    await store.start();
    if (!own.begun) store.mustBeReachable();
    return store;
  } catch (thrown) {
    if (store) await store.close();
    else {
      await home.close();
      await client.close();
    }
    throw thrown;
  }
}

/**
 * Elasticsearch for lines, the embedded store of the data directory for everything else: docs/architecture/store-elasticsearch-home.md.
 */
export class HomeStore implements Store {
  readonly kind = 'elasticsearch';
  readonly batchBytes = BATCH_BYTES;
  readonly appendsAtOnce = COMMITS_AT_ONCE;
  readonly documents: HomeDocuments;
  private readonly names: IndexNames;
  private readonly clock: Clock;
  private readonly committer: Committer;
  private readonly reader: LineReader;
  private readonly runLabels = new RunLabels();
  private readonly link: Link;
  private readonly live: LiveLines;
  private readonly totals: Totals;
  private readonly listeners = new Set<(receipt: AppendReceipt) => void>();
  private tidiedAt: number;
  /** The newest commit that can be searched, and since when. */
  private seenSeq = -1;
  private seenAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly client: Client,
    private readonly home: Home,
    private readonly book: Book,
    {
      settings,
      directory,
      clock = new SystemClock(),
      logger = silentLogger,
      random = Math.random,
    }: HomeStoreOptions,
  ) {
    const names = indexNames(settings.namespace);
    this.names = names;
    this.clock = clock;
    this.tidiedAt = clock.monotonic();
    const now = () => clock.now();
    const view = new KibanaView(client, names, logger);
    const there = new ElasticsearchDocuments(client, names.documents, async () => {});
    this.link = new Link({
      clock,
      logger,
      greet: async () => {
        await prepare(client, names, settings.namespace, logger);
        const here = home.documents;
        await begin({ client, names, namespace: settings.namespace, directory, there, here, book, now });
      },
      ping: async () => {
        if (!(await stillCounts({ there, here: home.documents })))
          throw new DeadairError('unavailable', 'Elasticsearch knows this book no more; it is asked again.');
      },
      onUp: () => {
        this.committer.goOnAfter(this.book.newest);
        this.totals.forget();
        void this.documents.catchUp();
      },
    });
    this.documents = new HomeDocuments(home.documents, view, () => this.link.away === undefined, now, logger);
    this.live = new LiveLines(
      () => book.openLines(),
      () => this.committer.newest,
    );
    this.committer = new Committer({
      client,
      names,
      bulk: new BulkWriter({ client, clock, random, logger, settings }),
      ledger: book,
      clock,
      logger,
      seq: book.newest,
      writer: writerName(randomBytes(4).toString('hex')),
      runOf: this.runLabels.of,
      onStored: (lines, from, to) => this.live.stored(lines, from, to),
    });
    this.reader = new LineReader({
      client,
      names,
      clock,
      openLines: () => book.openLines(),
      positions: async sources => new Map([...sources].map(id => [id, book.position(id) ?? Infinity])),
    });
    this.totals = new Totals(client, names, clock);
  }

  /** Resolves after the first attempt to reach Elasticsearch, however it ended. */
  start(): Promise<void> {
    return this.link.start();
  }

  /** @throws DeadairError `unavailable`, `conflict` */
  mustBeReachable(): void {
    this.link.must();
  }

  async append(appends: SourceAppend[]): Promise<AppendReceipt> {
    this.link.must();
    let receipt: AppendReceipt;
    try {
      receipt = await this.committer.append(appends);
    } catch (thrown) {
      this.link.failed(thrown);
      throw thrown;
    }
    this.totals.add(appends, receipt.lines);
    for (const listener of [...this.listeners]) listener(receipt);
    return receipt;
  }

  /** What takes over another store's lines (migrate.ts). */
  takeover(): Takeover {
    return new Takeover(this.committer, this.book);
  }

  async sources({ host }: { host?: string } = {}): Promise<SourceState[]> {
    return this.book.sources(host);
  }

  async gaps(filter: GapFilter = {}): Promise<Gap[]> {
    return this.book.gaps(filter);
  }

  async search(request: SearchRequest, abort?: AbortSignal): Promise<SearchPage> {
    const live = this.live.search(request);
    if (live) return live;
    // A further page goes on in what the first one saw.
    if (request.cursor === undefined) await this.visible();
    else this.link.must();
    return this.reader.search(request, abort);
  }

  async histogram(request: HistogramRequest, abort?: AbortSignal): Promise<Histogram> {
    await this.visible();
    return this.reader.histogram(request, abort);
  }

  async tally(request: TallyRequest, abort?: AbortSignal): Promise<StoreTally> {
    await this.visible();
    return this.reader.tally(request, abort);
  }

  labelRuns(runs: readonly Run[]): void {
    this.runLabels.tell(runs);
  }

  async context(request: ContextRequest, abort?: AbortSignal): Promise<ContextPage> {
    await this.visible();
    return this.reader.context(request, abort);
  }

  /** The newest are at home, those up to the horizon in Elasticsearch. */
  async marks(request: MarksRequest): Promise<Mark[]> {
    const { horizon } = this.book.marks;
    const { afterSeq = -1, limit } = request;
    if (afterSeq >= horizon) return this.book.marks.read(request);
    this.link.must();
    const old = await this.reader.marks(request, horizon);
    if (old.length >= limit) return this.acknowledged(old);
    const more = await this.book.marks.read({ ...request, limit: limit - old.length });
    return [...this.acknowledged(old), ...more];
  }

  onAppend(listener: (receipt: AppendReceipt) => void): () => void {
    this.listeners.add(listener);
    this.live.follow();
    return () => {
      if (this.listeners.delete(listener)) this.live.leave();
    };
  }

  /** Makes everything stored so far visible to searches. @throws DeadairError */
  async refresh(): Promise<void> {
    try {
      const index = `${this.names.lines},${this.names.aside}`;
      await this.client.indices.refresh({ index, ignore_unavailable: true });
    } catch (thrown) {
      throw asStoreError(thrown, 'making lines visible');
    }
  }

  async showAgents(agents: readonly ShownAgent[], now: number): Promise<void> {
    if (this.link.away === undefined) await showAgents(this.client, this.names.agents, agents, now);
  }

  async stats(): Promise<StoreStats> {
    const counted = await this.totals.read(this.link.away === undefined);
    // The cluster's disks are many and not ours: `deadair elasticsearch check` looks at them.
    return { ...counted, lines: counted.lines + this.book.openLines().length, diskFree: null, damaged: [] };
  }

  trouble(): DeadairError | undefined {
    return this.home.trouble?.() ?? this.link.trouble;
  }

  away(): { since: number; why: string } | undefined {
    return this.link.away;
  }

  async retain(policy: RetentionPolicy): Promise<RetentionResult> {
    const now = this.clock.monotonic();
    if (now - this.tidiedAt >= TIDY_MS) {
      this.tidiedAt = now;
      await this.book.tidy(this.clock.now());
    }
    return lifecycleRetention(policy);
  }

  async close(): Promise<void> {
    await this.committer.close();
    await this.documents.idle();
    await this.link.close();
    await this.client.close();
    await this.home.close();
  }

  /**
   * Who asks sees what was stored, a second ago at the latest. Elasticsearch itself makes lines visible while somebody searches (the
   * template's `search.idle.after`): each time costs it more than storing a thousand lines.
   */
  private async visible(): Promise<void> {
    this.link.must();
    const now = this.clock.monotonic();
    if (this.committer.newest === this.seenSeq || now - this.seenAt < SEEN_MS) return;
    this.seenSeq = this.committer.newest;
    this.seenAt = now;
    await this.refresh();
  }

  /** What an attempt that broke off had stored counts under the commit that acknowledged it, here or at home. */
  private acknowledged(marks: Mark[]): Mark[] {
    const { marks: own } = this.book;
    return marks
      .filter(mark => !own.has(mark))
      .map(mark => {
        const { recovered = [] } = this.book.get(mark.source)?.document.state ?? {};
        const taken = recovered.find(
          one => one.seq === mark.seq && mark.offset >= one.from && mark.offset < one.to,
        );
        return taken ? { ...mark, seq: taken.at } : mark;
      })
      .sort((a, b) => a.seq - b.seq);
  }
}
