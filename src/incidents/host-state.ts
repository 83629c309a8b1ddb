import type { Cause, IncidentKind } from '../model/incident.js';
import type { ByName } from '../platform/by-name.js';
import type { Backlog } from './backlog.js';
import type { HostClock } from './host-clock.js';
import type { PortWitness } from './learnt-port.js';
import type { ProcessState } from './processes.js';
import type { Condition } from './spells.js';

/** What witnesses say of an agent, in spells: the last is how it stands now, those before are what a loss is explained by. */
export interface AgentWitness extends PortWitness {
  /** State of the process that holds the log open; `gone` once there was one and now is none. */
  process: Condition<ProcessState['value']>[];
  hadProcess?: boolean;
  /** By the last heartbeat its log holds bytes that had not reached the server: words that may explain everything. */
  unread?: boolean;
  /** Bytes its log is read up to, all files together, and whether that is where it was one heartbeat before. */
  readTo?: number;
  stuck?: boolean;
  /** The last heartbeat by which they had. */
  readAt?: number;
  backlog?: Backlog;
  /** Whether the watched port listens, as its own host sees it. */
  listening: Condition<boolean>[];
  /** The outages it is part of. */
  outage?: Partial<Record<IncidentKind, string>>;
}

/** Losses that belong together, while at least one of them lasts. */
export interface Outage {
  kind: IncidentKind;
  cause?: Cause;
  since: number;
  agents: Set<string>;
  /** All that could fall silent did. */
  partition: boolean;
  /** Incidents that were early forms of it. */
  takesOver: string[];
}

export interface HostState {
  host: string;
  /** The collector that beat last. */
  collector: string;
  agents: string[];
  firstAt: number;
  /** When the last heartbeat was received, by the server's clock. */
  lastAt: number;
  /** When lines of its collector were received last: what sends lives, whatever holds up its heartbeats. */
  linesAt?: number;
  periodMs: number;
  intervals: number[];
  /** Spells without a heartbeat, each from the last before it to the first after it; the newest few. */
  gaps: { from: number; to: number }[];
  goodbye?: number;
  bootId?: string;
  /** By its collector's last word lines can't be delivered. */
  undelivered?: true;
  /** When that was over. */
  deliveredAt?: number;
  diskFree?: number;
  /** false: nothing can be written where the logs are. */
  writable?: boolean;
  clock?: HostClock;
}

export interface HostsState {
  hosts: ByName<HostState>;
  agents: ByName<AgentWitness>;
  outages: ByName<SavedOutage>;
}

export type SavedOutage = Omit<Outage, 'agents'> & { agents: string[] };
