import type { Incident, IncidentKind, Severity } from '../model/incident.js';
import { defined } from '../platform/defined.js';
import type { Matcher } from './matcher.js';
import type { AlertChange, AlertMessage } from './message.js';

/** What is known of one incident and told to whom. Id: the incident's. */
export interface AlertState {
  /** As last handed over; redacted. */
  incident: Incident;
  runName?: string;
  channels: Record<string, ChannelState>;
  updatedAt: number;
}

export interface ChannelState {
  /** What the people behind this channel know. */
  told: 'nothing' | 'open' | 'resolved';
  toldSeverity?: Severity;
  toldAt?: number;
  /** To be told, and since when. */
  pending?: {
    change: Exclude<AlertChange, 'test' | 'reminder'>;
    since: number;
    /** Told at once, past the interval of its group. */
    urgent?: boolean;
    /** Nothing else is in sight: it does not wait for the rest of its group. */
    alone?: boolean;
  };
  /** Why it is not told yet. */
  held?: { reason: SuppressionReason; until: number; detail: string };
  /** It was over before it could be told; the reason that held it. */
  dropped?: SuppressionReason;
  reminders: number;
  nextReminderAt?: number;
}

export type SuppressionReason =
  | 'no-route'
  | 'silence'
  | 'maintenance'
  | 'cool-down'
  | 'channel-gone'
  | 'gave-up';

/** One non-firing, for `deadair explain`. */
export interface Suppression {
  at: number;
  incident: string;
  kind: IncidentKind;
  subjects: string[];
  run?: string;
  /** Absent where no channel came into question. */
  channel?: string;
  change: AlertChange;
  reason: SuppressionReason;
  /** Held, not dropped: told at this time if it is still open. */
  until?: number;
  /** One sentence. */
  detail: string;
}

export function suppressionOf(
  incident: Pick<Incident, 'id' | 'kind' | 'subjects' | 'run'>,
  channel: string | undefined,
  change: AlertChange,
  at: number,
  why: Pick<Suppression, 'reason' | 'detail'> & { until?: number },
): Suppression {
  return {
    at,
    incident: incident.id,
    kind: incident.kind,
    subjects: incident.subjects,
    ...defined({ run: incident.run, channel }),
    change,
    reason: why.reason,
    ...defined({ until: why.until }),
    detail: why.detail,
  };
}

/** The outbox's entry. */
export interface Notification {
  channel: string;
  group: string;
  incidents: string[];
  message: AlertMessage;
  status: 'pending' | 'delivered' | 'gave-up' | 'dropped';
  createdAt: number;
  attempts: number;
  nextAttemptAt: number;
  lastError?: string;
  endedAt?: number;
}

export interface Silence {
  match: Matcher;
  from: number;
  until: number;
  comment: string;
  by: string;
  createdAt: number;
}

export type Stored<T> = T & { id: string };

let counter = 0;

/** Sorts by time; unique also within a millisecond and over restarts. */
export function timeOrderedId(at: number, random: () => number): string {
  counter = (counter + 1) % 46_656;
  const tail = Math.floor(random() * 36 ** 6)
    .toString(36)
    .padStart(6, '0');
  return `${Math.floor(at).toString(36).padStart(9, '0')}${counter.toString(36).padStart(3, '0')}${tail}`;
}
