import type { Evidence, Incident } from '../model/incident.js';
import type { LogRow } from '../model/log-row.js';
import type { Diff } from '../templates/diff.js';
import type { Unusual } from '../templates/unusual.js';
import type { CareEntry } from '../wording/care.js';
import type { ClockOffset } from './inputs.js';

/** The post-mortem as data, redacted; the renderers only lay it out. Times: ms since the epoch, server's clock. */
export interface PostMortem {
  version: 1;
  generatedAt: number;
  run: {
    id: string;
    name: string;
    startedAt: number;
    endedAt?: number;
    outcome?: string;
    controller?: string;
    agents: string[];
    /** How many its controller says there are. */
    announced?: number;
  };
  state: 'good' | 'failed' | 'running';
  /** One sentence: what happened. */
  verdict: string;
  /** What else there is to know first, a sentence each. */
  summary: string[];
  first?: FirstFailure;
  timeline: TimelineEntry[];
  chart: Chart;
  incidents: ReportIncident[];
  consequences: Consequence[];
  /** What people did about them, oldest first; absent: nothing. */
  care?: (CareEntry & { headline: string })[];
  outages: OutageSpan[];
  clocks: ClockOffset[];
  complaints: ComplaintMatrix;
  agents: AgentRow[];
  missing: { sentence: string; gaps: MissingBytes[] };
  comparison?: Comparison;
  /** Weak evidence: lines out of the ordinary that no incident tells of. */
  unusual: Unusual[];
  settings: { name: string; because: string }[];
  excerpts: Excerpt[];
  /** Addresses in Kibana: the run's lines, and what stands around each line of evidence (by its record). */
  kibana?: { run: string; lines: Record<string, string> };
}

export interface FirstFailure {
  incident: ReportIncident;
  /** What the failed one wrote last, and what the others wrote of it. */
  own: Excerpt | undefined;
  others: Excerpt[];
}

export interface ReportIncident extends Omit<Incident, 'consequences' | 'updatedAt'> {
  headline: string;
  causeText: string;
  durationMs?: number;
  consequenceCount: number;
}

export interface TimelineEntry {
  at: number;
  /** Seconds since the run began, for reading distances. */
  offsetMs: number;
  who: string;
  what: string;
  weight: 'fault' | 'consequence' | 'recovery' | 'milestone';
}

export type Phase = 'idle' | 'starting' | 'waiting' | 'working' | 'aborted' | 'done' | 'failed';

export interface Lane {
  name: string;
  role: 'controller' | 'agent';
  phases: { phase: Phase; from: number; to: number }[];
  outages: { from: number; to: number; open: boolean; text: string }[];
  /** Stretches without a line while it was not idle. */
  silences: { from: number; to: number }[];
  marks: { at: number; kind: Evidence['role']; text: string }[];
  /** Lines per bucket. */
  activity: number[];
}

export interface Chart {
  from: number;
  to: number;
  interval: number;
  lanes: Lane[];
}

export interface Consequence {
  by: string;
  firstAt: number;
  count: number;
  lines: Evidence[];
}

export interface OutageSpan {
  subject: string;
  kind: string;
  from: number;
  /** Absent while it lasts. */
  to?: number;
  durationMs: number;
}

export interface ComplaintMatrix {
  /** Who complained. */
  by: string[];
  /** About whom. */
  about: string[];
  /** counts[i][j]: lines of by[i] about about[j]. */
  counts: number[][];
  /** What the pattern says; absent where it says nothing. */
  reading?: string;
}

export interface AgentRow {
  agent: string;
  host: string;
  paths: string[];
  lines: number;
  warnings: number;
  errors: number;
  signals: number;
  firstAt?: number;
  lastAt?: number;
  /** Last known phase, in words. */
  ended: string;
  outageMs: number;
  state: 'failed' | 'affected' | 'good';
}

export interface MissingBytes {
  agent: string;
  path: string;
  from: number;
  to: number | null;
  at: number;
  reason: string;
}

export interface Comparison {
  run: { id: string; name: string; startedAt: number };
  rows: { what: string; good: string; now: string; differs: boolean }[];
  /** Kinds of lines that differ; absent where they were not counted. */
  lines?: Diff;
}

export interface ExcerptLine {
  at: number;
  level: LogRow['level'];
  class: LogRow['class'];
  text: string;
  record: string;
  /** The line is evidence of an incident. */
  role?: Evidence['role'];
}

export interface Excerpt {
  agent: string;
  path: string;
  lines: ExcerptLine[];
  moreBefore: boolean;
  moreAfter: boolean;
}
