import type { HostRegistry } from '../agents/host-registry.js';
import { AgentMirror } from '../agents/mirror.js';
import { AgentViews } from '../agents/views.js';
import { createChannels } from '../alerts/channels/create.js';
import type { LineSink } from '../alerts/channels/log.js';
import { createLinks } from '../alerts/links.js';
import { AlertManager } from '../alerts/manager.js';
import type { Settings } from '../config/settings.js';
import type { LoadedPack } from '../detect/pack.js';
import type { CareBook } from '../incidents/live/care-book.js';
import type { IncidentWatch } from '../incidents/live/incident-watch.js';
import { StoreWatch } from '../incidents/live/store-watch.js';
import { type EngineSettings, programsOf } from '../incidents/settings.js';
import type { ProbeResult } from '../model/probe.js';
import { ownBootId } from '../platform/boot.js';
import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import type { Logger } from '../platform/logger.js';
import type { Stops } from '../platform/stops.js';
import { LearntAddresses } from '../probe/learnt-addresses.js';
import { DEFAULT_PROBES, Prober } from '../probe/prober.js';
import type { Store } from '../store/store.js';
import { careEntries } from '../wording/care.js';
import { redactDeep } from '../wording/redaction.js';

/** Where people reach the page, as far as this process can know. */
export function pageUrl({ server, alerts }: Settings): string {
  if (alerts.pageUrl !== undefined) return alerts.pageUrl;
  const anyAddress = server.listen === '0.0.0.0' || server.listen === '::';
  return `${server.tls ? 'https' : 'http'}://${anyAddress ? '127.0.0.1' : server.listen}:${server.port}`;
}

/** The incident engine's thresholds, from the settings and the packs. */
export function engineSettings(
  { silence, agents }: Settings,
  packs: readonly LoadedPack[],
): Partial<EngineSettings> {
  return {
    lateAfter: silence.late,
    silentAfter: silence.after,
    frozenAfter: silence.frozen,
    clockSkew: silence.clockSkew,
    agents: agents.map(({ id, address }) => ({ id, ...defined({ address }) })),
    ...programsOf(packs),
  };
}

export interface JudgingDeps {
  settings: Settings;
  store: Store;
  clock: Clock;
  logger: Logger;
  /** Where the alert channel `log` writes its lines. */
  sink: LineSink;
}

/** The alerts, with the channels of the settings. */
export function createAlerts(
  { settings, store, clock, logger, sink }: JudgingDeps,
  care: CareBook,
): AlertManager {
  warnOfLocalLinks(settings, logger);
  return new AlertManager({
    documents: store.documents,
    channels: createChannels(settings.alerts.channels, { env: process.env, sink }),
    settings: settings.alerts,
    clock,
    logger: logger.child({ stage: 'alerts' }),
    care: id => careEntries(redactDeep(care.of(id))),
    links: createLinks({ pageUrl: pageUrl(settings), kibana: settings.alerts.kibana }),
  });
}

/** Kinds of channels whose messages are read on this host. */
const LOCAL_CHANNELS: ReadonlySet<string> = new Set(['log', 'command']);

/** A link to the loopback is of no use to who reads it elsewhere. */
function warnOfLocalLinks(settings: Settings, logger: Logger): void {
  const leaving = settings.alerts.channels.filter(({ kind }) => !LOCAL_CHANNELS.has(kind));
  const page = pageUrl(settings);
  if (leaving.length === 0 || !/^https?:\/\/(127\.|localhost\b|\[::1\])/.test(page)) return;
  logger.warn('alerts.page-link-local', {
    page,
    channels: leaving.map(({ name }) => name).join(', '),
    advice: 'set alerts.pageUrl (DEADAIR_PAGE_URL) to the address at which people reach the page',
  });
}

/** What judges and tells: one of the services that share a store does it, the only one otherwise. */
export interface Judges {
  alerts: AlertManager;
  watch: IncidentWatch;
  hosts: HostRegistry;
  prober: Prober;
}

/** Who asks agents' ports, those of the settings and those that are learnt from heartbeats. */
export function createProbes(
  { settings, clock, logger }: Pick<JudgingDeps, 'settings' | 'clock' | 'logger'>,
  { onResult, needed }: { onResult: (result: ProbeResult) => void; needed: (agent: string) => boolean },
): { prober: Prober; learnt: LearntAddresses } {
  const agents = settings.agents.map(({ id, address }) => ({ id, ...defined({ address }) }));
  const prober = new Prober(
    { clock, onResult, logger: logger.child({ stage: 'probe' }) },
    { agents, periodMs: settings.ingest.heartbeatSeconds * 1000 },
  );
  const preferredPort = DEFAULT_PROBES.defaultPort;
  return {
    prober,
    learnt: new LearntAddresses({
      asker: prober,
      configured: agents,
      needed,
      bootId: ownBootId(),
      preferredPort,
    }),
  };
}

/** Starts alerts, incidents, probes and what Kibana is shown of the agents; each is stopped through `stops`. */
export async function startJudging(
  { settings, store, clock, logger }: JudgingDeps,
  { alerts, watch, hosts, prober }: Judges,
  stops: Stops,
): Promise<void> {
  await alerts.start();
  stops.push('alerts', () => alerts.stop());
  await watch.start();
  stops.push('incidents', () => watch.stop());
  prober.start();
  stops.push('probes', () => prober.stop());
  if (store.away) {
    const reach = new StoreWatch({
      store,
      clock,
      logger: logger.child({ stage: 'incidents' }),
      incidents: () => watch.incidents(),
      note: change => watch.note(change),
    });
    reach.start();
    stops.push('reach of the store', () => reach.stop());
  }
  if (!store.showAgents) return;
  const views = new AgentViews({
    store,
    clock,
    hosts: () => hosts.list(),
    incidents: async () => watch.incidents(),
    expected: settings.agents,
    lateAfter: settings.silence.late,
    silentAfter: settings.silence.after,
  });
  const mirror = new AgentMirror({ views, show: store.showAgents.bind(store), clock, logger });
  mirror.start();
  stops.push('agents shown', () => mirror.stop());
}
