import path from 'node:path';
import type { Doors } from '../access/open.js';
import { accessRoutes } from '../access/routes.js';
import type { HeardBeat, HostRegistry } from '../agents/host-registry.js';
import type { AlertManager } from '../alerts/manager.js';
import { alertRoutes } from '../alerts/routes.js';
import { labelRoutes } from '../backtest/label-routes.js';
import { backtestRoutes } from '../backtest/routes.js';
import type { TaughtRules } from '../backtest/taught.js';
import { capsuleRoutes } from '../capsule/routes.js';
import type { Settings } from '../config/settings.js';
import { shownSettings } from '../config/shown.js';
import { leaderOnly, leaderWrites, type Route } from '../http/route.js';
import type { CareBook } from '../incidents/live/care-book.js';
import { careRoutes } from '../incidents/live/care-routes.js';
import type { IncidentWatch } from '../incidents/live/incident-watch.js';
import type { WitnessJournal } from '../incidents/live/journal.js';
import type { Intake } from '../ingest/intake.js';
import { ledgerRoutes } from '../ingest/ledger-routes.js';
import { ingestRoutes } from '../ingest/routes.js';
import { KibanaLinks } from '../kibana/links.js';
import { kibanaRoutes } from '../kibana/routes.js';
import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { type ReportSources, settingsOfPacks } from '../report/collect.js';
import { hostRoutes } from '../report/host-routes.js';
import { laneRoutes } from '../report/lane-routes.js';
import { reportRoutes } from '../report/routes.js';
import type { RunBook } from '../runs/book.js';
import type { Imports } from '../runs/imported.js';
import type { StoreHealth } from '../store/health.js';
import type { Store } from '../store/store.js';
import type { IncidentContexts } from '../templates/around-incidents.js';
import type { Profiles } from '../templates/profiles.js';
import { readApi } from '../web/api/read-api.js';
import { adviceFor } from '../wording/advice.js';
import { engineSettings } from './judging.js';
import { serviceRoutes } from './routes.js';

/** The opened parts that answer requests. */
export interface Parts extends Doors {
  settings: Settings;
  taught: TaughtRules;
  store: Store;
  health: StoreHealth;
  hosts: HostRegistry;
  /** Of a heartbeat that came here. */
  heard: HeardBeat;
  alerts: AlertManager;
  watch: IncidentWatch;
  witnesses: Pick<WitnessJournal, 'between'>;
  care: CareBook;
  runs: RunBook;
  imports: Imports;
  profiles: Profiles;
  contexts: IncidentContexts;
  intake: Intake;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** Directories a collector in this process follows. */
  watching: string[];
  /** Throws where another service leads, which alone may judge and change what it judges by. */
  mustLead: (() => void) | undefined;
}

/** Every route of the service, in the order data flows. */
export function apiRoutes(parts: Parts): Route[] {
  const { settings, taught, store, hosts, alerts, watch, runs, clock, metrics, mustLead } = parts;
  const kibana = settings.alerts.kibana && new KibanaLinks(settings.alerts.kibana);
  const allRuns = () => runs.list();
  const trials = {
    store,
    clock,
    runs: allRuns,
    packs: () => taught.all(),
    engine: engineSettings(settings, taught.all()),
    witnesses: (from: number, to: number) => parts.witnesses.between(from, to),
    alerts: settings.alerts,
  };
  return [
    ...intakeRoutes(parts),
    ...ledgerRoutes({ store, hosts: () => hosts.list() }),
    ...leaderWrites(readRoutes(parts, kibana !== undefined), mustLead),
    ...leaderOnly(
      careRoutes(watch, parts.care, id => void alerts.cared(id)),
      mustLead,
    ),
    ...leaderOnly(alertRoutes(alerts), mustLead),
    ...backtestRoutes(trials),
    ...labelRoutes({ ...trials, taught }),
    ...reportRoutes(reportSources(parts, kibana), clock),
    ...laneRoutes({
      store,
      clock,
      runs: allRuns,
      incidents: async () => [...watch.incidents(), ...parts.imports.incidents()],
      clocks: () => hosts.clocks(),
    }),
    ...hostRoutes({
      runs: allRuns,
      incidents: async () => [...watch.incidents(), ...parts.imports.incidents()],
      hosts: () =>
        hosts.clocks().map(({ agent, host, offsetMs }) => ({ agent, host, clockOffsetMs: offsetMs })),
      clock,
    }),
    ...capsules(parts),
    ...kibanaRoutes({ links: kibana, incidents: async () => watch.incidents(), runs: allRuns, clock }),
    ...accessRoutes({ ...parts, secure: settings.server.tls !== undefined }),
    ...serviceRoutes({
      isAgent: async agent =>
        hosts.list().some(host => host.agents.includes(agent)) ||
        (await store.sources()).some(source => source.agent === agent),
      watch,
      alerts,
      metrics,
      mustLead,
      trouble: () => store.trouble?.(),
      away: () => store.away?.(),
    }),
  ];
}

function intakeRoutes({
  intake,
  settings,
  clock,
  health,
  metrics,
  hosts,
  heard,
  owners,
  store,
}: Parts): Route[] {
  return ingestRoutes({
    intake,
    settings: settings.ingest,
    clock,
    owners,
    batchBytes: store.batchBytes,
    metrics: {
      requestStored: (lines, bytes, seconds) => {
        health.stored();
        metrics.requestStored(lines, bytes, seconds);
      },
      requestRefused: code => {
        health.refused(code);
        metrics.requestRefused(code);
      },
    },
    lastHeartbeatAt: host => hosts.get(host)?.lastHeartbeatAt,
    admitNames: (beat, receivedAt) => hosts.admit(beat, receivedAt),
    onHeartbeat: (beat, receivedAt, from) => {
      metrics.heartbeatReceived();
      hosts.heartbeat(beat, receivedAt, from);
      heard(beat, receivedAt, from);
    },
  });
}

function readRoutes(parts: Parts, kibana: boolean): Route[] {
  const { settings, store, clock, logger, hosts, watch, imports, runs, profiles, contexts, health } = parts;
  return readApi({
    store,
    clock,
    logger,
    hosts: () => hosts.list(),
    incidents: async () => watch.incidents(),
    expected: settings.agents,
    imported: () => imports.closedIncidents(),
    runs,
    patterns: { profiles, unusual: id => contexts.of(id) },
    care: id => parts.care.of(id),
    advice: adviceFor,
    lateAfter: settings.silence.late,
    silentAfter: settings.silence.after,
    watching: () => parts.watching,
    storeWarnings: () => [
      ...(store.trouble?.() ? [store.trouble()!.message] : []),
      ...health.warnings(),
      ...parts.intake.warnings(),
    ],
    settings: () => shownSettings(settings),
    kibana,
  });
}

function reportSources(parts: Parts, kibana: KibanaLinks | undefined): ReportSources {
  const { store, runs, watch, imports, hosts, taught, profiles } = parts;
  return {
    store,
    runs: () => runs.list(),
    incidents: async run =>
      [...watch.incidents(), ...imports.incidents()].filter(incident => incident.run === run.id),
    clocks: () => hosts.clocks(),
    settings: settingsOfPacks(taught.all()),
    care: id => parts.care.of(id),
    profiles,
    ...defined({ kibana }),
  };
}

function capsules({ settings, store, clock, imports, runs, logger, witnesses }: Parts): Route[] {
  return capsuleRoutes({
    store,
    clock,
    folder: path.join(path.resolve(settings.data), 'incoming'),
    witnesses: (from, to) => witnesses.between(from, to),
    judged: () => ({
      agents: settings.agents.map(({ id, address }) => ({ id, ...defined({ address }) })),
      silence: {
        late: settings.silence.late,
        after: settings.silence.after,
        frozen: settings.silence.frozen,
      },
    }),
    backups: settings.store.backups,
    keepFree: settings.store.retention.minFree,
    onImported: async ({ id, name, stored, present }) => {
      await Promise.all([imports.load(), runs.open()]);
      logger.info('capsule.imported', { capsule: id, name, stored, present });
    },
  });
}
