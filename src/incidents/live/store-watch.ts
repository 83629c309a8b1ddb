import type { Incident, IncidentChange } from '../../model/incident.js';
import type { Clock, Timer } from '../../platform/clock.js';
import { messageOf } from '../../platform/errors.js';
import { ulid } from '../../platform/ids.js';
import { type Logger, silentLogger } from '../../platform/logger.js';
import type { Store } from '../../store/store.js';
import { durationWords } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';

export interface StoreWatchDeps {
  store: Pick<Store, 'away'>;
  clock: Clock;
  logger?: Logger;
  /** All there are, newest first. */
  incidents: () => Incident[];
  /** Records a change and tells it. */
  note: (change: IncidentChange) => Promise<void>;
}

const KIND = 'store-unreachable';
const SUBJECT = 'Elasticsearch';
const EVERY_MS = 2000;
/** A restart of the server alone is no incident. */
const PATIENT_MS = 20_000;

/** Tells when the store of lines is out of reach, and when it is back: nobody else would, for agents are judged all the same. */
export class StoreWatch {
  private readonly logger: Logger;
  private timer: Timer | undefined;
  private working = false;
  private told: number | undefined;

  constructor(private readonly deps: StoreWatchDeps) {
    this.logger = deps.logger ?? silentLogger;
  }

  start(): void {
    this.timer = this.deps.clock.every(EVERY_MS, () => void this.look());
    void this.look();
  }

  stop(): void {
    this.timer?.cancel();
  }

  async look(): Promise<void> {
    if (this.working) return;
    this.working = true;
    try {
      await this.judge();
    } catch (thrown) {
      this.logger.warn('incidents.store-not-told', { error: messageOf(thrown) });
    } finally {
      this.working = false;
    }
  }

  private async judge(): Promise<void> {
    const { store, clock, incidents, note } = this.deps;
    const now = clock.now();
    const away = store.away?.();
    const open = incidents().find(({ kind, resolvedAt }) => kind === KIND && resolvedAt === undefined);
    if (!away) {
      this.told = undefined;
      if (open) await note({ change: 'resolved', incident: over(open, now), at: now });
      return;
    }
    // Of a process before: it has not been reached in between.
    if (open || this.told === away.since || now - away.since < PATIENT_MS) return;
    const incident = opened(away, now);
    await note({ change: 'opened', incident, at: now });
    this.told = away.since;
  }
}

function opened({ since, why }: { since: number; why: string }, now: number): Incident {
  return {
    id: ulid(now),
    kind: KIND,
    subjects: [SUBJECT],
    severity: 'critical',
    startedAt: since,
    openedAt: now,
    explanation: `${SUBJECT} is out of reach since ${clock(since)} UTC: lines wait at the collectors and are not searched or judged, none is lost; heartbeats and ports are judged as always.`,
    evidence: [{ at: now, by: 'deadair', role: 'cause', text: why }],
    consequences: [],
    updatedAt: now,
  };
}

function over(incident: Incident, now: number): Incident {
  return {
    ...incident,
    resolvedAt: now,
    updatedAt: now,
    explanation: `${SUBJECT} answers again at ${clock(now)} UTC, after ${durationWords(now - incident.startedAt)}: the collectors send what waited.`,
  };
}
