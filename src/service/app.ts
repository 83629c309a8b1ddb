import path from 'node:path';
import { HostRegistry } from '../agents/host-registry.js';
import { AgentMirror } from '../agents/mirror.js';
import { AgentViews } from '../agents/views.js';
import { createChannels } from '../alerts/channels/create.js';
import type { LineSink } from '../alerts/channels/log.js';
import { createLinks } from '../alerts/links.js';
import { AlertManager } from '../alerts/manager.js';
import { alertRoutes } from '../alerts/routes.js';
import { backtestRoutes } from '../backtest/routes.js';
import { capsuleRoutes } from '../capsule/routes.js';
import type { Settings } from '../config/settings.js';
import { loadPacks } from '../detect/load.js';
import { leaderOnly, leaderWrites } from '../http/route.js';
import { createWebApp, listen, type RunningServer } from '../http/server.js';
import { IncidentWatch } from '../incidents/live/incident-watch.js';
import { behavioursOf } from '../incidents/settings.js';
import { Intake } from '../ingest/intake.js';
import { behindBytes } from '../ingest/ledger.js';
import { ledgerRoutes } from '../ingest/ledger-routes.js';
import { LineThread } from '../ingest/line-thread.js';
import { ingestRoutes } from '../ingest/routes.js';
import { KibanaLinks } from '../kibana/links.js';
import { kibanaRoutes } from '../kibana/routes.js';
import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { messageOf } from '../platform/errors.js';
import { ulid } from '../platform/ids.js';
import type { Logger } from '../platform/logger.js';
import { Metrics } from '../platform/metrics.js';
import { Prober } from '../probe/prober.js';
import { settingsOfPacks } from '../report/collect.js';
import { reportRoutes } from '../report/routes.js';
import { RunBook } from '../runs/book.js';
import { Imports } from '../runs/imported.js';
import { runSpan } from '../runs/span.js';
import { StoreHealth } from '../store/health.js';
import { openStore } from '../store/open.js';
import type { RetentionPolicy, Store } from '../store/store.js';
import { IncidentContexts } from '../templates/around-incidents.js';
import { Profiles } from '../templates/profiles.js';
import { readApi } from '../web/api/read-api.js';
import { mountPage } from '../web/page-files.js';
import { Lease } from './lease.js';
import { serviceRoutes } from './routes.js';

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

const RETENTION_MS = 60_000;
/** How often profiles of ended runs are made up for. */
const PROFILES_MS = 20_000;

/**
 * Everything that runs on the controller's host, put together. Started in the order data flows backwards (store,
 * alerts, incidents, intake, web), so that nothing comes in before there is somebody to take it; stopped the other
 * way round, so that everything acknowledged is stored and everything stored is judged.
 */
export class Service {
  readonly metrics = new Metrics();
  private readonly stops: (() => Promise<void>)[] = [];
  private server: RunningServer | undefined;

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
    for (const stop of this.stops.splice(0).reverse())
      await stop().catch(thrown =>
        this.deps.logger.error('service.stop-failed', { error: messageOf(thrown) }),
      );
  }

  private async startAll(): Promise<void> {
    const { settings, clock, logger } = this.deps;
    const store = await this.openStore();
    const packs = loadPacks(settings.detect.packs);
    const { shared } = store;
    const hosts = new HostRegistry(
      store.documents,
      clock,
      logger.child({ stage: 'hosts' }),
      shared ? (beat, receivedAt) => watch.heartbeat(beat, receivedAt) : undefined,
    );

    const alerts = new AlertManager({
      documents: store.documents,
      channels: createChannels(settings.alerts.channels, { env: process.env, sink: this.deps.sink }),
      settings: settings.alerts,
      clock,
      logger: logger.child({ stage: 'alerts' }),
      links: createLinks({
        pageUrl: settings.alerts.pageUrl ?? pageUrl(settings),
        kibana: settings.alerts.kibana,
      }),
    });
    const engineSettings = {
      lateAfter: settings.silence.late,
      silentAfter: settings.silence.after,
      frozenAfter: settings.silence.frozen,
      clockSkew: settings.silence.clockSkew,
      agents: settings.agents.map(({ id, address }) => (address === undefined ? { id } : { id, address })),
      behaviours: behavioursOf(packs),
    };
    let contexts: IncidentContexts | undefined;
    const watch = new IncidentWatch({
      store,
      settings: engineSettings,
      clock,
      logger: logger.child({ stage: 'incidents' }),
      alerts,
      onChange: change => {
        this.metrics.incidentChanged(change.incident.kind, change.change);
        contexts?.changed(change);
      },
    });
    await hosts.open();
    this.stops.push(() => hosts.close());

    const prober = new Prober(
      { clock, onResult: result => watch.probe(result), logger: logger.child({ stage: 'probe' }) },
      {
        agents: settings.agents.map(({ id, address }) => (address === undefined ? { id } : { id, address })),
        periodMs: settings.ingest.heartbeatSeconds * 1000,
      },
    );
    const incidents = async () => watch.incidents();
    /** Judging and telling: by one of the ingesters that share a store, by the only one otherwise. */
    const lead = async (): Promise<void> => {
      await alerts.start();
      this.stops.push(() => alerts.stop());
      await watch.start();
      this.stops.push(() => watch.stop());
      prober.start();
      this.stops.push(async () => prober.stop());
      if (store.showAgents) {
        const views = new AgentViews({
          store,
          clock,
          hosts: () => hosts.list(),
          incidents,
          lateAfter: settings.silence.late,
          silentAfter: settings.silence.after,
        });
        const show = store.showAgents.bind(store);
        const mirror = new AgentMirror({ views, show, clock, logger });
        mirror.start();
        this.stops.push(() => mirror.stop());
      }
    };
    const lease = shared
      ? new Lease({
          documents: store.documents,
          clock,
          name: ulid(clock.now()),
          url: () => settings.alerts.pageUrl ?? this.server?.url ?? pageUrl(settings),
          onGain: lead,
          onLoss: leader => this.deps.onOusted?.(leader),
          logger: logger.child({ stage: 'lease' }),
        })
      : undefined;
    // Where there is no lease, nothing comes in before there is somebody to judge it.
    if (lease) {
      await watch.standBy();
      this.stops.push(() => watch.stop());
    } else await lead();

    const imports = new Imports(store.documents);
    await imports.load();
    const runs = new RunBook(
      store.documents,
      clock,
      () => [...watch.runs(), ...imports.runs()],
      () => [...new Set(hosts.list().flatMap(host => host.agents))],
    );
    await runs.open();

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
    this.stops.push(async () => {
      profiling.cancel();
      await contexts?.stop();
    });

    const thread = new LineThread(
      { maxRawBytes: settings.ingest.maxRaw, zone: settings.ingest.zone, packs: settings.detect.packs },
      error => logger.error('ingest.thread-died', { error: error.message }),
    );
    this.stops.push(() => thread.stop());
    const intake = new Intake({
      store,
      stage: thread,
      settings: settings.ingest,
      clock,
      logger: logger.child({ stage: 'ingest' }),
      onStored: stored => {
        watch.stored(stored);
        for (const { gap } of stored.result.appends) if (gap) this.metrics.gapNamed(gap);
      },
    });
    await intake.open();
    this.stops.push(() => intake.stop());
    this.metrics.gauge(
      'deadair_requests_waiting',
      'Range requests being taken in',
      () => intake.load.requests,
    );
    this.metrics.gauge(
      'deadair_log_behind_bytes',
      'Bytes that collectors see in logs and have not delivered, by their last heartbeats',
      () => behindBytes(hosts.list().flatMap(host => host.files)),
    );

    const { maxAge, maxSize, minFree } = settings.store.retention;
    const policy = {
      ...defined({ maxAgeMs: maxAge, maxBytes: maxSize }),
      minFreeBytes: minFree,
    };
    const health = new StoreHealth(clock, policy, this.metrics);
    const retain = () => this.retain(store, runs, policy, health);
    const retention = clock.every(RETENTION_MS, () => void retain());
    this.stops.push(async () => retention.cancel());
    void retain();

    const kibana = settings.alerts.kibana && new KibanaLinks(settings.alerts.kibana);
    const mustLead = lease && (() => lease.mustLead());
    const routes = [
      ...ingestRoutes({
        intake,
        settings: settings.ingest,
        clock,
        metrics: {
          requestStored: (lines, bytes, seconds) => {
            health.stored();
            this.metrics.requestStored(lines, bytes, seconds);
          },
          requestRefused: code => {
            health.refused(code);
            this.metrics.requestRefused(code);
          },
        },
        lastHeartbeatAt: host => hosts.list().find(one => one.host === host)?.lastHeartbeatAt,
        onHeartbeat: (beat, receivedAt) => {
          this.metrics.heartbeatReceived();
          hosts.heartbeat(beat, receivedAt);
          watch.heartbeat(beat, receivedAt);
        },
      }),
      ...ledgerRoutes({ store, hosts: () => hosts.list() }),
      ...leaderWrites(
        readApi({
          store,
          clock,
          logger,
          hosts: () => hosts.list(),
          incidents,
          imported: () => imports.closedIncidents(),
          runs,
          patterns: { profiles, unusual: id => contexts!.of(id) },
          lateAfter: settings.silence.late,
          silentAfter: settings.silence.after,
          watching: () => this.deps.watching ?? [],
          storeWarnings: () => health.warnings(),
          kibana: kibana !== undefined,
        }),
        mustLead,
      ),
      ...leaderOnly(alertRoutes(alerts), mustLead),
      ...backtestRoutes({
        store,
        clock,
        runs: () => runs.list(),
        packs: () => packs,
        engine: engineSettings,
        alerts: settings.alerts,
      }),
      ...reportRoutes(
        {
          store,
          runs: () => runs.list(),
          incidents: async run =>
            [...watch.incidents(), ...imports.incidents()].filter(incident => incident.run === run.id),
          clocks: () =>
            hosts.list().flatMap(({ host, agents, clock: measured }) =>
              measured
                ? agents.map(agent => ({
                    agent,
                    host,
                    offsetMs: measured.offset,
                    plusMinusMs: measured.within,
                  }))
                : [],
            ),
          settings: settingsOfPacks(packs),
          profiles,
          ...(kibana ? { kibana } : {}),
        },
        clock,
      ),
      ...capsuleRoutes({
        store,
        clock,
        folder: path.join(path.resolve(settings.data), 'incoming'),
        onImported: async ({ id, name, stored, present }) => {
          await Promise.all([imports.load(), runs.open()]);
          logger.info('capsule.imported', { capsule: id, name, stored, present });
        },
      }),
      ...kibanaRoutes({ links: kibana, incidents, runs: () => runs.list(), clock }),
      ...serviceRoutes({ watch, alerts, metrics: this.metrics, mustLead }),
    ];
    const { listen: bind, port, token } = settings.server;
    const web = { bind, port, ...defined({ token }) };
    const server = await listen(createWebApp({ settings: web, routes, mountPage, logger }), web);
    this.server = server;
    this.stops.push(() => server.stop());
    if (lease) {
      // Given back when what it stood for has stopped: `lead` puts its own on top of this.
      this.stops.push(() => lease.stop());
      await lease.start();
    }
    logger.info('service.started', { url: server.url, data: path.resolve(settings.data), store: store.kind });
  }

  private async openStore(): Promise<Store> {
    const { settings, clock, logger } = this.deps;
    const open =
      this.deps.openStore ?? (() => openStore(settings, { clock, logger: logger.child({ stage: 'store' }) }));
    const store = await open();
    this.stops.push(() => store.close());
    return store;
  }

  private async retain(
    store: Store,
    runs: RunBook,
    policy: RetentionPolicy,
    health: StoreHealth,
  ): Promise<void> {
    const { clock, logger } = this.deps;
    try {
      const pinned = (await runs.list())
        .filter(run => run.pinned)
        .map(run => runSpan(run, 'exact', { now: clock.now() }));
      const result = await store.retain({ ...policy, pinned });
      const before = health.warnings();
      health.looked(await store.stats(), result);
      for (const { day, lines, bytes } of result.dropped) logger.info('store.dropped', { day, lines, bytes });
      for (const warning of health.warnings())
        if (!before.includes(warning)) logger.warn('store.retention', { warning });
    } catch (thrown) {
      // The store may have been closed meanwhile.
      if (this.stops.length > 0) logger.error('store.retention-failed', { error: messageOf(thrown) });
    }
  }
}

function pageUrl({ server }: Settings): string {
  const anyAddress = server.listen === '0.0.0.0' || server.listen === '::';
  return `http://${anyAddress ? '127.0.0.1' : server.listen}:${server.port}`;
}
