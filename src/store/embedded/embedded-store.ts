import path from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { DocumentStore } from '../../model/documents.js';
import type { Mark } from '../../model/finding.js';
import { type Clock, SystemClock } from '../../platform/clock.js';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import { type Logger, silentLogger } from '../../platform/logger.js';
import type { WorkerClient } from '../../platform/worker-calls.js';
import { PackedMemory } from '../../records/packed.js';
import type { Tally } from '../../skeletons/tally.js';
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
  SourceAppend,
  SourceState,
  Store,
  StoreStats,
  TallyRequest,
} from '../store.js';
import { encodeBatch } from './batch-body.js';
import { diskFree, diskUse } from './disk.js';
import { EmbeddedDocuments } from './documents.js';
import { type DriverKind, defaultDriver } from './driver.js';
import { lookForDays } from './known-days.js';
import { Maintenance } from './maintenance.js';
import type { EncodedAppend, SealerCalls, WorkerSetup, WriterCalls } from './messages.js';
import { ReaderPool, SLICE_MS } from './reader-pool.js';
import { dayFile } from './schema.js';
import { storeThread } from './threads.js';

export interface EmbeddedStoreOptions {
  directory: string;
  clock?: Clock;
  logger?: Logger;
  /** Opens beside a running service: reads only, takes no lock. */
  readOnly?: boolean;
  /** Most threads that answer queries; default 2. The first starts with the store, others when a query wants them. */
  readers?: number;
  /** Bytes of decompressed text each reader keeps; default 16 MiB. */
  cacheBytes?: number;
  /** ms after which a query is broken off; default 30 s. */
  queryMs?: number;
  /** For tests: ms after which a query is shared out among readers. */
  sliceMs?: number;
  /** For tests: libsql also where Node has SQLite. */
  driver?: DriverKind;
}

/**
 * Opens (and makes, if there is none) the store of a directory.
 * @throws DeadairError `store.locked`, `store.version`, `store.read-only`, `store.full`
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const store = new EmbeddedStore(options);
  try {
    await store.open();
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
  return store;
}

export class EmbeddedStore implements Store {
  readonly kind = 'embedded';
  readonly documents: DocumentStore;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly writer: WorkerClient<WriterCalls> | undefined;
  private readonly sealer: WorkerClient<SealerCalls> | undefined;
  private readonly readers: ReaderPool;
  /** The writer's end of the way to the sealer. */
  private readonly committed: MessagePort | undefined;
  private maintenance: Maintenance | undefined;
  /** Days that went away while no service ran. */
  private gone: { file: string; reason: string }[] = [];
  private readonly listeners = new Set<(receipt: AppendReceipt) => void>();

  constructor(private readonly options: EmbeddedStoreOptions) {
    const { readers = 2, sliceMs = SLICE_MS } = options;
    this.clock = options.clock ?? new SystemClock();
    this.logger = options.logger ?? silentLogger;
    const died = (error: DeadairError) => this.logger.error('store.thread-died', { message: error.message });
    if (!options.readOnly) {
      this.writer = storeThread<WriterCalls>(this.setup('writer'), died);
      const { port1, port2 } = new MessageChannel();
      this.committed = port1;
      this.sealer = storeThread<SealerCalls>({ ...this.setup('sealer'), rows: port2 }, died);
    }
    this.readers = new ReaderPool(this.setup('reader'), readers, sliceMs, died, options.queryMs);
    this.documents = new EmbeddedDocuments(
      () => this.readers.any(),
      () => this.mustWrite(),
    );
  }

  async open(): Promise<void> {
    const { writer, sealer, readers } = this;
    // Writer and first reader start at once, but open their files at their first call: the writer's is first, which takes the
    // lock and makes the files.
    const backlog = await writer?.call('open', []);
    if (writer && sealer && backlog && this.committed) {
      await writer.call('attach', [this.committed], { transfer: [this.committed] });
      const { directory } = this.options;
      this.maintenance = new Maintenance(directory, this.clock, this.logger, writer, sealer, readers);
    }
    const { damaged } = await readers.any().call('stats', []);
    for (const { file, day, reason } of damaged) {
      if (day !== undefined) await this.maintenance?.setAside(day, reason);
      else if (writer) this.logger.error('store.damaged', { file, reason });
    }
    if (writer) {
      this.gone = lookForDays(this.options.directory);
      for (const { file, reason } of this.gone) this.logger.error('store.day-gone', { file, reason });
    }
    if (backlog) this.maintenance?.begin(backlog);
  }

  async append(appends: SourceAppend[]): Promise<AppendReceipt> {
    const writer = this.mustWrite();
    await this.maintenance?.room();
    const memory = new PackedMemory(
      appends.flatMap(({ records }) => (records && !records.packed ? records : [])),
    );
    const encoded = appends.map(append => encodeAppend(append, memory));
    const buffers = new Set<ArrayBuffer>();
    for (const { complete, open } of encoded)
      for (const part of [complete, open]) if (part) buffers.add(part.body.buffer as ArrayBuffer);
    const { receipt, backlog } = await writer
      .call('append', [encoded], { transfer: [...buffers] })
      .catch(thrown => {
        this.maintenance?.appendEnded(thrown);
        throw thrown;
      });
    this.maintenance?.appendEnded();
    this.maintenance?.appended(backlog);
    for (const listener of this.listeners) listener(receipt);
    return receipt;
  }

  sources(filter: { host?: string } = {}): Promise<SourceState[]> {
    return this.readers.any().call('sources', [filter.host]);
  }

  gaps(filter: { source?: string; agent?: string; from?: number; to?: number } = {}): Promise<Gap[]> {
    return this.readers.any().call('gaps', [filter]);
  }

  search(request: SearchRequest, abort?: AbortSignal): Promise<SearchPage> {
    return this.readers.search(request, abort);
  }

  histogram(request: HistogramRequest, abort?: AbortSignal): Promise<Histogram> {
    return this.readers.histogram(request, abort);
  }

  tally(request: TallyRequest, abort?: AbortSignal): Promise<Tally> {
    return this.readers.tally(request, abort);
  }

  context(request: ContextRequest, abort?: AbortSignal): Promise<ContextPage> {
    return this.readers.withReader(reader => reader.call('context', [request], { abort }), abort);
  }

  marks(request: MarksRequest): Promise<Mark[]> {
    return this.readers.any().call('marks', [request]);
  }

  onAppend(listener: (receipt: AppendReceipt) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async stats(): Promise<StoreStats> {
    const { directory } = this.options;
    const [first, ...others] = await Promise.all(this.readers.all().map(reader => reader.call('stats', [])));
    const { lines, rawBytes, oldest, newest } = first!;
    // Each reader knows the damage it met.
    const damaged = new Map(
      [first!, ...others].flatMap(stats => stats.damaged.map(one => [`${one.file} ${one.reason}`, one])),
    );
    for (const { day, reason } of damaged.values())
      if (day !== undefined) await this.maintenance?.setAside(day, reason);
    return {
      lines,
      bytes: diskUse(directory),
      rawBytes,
      oldest,
      newest,
      diskFree: diskFree(directory),
      damaged: [...damaged.values(), ...this.missedOf(damaged)].map(({ file, reason }) => ({ file, reason })),
    };
  }

  /** Why nothing can be stored just now; undefined when all is well. */
  trouble(): DeadairError | undefined {
    return this.maintenance?.trouble;
  }

  /** Kinds of the documents there are: for whoever copies all of them. */
  documentKinds(): Promise<string[]> {
    return this.readers.any().call('documentKinds', []);
  }

  async retain(policy: RetentionPolicy): Promise<RetentionResult> {
    const result = await this.mustMaintain().retain(policy);
    this.gone = lookForDays(this.options.directory);
    return result;
  }

  /** Days that went away while no service ran; what went away since is told by the readers. */
  private missedOf(damaged: ReadonlyMap<string, { file: string }>): { file: string; reason: string }[] {
    const told = new Set([...damaged.values()].map(({ file }) => file));
    return this.gone.filter(({ file }) => !told.has(file));
  }

  /**
   * Seals what is hot and gives back what the files don't need.
   * @param options.repack packs days anew that would gain: those of an older format, those of many small blocks
   * @param options.onDay told before each of those days how many are done, of how many
   */
  compact(options: { repack?: boolean; onDay?: (done: number, of: number) => void } = {}): Promise<void> {
    return this.mustMaintain().compact(options.repack ?? false, options.onDay);
  }

  /** Copies the store as of one moment into an empty directory, while it goes on. */
  backup(target: string): Promise<void> {
    return this.mustMaintain().backup(target);
  }

  /**
   * Reads everything back with its checksums.
   * @param onDay told before each day how many are done, of how many
   * @returns what is wrong, by file; nothing when all is well
   */
  async check(
    onDay: (done: number, of: number) => void = () => {},
  ): Promise<{ file: string; problems: string[] }[]> {
    const report: { file: string; problems: string[] }[] = [];
    const days = await this.readers.any().call('days', []);
    const main = await this.readers.withReader(reader => reader.call('checkMain', []));
    report.push({ file: 'main.db', problems: main });
    for (const [done, { day }] of days.entries()) {
      onDay(done, days.length);
      const problems = await this.readers.withReader(reader => reader.call('check', [day]));
      report.push({ file: `days/${path.basename(dayFile(this.options.directory, day))}`, problems });
    }
    const { damaged } = await this.stats();
    for (const { file, reason } of damaged) report.push({ file, problems: [reason] });
    return report.filter(({ problems }) => problems.length > 0);
  }

  async close(): Promise<void> {
    this.listeners.clear();
    await this.maintenance?.close();
    await this.readers.close();
    await this.sealer?.close();
    await this.writer?.close();
  }

  private setup(role: WorkerSetup['role']): WorkerSetup {
    const { directory, driver = defaultDriver, cacheBytes = DEFAULT_CACHE_BYTES } = this.options;
    return { role, directory, beside: this.options.readOnly ?? false, driver, cacheBytes };
  }

  private mustWrite(): WorkerClient<WriterCalls> {
    if (this.writer) return this.writer;
    throw this.readOnly();
  }

  private mustMaintain(): Maintenance {
    if (this.maintenance) return this.maintenance;
    throw this.readOnly();
  }

  private readOnly(): DeadairError {
    return new DeadairError('store.read-only', 'The store was opened for reading only.', {
      subject: this.options.directory,
    });
  }
}

const DEFAULT_CACHE_BYTES = 16 * 1024 * 1024;

function encodeAppend(append: SourceAppend, memory: PackedMemory): EncodedAppend {
  const { records, ...rest } = append;
  if (!records) return rest;
  const { complete, open } = encodeBatch(records, append.observedAt, append.ingestedAt, memory);
  return { ...rest, base: records.base, ...defined({ complete, open }) };
}
