import type { KibanaLinks } from '../kibana/links.js';
import type { Mark } from '../model/finding.js';
import type { Incident } from '../model/incident.js';
import type { LogRow } from '../model/log-row.js';
import type { Run } from '../model/run.js';
import type { Gap } from '../store/store.js';
import type { Diff } from '../templates/diff.js';
import type { Unusual } from '../templates/unusual.js';
import type { CareEntry } from '../wording/care.js';

/** Estimated difference of a host's clock to the server's; `corrected = time − offset`. */
export interface ClockOffset {
  agent: string;
  host: string;
  offsetMs: number;
  plusMinusMs: number;
}

/** What the store knows of one agent in the run's time. */
export interface AgentFigures {
  agent: string;
  host: string;
  paths: string[];
  lines: number;
  warnings: number;
  errors: number;
  /** First and last line of the run, server's clock. */
  firstAt?: number;
  lastAt?: number;
  /** Lines per bucket of `interval` from the span's begin. */
  activity: number[];
}

/** Consecutive lines of one agent. */
export interface InputExcerpt {
  agent: string;
  rows: LogRow[];
  /** Lines of the run before the first and after the last shown. */
  moreBefore: boolean;
  moreAfter: boolean;
}

/** Everything a post-mortem is made of; `collectInputs` fetches it, tests make it. Times: ms since the epoch. */
export interface PostMortemInputs {
  generatedAt: number;
  run: Run;
  /** What is looked at: the run with a little before and after. */
  span: { from: number; to: number };
  incidents: Incident[];
  marks: Mark[];
  agents: AgentFigures[];
  /** Width of the buckets in `activity`, ms. */
  interval: number;
  clocks: ClockOffset[];
  gaps: Gap[];
  excerpts: InputExcerpt[];
  /** The last run of the same name that ended well. */
  lastGood?: { run: Run; marks: Mark[]; agents: AgentFigures[] };
  /** Kinds of lines against the last good run's, and what is out of the ordinary by itself. */
  patterns?: { diff?: Diff; unusual: Unusual[] };
  /** Settings of the program worth a look, by incident kind (pack `behaviour.settings`). */
  settings: Record<string, string[]>;
  /** What people did about incidents, by incident. */
  care?: (CareEntry & { incident: string })[];
  /** Addresses in Kibana, where it is used. */
  kibana?: Pick<KibanaLinks, 'run' | 'surrounding'>;
}
