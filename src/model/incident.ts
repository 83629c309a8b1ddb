/** What each kind says: docs/reference/incidents.md. Others rely on the words. */
export const INCIDENT_KINDS = [
  'agent-lost',
  'agent-not-ready',
  'agent-stalled',
  'agent-stopped',
  'agent-restarted',
  'controller-lost',
  'controller-stalled',
  'startup-timeout',
  'workload-failing',
  'port-conflict',
  'clock-skew',
  'overdue',
  'collector-lost',
  'log-gap',
  'network-fault',
  'store-unreachable',
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

export const CAUSES = [
  'crashed',
  'reset',
  'unresponsive',
  'partition',
  'host-unreachable',
  'frozen',
  'refused',
  'dns',
  'tls',
  'disk-full',
  'permission',
  'credentials',
  'port-taken',
  'timeout',
  'wrong-address',
  'busy',
  'interrupted',
  'truncated',
  'unknown',
] as const;
export type Cause = (typeof CAUSES)[number];

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A line, or an observation without one (heartbeat, probe, silence), that an incident rests on. */
export interface Evidence {
  at: number;
  /** Who said or showed it: an agent id, `controller`, or `deadair` for own observations. */
  by: string;
  role: 'cause' | 'symptom' | 'consequence' | 'recovery';
  text: string;
  /** `SOURCE:OFFSET` of the line, where there is one. */
  record?: string;
  path?: string;
  rule?: string;
}

/** The subject of what is wrong with the host that Deadair itself runs on. */
export const SERVICE_HOST = 'Deadair’s own host';

export interface Incident {
  /** ULID; sorts by the time it was opened. */
  id: string;
  kind: IncidentKind;
  /** Agent ids, `controller`, or SERVICE_HOST. */
  subjects: string[];
  cause?: Cause;
  severity: Severity;
  run?: string;
  /** When the fault began, as far as evidence tells; openedAt is when Deadair could know. */
  startedAt: number;
  openedAt: number;
  resolvedAt?: number;
  /** The beginning lies between the last good and the first bad sign; who was first is certain only where two don't overlap. */
  began?: { from: number; to: number };
  /** When the run was given up because of it. */
  endedRun?: number;
  /** Where its subjects are, as far as that is known: of the first dozen. */
  places?: { agent: string; host?: string; address?: string }[];
  /** One sentence. */
  explanation: string;
  evidence: Evidence[];
  /** What others logged because of it: never incidents of their own. */
  consequences: Evidence[];
  updatedAt: number;
}

/** What the engine tells: recorded first, then turned into alerts. */
export type IncidentChange = {
  change: 'opened' | 'worsened' | 'updated' | 'resolved';
  incident: Incident;
  at: number;
  /** Nothing else is in sight: whoever tells of it need not wait for more. */
  alone?: true;
};
