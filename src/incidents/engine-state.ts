import type { Mark } from '../model/finding.js';
import type { Attempt } from '../model/probe.js';
import type { ByName } from '../platform/by-name.js';
import type { Blindness } from './blindness.js';
import type { Complaint } from './complaints.js';
import type { HostsState } from './host-state.js';
import type { Input, LostBytes } from './inputs.js';
import type { LedgerState } from './ledger.js';
import type { Names } from './names.js';
import type { NetworkState } from './network.js';
import type { Skip } from './skips.js';
import type { Timeline } from './timeline.js';
import type { TrackerState } from './tracker.js';

/** Of what is saved; a state of another version is not read. */
export const STATE_VERSION = 3;

/** What an engine saves, so that another goes on where it was. */
export interface EngineState {
  v: typeof STATE_VERSION;
  now: number;
  grain: number;
  queue: Input[];
  ledger: LedgerState;
  hosts: HostsState;
  tracker: TrackerState;
  timeline: ReturnType<Timeline['save']>;
  names: ReturnType<Names['save']>;
  skips: Skip[];
  blind: ReturnType<Blindness['save']>;
  network: NetworkState;
  complaints: Complaint[];
  gaps: LostBytes[];
  attempts?: Attempt[];
  held?: ByName<Mark[]>;
}
