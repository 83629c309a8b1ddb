import type { Incident, IncidentKind } from '../model/incident.js';
import type { Run } from '../model/run.js';
import { naturalOrder } from '../platform/natural-order.js';

/** What many runs tell of one host. */
export interface HostTally {
  agent: string;
  host?: string;
  runs: number;
  /** Runs of which it was the first to fail, or that were given up because of it. */
  firstToFail: number;
  /** Share of its runs, 0 to 1, with the 95 % interval it is known to (Wilson, 1927): few runs tell little. */
  rate: number;
  between: [number, number];
  /** The same share of all others together. */
  siblings: number;
  /** Its share is higher than its siblings' by more than chance explains, however many hosts were looked at (Fisher's exact test). */
  standsOut: boolean;
  /** How often each cause was its. */
  causes: Record<string, number>;
  lost: number;
  stalled: number;
  restarts: number;
  silences: number;
  /** Incidents of others that rest on its word, and incidents of it that rest on others'. */
  complaintsBy: number;
  complaintsAbout: number;
  /** Its clock against the server's, ms. */
  clockOffsetMs?: number;
  lastFailedAt?: number;
}

export interface HostClock {
  agent: string;
  host?: string;
  clockOffsetMs?: number;
}

/** Faults of an agent itself; what only others suffered of it is no mark against them. */
const FAULTS: ReadonlySet<IncidentKind> = new Set([
  'agent-lost',
  'agent-not-ready',
  'agent-stalled',
  'agent-restarted',
  'workload-failing',
  'port-conflict',
  'overdue',
]);
/** So seldom chance alone names anybody at all. */
const BY_CHANCE = 0.05;
/** 95 % of a normal distribution lie within so many standard deviations. */
const Z = 1.96;

/**
 * Who is the bad apple: over many runs, how often each host was the first to fail, against its siblings.
 * @param runs those that count
 * @param incidents of any run; those of others are left out
 */
export function hostTallies(
  runs: readonly Run[],
  incidents: readonly Incident[],
  facts: readonly HostClock[] = [],
): HostTally[] {
  const byRun = new Map<string, Incident[]>(runs.map(run => [run.id, []]));
  for (const incident of incidents) byRun.get(incident.run ?? '')?.push(incident);
  const records = new Map<string, HostTally>();
  for (const run of runs) {
    const told = byRun.get(run.id) ?? [];
    const first = firstFailure(told);
    for (const agent of run.agents) {
      const record = recordOf(records, agent, facts);
      record.runs++;
      if (first && !isShared(first, run) && first.subjects.includes(agent)) {
        record.firstToFail++;
        record.lastFailedAt = Math.max(record.lastFailedAt ?? 0, first.startedAt);
      }
      for (const incident of told) count(record, incident);
    }
  }
  const all = [...records.values()];
  const failed = all.reduce((sum, one) => sum + one.firstToFail, 0);
  const took = all.reduce((sum, one) => sum + one.runs, 0);
  for (const record of all) {
    record.rate = record.firstToFail / record.runs;
    record.between = wilson(record.firstToFail, record.runs);
    const others = took - record.runs;
    record.siblings = others > 0 ? (failed - record.firstToFail) / others : 0;
    const chance = chanceOf(record.firstToFail, record.runs, failed, took);
    // among a hundred hosts somebody is always the worst: each is allowed its part of the error
    record.standsOut = record.firstToFail >= 2 && chance * all.length < BY_CHANCE;
  }
  return all.sort(
    (a, b) => Number(b.standsOut) - Number(a.standsOut) || b.rate - a.rate || naturalOrder(a.agent, b.agent),
  );
}

/** Whom the run was given up for, by its controller's word; else who began first, as far as that is known. */
function firstFailure(incidents: readonly Incident[]): Incident | undefined {
  const faults = incidents.filter(({ kind, severity }) => FAULTS.has(kind) && severity !== 'info');
  const order = [...faults].sort(
    (a, b) => (a.began?.to ?? a.startedAt) - (b.began?.to ?? b.startedAt) || a.openedAt - b.openedAt,
  );
  return order.find(({ endedRun }) => endedRun !== undefined) ?? order[0];
}

/** What befell all agents of a run at once is no mark against any of them. */
function isShared({ cause, subjects }: Incident, { agents }: Run): boolean {
  return cause === 'partition' || (agents.length > 1 && agents.every(agent => subjects.includes(agent)));
}

function recordOf(records: Map<string, HostTally>, agent: string, facts: readonly HostClock[]): HostTally {
  const known = records.get(agent);
  if (known) return known;
  const fact = facts.find(one => one.agent === agent);
  const record: HostTally = {
    ...fact,
    agent,
    runs: 0,
    firstToFail: 0,
    rate: 0,
    between: [0, 1],
    siblings: 0,
    standsOut: false,
    causes: {},
    lost: 0,
    stalled: 0,
    restarts: 0,
    silences: 0,
    complaintsBy: 0,
    complaintsAbout: 0,
  };
  records.set(agent, record);
  return record;
}

function count(record: HostTally, incident: Incident): void {
  const { kind, subjects, evidence, cause } = incident;
  const { agent } = record;
  if (!subjects.includes(agent)) {
    if (evidence.some(line => line.by === agent && line.role === 'cause')) record.complaintsBy++;
    return;
  }
  if (kind === 'agent-lost') record.lost++;
  else if (kind === 'agent-stalled') record.stalled++;
  else if (kind === 'agent-restarted') record.restarts++;
  else if (kind === 'collector-lost') record.silences++;
  if (FAULTS.has(kind)) record.causes[cause ?? 'unknown'] = (record.causes[cause ?? 'unknown'] ?? 0) + 1;
  if (evidence.some(line => line.by !== agent && line.by !== 'deadair')) record.complaintsAbout++;
}

/** How likely so many hits or more fall to one of `of` draws by chance, when `hits` fell to `all` draws in the whole (hypergeometric). */
function chanceOf(own: number, of: number, hits: number, all: number): number {
  let chance = 0;
  for (let x = own; x <= Math.min(of, hits); x++)
    chance += Math.exp(logChoose(of, x) + logChoose(all - of, hits - x) - logChoose(all, hits));
  return Math.min(1, chance);
}

/** Logarithm of n over k; of what can't be chosen −Infinity. */
function logChoose(n: number, k: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY;
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

const LOG_FACTORIALS = [0];

function logFactorial(n: number): number {
  for (let i = LOG_FACTORIALS.length; i <= n; i++) LOG_FACTORIALS.push(LOG_FACTORIALS[i - 1]! + Math.log(i));
  return LOG_FACTORIALS[n]!;
}

/** The interval in which the true share lies with 95 % (Wilson's score interval: right for few and for none as well). */
function wilson(hits: number, of: number): [number, number] {
  if (of === 0) return [0, 1];
  const share = hits / of;
  const middle = share + (Z * Z) / (2 * of);
  const spread = Z * Math.sqrt((share * (1 - share) + (Z * Z) / (4 * of)) / of);
  const scale = 1 + (Z * Z) / of;
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)];
}
