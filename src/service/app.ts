import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type Doors, openDoors } from '../access/open.js';
import { type HeardBeat, HostRegistry } from '../agents/host-registry.js';
import type { LineSink } from '../alerts/channels/log.js';
import { packFiles, TaughtRules } from '../backtest/taught.js';
import type { Settings } from '../config/settings.js';
import { createWebApp, listen, type RunningServer } from '../http/server.js';
import { CareBook } from '../incidents/live/care-book.js';
import { IncidentWatch } from '../incidents/live/incident-watch.js';
import { WitnessJournal } from '../incidents/live/journal.js';
import { Intake } from '../ingest/intake.js';
import { behindBytes } from '../ingest/ledger.js';
import { LineThread } from '../ingest/line-thread.js';
import type { Clock } from '../platform/clock.js';
import { messageOf } from '../platform/errors.js';
import { isImported, ulid } from '../platform/ids.js';
import type { Logger } from '../platform/logger.js';
import { Metrics } from '../platform/metrics.js';
import { Stops } from '../platform/stops.js';
import { AddressTrier } from '../probe/attempt.js';
import { DEFAULT_PROBES } from '../probe/prober.js';
import { RunBook } from '../runs/book.js';
import { Imports } from '../runs/imported.js';
import { runSpan } from '../runs/span.js';
import { openStore } from '../store/open.js';
import { Retention } from '../store/retention.js';
import type { Store } from '../store/store.js';
import { IncidentContexts } from '../templates/around-incidents.js';
import { Profiles } from '../templates/profiles.js';
import { mountPage } from '../web/page-files.js';
import { apiRoutes, type Parts } from './api.js';
import { createAlerts, createProbes, engineSettings, pageUrl, startJudging } from './judging.js';
import { Lease } from './lease.js';
import { readTls, watchTls } from './tls-files.js';

export interface ServiceDeps {
  settings: Settings;
  clock: Clock;
  logger: Logger;
  /** Where the alert channel `log` writes its lines. */
  sink: LineSink;
  /** Directories a collector in this process follows. */
  watching?: string[];
  /** Told when another ingester has taken the lead although this one never gave it up: it must end now. */
  onOusted?: (leader: string) => void;
  /** Default: the store of the settings. */
  openStore?: () => Promise<Store>;
}

/** How often the store is told which runs there are. */
const RUNS_MS = 1_000;
/** How often profiles of ended runs are made up for. */
const PROFILES_MS = 20_000;

/**
 * Everything that runs on the controller's host, put together. Started in the order data flows backwards (store,
 * alerts, incidents, intake, web), so that nothing comes in before there is somebody to take it; stopped the other
 * way round, so that everything acknowledged is stored and everything stored is judged.
 */
export class Service {
  readonly metrics = new Metrics();
  private readonly stops = new Stops();
  private server: RunningServer | undefined;
  /** For a collector in this process, whatever tokens there are. */
  readonly localToken = randomBytes(32).toString('base64url');

  constructor(private readonly deps: ServiceDeps) {}

  get url(): string {
    return this.server!.url;
  }

  /** @throws DeadairError when the store can't be opened or the port is taken; what was started is stopped again */
  async start(): Promise<void> {
    try {
      await this.startAll();
    } catch (thrown) {
      await this.stop();
      throw thrown;
    }
  }

  /** Safe to call at any time; whatever fails to stop does not keep the rest from it. */
  async stop(): Promise<void> {
    await this.stops.stopAll(this.deps.logger);
  }

  /** One straight line on purpose: what needs what, and what is stopped after what, is read from top to bottom. */
  private async startAll(): Promise<void> {
    const { settings, clock, logger, sink } = this.deps;
    const { metrics, stops } = this;
    const store = await this.openStore();
    let thread: LineThread | undefined;
    const taught = new TaughtRules(settings.detect.packs, settings.data, async files => {
      await thread?.judgeWith(files);
    });
    const packs = taught.all();
    const judging = { settings, store, clock, logger, sink };

    const care = new CareBook(store.documents, clock);
    await care.load();
    const alerts = createAlerts(judging, care);
    let contexts: IncidentContexts | undefined;
    const witnesses = new WitnessJournal(
      path.join(path.resolve(settings.data), 'witnesses'),
      clock,
      logger.child({ stage: 'witnesses' }),
    );
    stops.push('witnesses', () => witnesses.close());
    const watch = new IncidentWatch({
      store,
      settings: engineSettings(settings, packs),
      clock,
      logger: logger.child({ stage: 'incidents' }),
      alerts,
      onChange: change => {
        metrics.incidentChanged(change.incident.kind, change.change);
        contexts?.changed(change);
      },
      closedAt: id => care.of(id).closed?.at,
      witnesses,
      onWanted: (agent, address) => void trier.try(agent, address),
    });
    const trier = new AddressTrier(
      { clock, onResult: attempt => watch.attempt(attempt) },
      new Set(settings.agents.map(({ id }) => id)),
      DEFAULT_PROBES.defaultPort,
    );
    const { prober, learnt } = createProbes(judging, {
      onResult: result => watch.probe(result),
      needed: agent => watch.inRun(agent),
    });
    /** What is learnt of a heartbeat comes before what is judged by it: both forget a port for the same reasons. */
    const heard: HeardBeat = (beat, receivedAt, from) => {
      learnt.heard(beat, from);
      watch.heartbeat(beat, receivedAt);
    };
    const hosts = new HostRegistry(
      store.documents,
      clock,
      logger.child({ stage: 'hosts' }),
      store.shared ? heard : undefined,
    );
    await hosts.open();
    stops.push('hosts', () => hosts.close());

    const lead = () => startJudging(judging, { alerts, watch, hosts, prober }, stops);
    const lease = store.shared && this.createLease(store, lead);
    // Where there is no lease, nothing comes in before there is somebody to judge it.
    if (lease) {
      await watch.standBy();
      stops.push('incidents standing by', () => watch.stop());
    } else await lead();

    const { runs, imports } = await this.openRuns(store, watch, hosts);

    const patterns = {
      store,
      runs: () => runs.list(),
      incidents: () => watch.incidents(),
      clock,
      logger: logger.child({ stage: 'templates' }),
    };
    const profiles = new Profiles(patterns);
    contexts = new IncidentContexts({ ...patterns, profiles });
    const profiling = clock.every(PROFILES_MS, () => void profiles.keepUp());
    stops.push('profiles', () => profiling.cancel());
    stops.push('incident contexts', () => contexts?.stop());

    if (store.labelRuns) {
      const tell = async () => {
        try {
          store.labelRuns?.(await runs.list());
        } catch (thrown) {
          logger.warn('runs.not-told', { error: messageOf(thrown) });
        }
      };
      const telling = clock.every(RUNS_MS, () => void tell());
      stops.push('runs of lines', () => telling.cancel());
      await tell();
    }

    thread = this.openLineThread();
    const intake = await this.openIntake(thread, store, watch, hosts);
    const retention = new Retention({
      store,
      settings: settings.store.retention,
      pinned: async () =>
        (await runs.list()).filter(run => run.pinned).map(run => runSpan(run, 'exact', { now: clock.now() })),
      clock,
      logger,
      metrics,
    });
    stops.push('retention', retention.start());

    const { health } = retention;
    const mustLead = lease && (() => lease.mustLead());
    const watching = this.deps.watching ?? [];
    const opened = {
      settings,
      taught,
      store,
      health,
      hosts,
      heard,
      alerts,
      watch,
      witnesses,
      care,
      runs,
      imports,
      profiles,
      contexts,
      intake,
    };
    await this.openWeb({ ...opened, clock, logger, metrics, watching, mustLead });
    if (lease) {
      // Given back when what it stood for has stopped: `lead` puts its own on top of this.
      stops.push('lease', () => lease.stop());
      await lease.start();
    }
    logger.info('service.started', { url: this.url, data: path.resolve(settings.data), store: store.kind });
  }

  private async openStore(): Promise<Store> {
    const { settings, clock, logger } = this.deps;
    const open =
      this.deps.openStore ?? (() => openStore(settings, { clock, logger: logger.child({ stage: 'store' }) }));
    const store = await open();
    this.stops.push('store', () => store.close());
    return store;
  }

  private async openRuns(store: Store, watch: IncidentWatch, hosts: HostRegistry) {
    const imports = new Imports(store.documents);
    await imports.load();
    const runs = new RunBook(
      store.documents,
      this.deps.clock,
      () => [...watch.runs(), ...imports.runs()],
      async since => {
        const heard = hosts.list().flatMap(host => host.agents);
        // A host's lines may be here before its next heartbeat names it.
        const wrote = (await store.sources()).filter(
          source => source.lastIngestedAt >= since && !isImported(source.id),
        );
        return [...new Set([...heard, ...wrote.map(source => source.agent)])];
      },
    );
    await runs.open();
    return { runs, imports };
  }

  /** The thread that reads lines and judges them. */
  private openLineThread(): LineThread {
    const { settings, logger } = this.deps;
    const { ingest, detect, data } = settings;
    const packs = packFiles(detect.packs, data);
    const thread = new LineThread(
      { maxRawBytes: ingest.maxRaw, zone: ingest.zone, packs, programs: detect.programs },
      error => logger.error('ingest.thread-died', { error: error.message }),
    );
    this.stops.push('line thread', () => thread.stop());
    return thread;
  }

  /** What takes requests through the line thread into the store. */
  private async openIntake(
    thread: LineThread,
    store: Store,
    watch: IncidentWatch,
    hosts: HostRegistry,
  ): Promise<Intake> {
    const { settings, clock, logger } = this.deps;
    const { metrics, stops } = this;
    const { ingest } = settings;
    const intake = new Intake({
      store,
      stage: thread,
      settings: ingest,
      clock,
      logger: logger.child({ stage: 'ingest' }),
      behind: () => watch.behind,
      onStored: stored => {
        watch.stored(stored);
        for (const { gap } of stored.result.appends) if (gap) metrics.gapNamed(gap);
      },
    });
    await intake.open();
    stops.push('intake', () => intake.stop());
    metrics.watchIntake(
      () => intake.load.requests,
      () => behindBytes(hosts.list().flatMap(host => host.files)),
    );
    return intake;
  }

  /** Who may come in by which door; the API, and the page. */
  private async openWeb(parts: Omit<Parts, keyof Doors>): Promise<void> {
    const { clock, logger } = this.deps;
    const { listen: bind, port, tls } = parts.settings.server;
    const doors = await openDoors({
      documents: parts.store.documents,
      clock,
      logger,
      ownToken: parts.settings.server.token,
      localToken: this.localToken,
      onRefused: () => this.metrics.tokenRefused(),
    });
    const { access } = doors;
    const routes = apiRoutes({ ...parts, ...doors });
    const web = { bind, port, ...(tls ? { tls: readTls(tls) } : {}) };
    const server = await listen(createWebApp({ settings: web, routes, access, mountPage, logger }), web);
    if (tls) {
      const renewing = watchTls(tls, clock, logger, material => server.renewTls(material));
      this.stops.push('certificates', () => renewing.cancel());
    }
    this.server = server;
    this.stops.push('web', () => server.stop());
  }

  private createLease(store: Store, lead: () => Promise<void>): Lease {
    const { settings, clock, logger } = this.deps;
    return new Lease({
      documents: store.documents,
      clock,
      name: ulid(clock.now()),
      url: () => settings.alerts.pageUrl ?? this.server?.url ?? pageUrl(settings),
      onGain: lead,
      onLoss: leader => this.deps.onOusted?.(leader),
      logger: logger.child({ stage: 'lease' }),
    });
  }
}
