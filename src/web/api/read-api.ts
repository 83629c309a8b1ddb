import type { z } from 'zod';
import { AgentViews, type ExpectedAgent, type HostLife } from '../../agents/views.js';
import type { Route } from '../../http/route.js';
import type { Care } from '../../model/care.js';
import type { Incident } from '../../model/incident.js';
import type { Clock } from '../../platform/clock.js';
import { defined } from '../../platform/defined.js';
import type { Logger } from '../../platform/logger.js';
import type { RunBook } from '../../runs/book.js';
import type { Store } from '../../store/store.js';
import type { Profiles } from '../../templates/profiles.js';
import { patternRoutes } from '../../templates/routes.js';
import type { Unusual } from '../../templates/unusual.js';
import { eventRoutes } from './events.js';
import { facetRoutes } from './facets.js';
import { incidentRoutes } from './incidents.js';
import { lineRoutes } from './lines.js';
import { markRoutes } from './marks.js';
import { runRoutes } from './runs.js';
import { type SettingReply, settingRoutes } from './settings.js';
import { statusRoutes } from './status.js';
import { tailRoutes } from './tail.js';

export interface ReadApiDeps {
  store: Store;
  clock: Clock;
  logger?: Logger;
  hosts: () => HostLife[];
  /** All that are kept, newest first. */
  incidents: () => Promise<Incident[]>;
  /** Those that came from capsules: listed, never open. */
  imported?: () => Incident[];
  runs: Pick<RunBook, 'list' | 'start' | 'stop' | 'pin'>;
  /** Profiles of runs and what was unusual around incidents; absent: no patterns in this API. */
  patterns?: { profiles: Profiles; unusual: (incident: string) => Promise<Unusual[]> };
  /** What people did about an incident, and what they can do. */
  care?: (incident: string) => Care;
  advice?: (incident: Incident) => string | undefined;
  expected?: readonly ExpectedAgent[];
  /** Silence thresholds, ms. */
  lateAfter: number;
  silentAfter: number;
  watching?: () => string[];
  /** What people should know of the store's room. */
  storeWarnings?: () => string[];
  /** What the service goes by, as people are shown it. */
  settings?: () => z.infer<typeof SettingReply>[];
  /** There are ways into Kibana (/v1/kibana/…). */
  kibana?: boolean;
}

/** Every route that page, command line and programs read by; intake, alerts and post-mortem have their own. */
export function readApi(deps: ReadApiDeps): Route[] {
  const runs = () => deps.runs.list();
  const lines = { ...deps, runs };
  const all = async () =>
    [...(await deps.incidents()), ...(deps.imported?.() ?? [])].sort((a, b) => (a.id < b.id ? 1 : -1));
  const glance = {
    ...deps,
    agents: new AgentViews(deps),
    startedAt: deps.clock.now(),
    watching: deps.watching ?? (() => []),
    storeWarnings: deps.storeWarnings ?? (() => []),
    kibana: deps.kibana ?? false,
  };
  return [
    ...statusRoutes(glance),
    ...eventRoutes({ ...glance, runs, incidents: all }),
    ...lineRoutes(lines),
    ...facetRoutes(lines),
    ...tailRoutes(lines),
    ...incidentRoutes({
      ...deps,
      runs,
      incidents: all,
      ...defined({ unusual: deps.patterns?.unusual }),
    }),
    ...(deps.patterns ? patternRoutes({ ...lines, profiles: deps.patterns.profiles }) : []),
    ...runRoutes({ ...deps, incidents: all }),
    ...markRoutes(lines),
    ...settingRoutes({ settings: deps.settings ?? (() => []) }),
  ];
}
