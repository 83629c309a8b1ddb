import type { Client } from '@elastic/elasticsearch';
import { DOCUMENT_KINDS } from '../../model/document-kinds.js';
import { type Incident, SEVERITIES, type Severity } from '../../model/incident.js';
import { defined } from '../../platform/defined.js';
import { messageOf } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { incidentLinesState } from '../../wording/kibana-state.js';
import type { ShownAgent } from '../store.js';
import { sendBulk } from './bulk.js';
import type { DocumentWrite } from './documents.js';
import { asStoreError } from './errors.js';
import type { IndexNames } from './names.js';

const EVIDENCE_SHOWN = 20;
/** Of a sentence, as a keyword that tables can list. */
const SUMMARY = 1000;

/** As much of a notification as Kibana shows (documents of kind `notification`, written by the alerts). */
export interface ToldAlert {
  channel: string;
  status: 'pending' | 'delivered' | 'gave-up' | 'dropped';
  attempts: number;
  createdAt: number;
  endedAt?: number;
  lastError?: string;
  message: {
    title: string;
    status: string;
    severity: Severity;
    items: { incident: Pick<Incident, 'id' | 'kind' | 'subjects' | 'severity'> }[];
  };
}

/**
 * What Kibana shows of incidents and alerts: a document each time something became of one (data streams), and the present
 * state of each incident. Deadair itself reads its own documents; if one of these can't be written, only a picture of it is
 * missing, so that is logged and holds up nothing.
 */
export class KibanaView {
  constructor(
    private readonly client: Client,
    private readonly names: IndexNames,
    private readonly logger: Logger,
  ) {}

  /** @returns whether all of it is there */
  async documentsWritten(writes: readonly DocumentWrite[]): Promise<boolean> {
    let written = true;
    const incidents = writes.filter(({ kind, doc }) => kind === DOCUMENT_KINDS.incident && doc !== undefined);
    const alerts = writes.filter(
      ({ kind, doc }) => kind === DOCUMENT_KINDS.notification && doc !== undefined,
    );
    const { names } = this;
    if (incidents.length > 0) {
      const events = incidents.map(({ doc }) => incidentEvent(doc as Incident));
      written = await this.send(
        names.incidents,
        events.map((event, i) => {
          const { id, updatedAt, resolvedAt } = incidents[i]!.doc as Incident;
          return lines('create', `${id}:${updatedAt}:${resolvedAt ?? 'open'}`, event);
        }),
      );
      const states = await this.send(
        names.incidentStates,
        events.map(event => lines('index', event.deadair.incident.id, event)),
      );
      written &&= states;
    }
    if (alerts.length > 0) {
      const told = await this.send(
        names.alerts,
        alerts.map(({ id, doc }) => {
          const { status, attempts } = doc as ToldAlert;
          return lines('create', `${id}:${status}:${attempts}`, alertEvent(id, doc as ToldAlert));
        }),
      );
      written &&= told;
    }
    return written;
  }

  private async send(index: string, items: string[]): Promise<boolean> {
    try {
      const replies = await sendBulk(this.client, index, items.join(''), items.length);
      const wrong = replies.find(({ status }) => status >= 300 && status !== 409);
      if (wrong) throw new Error(wrong.error?.reason ?? `status ${wrong.status}`);
      return true;
    } catch (thrown) {
      this.logger.warn('elasticsearch.view-not-written', { index, error: messageOf(thrown) });
      return false;
    }
  }
}

/** Writes the agents' present state. @throws DeadairError */
export async function showAgents(
  client: Client,
  index: string,
  agents: readonly ShownAgent[],
  now: number,
): Promise<void> {
  if (agents.length === 0) return;
  const body = agents.map(agent => lines('index', agent.id, agentDocument(agent, now))).join('');
  try {
    const replies = await sendBulk(client, index, body, agents.length);
    const wrong = replies.find(({ status }) => status >= 300);
    if (wrong) throw new Error(wrong.error?.reason ?? `status ${wrong.status}`);
  } catch (thrown) {
    throw asStoreError(thrown, 'writing the state of agents');
  }
}

function lines(action: 'create' | 'index', id: string, document: unknown): string {
  return `{"${action}":{"_id":${JSON.stringify(id)}}}\n${JSON.stringify(document)}\n`;
}

/** An incident in ECS names: kind `alert`, and for the end of a connection category `session`, type `end`. */
export function incidentEvent(incident: Incident) {
  const { id, kind, subjects, cause, severity, run, startedAt, openedAt, resolvedAt, updatedAt } = incident;
  const state = resolvedAt === undefined ? 'open' : 'resolved';
  const at = resolvedAt ?? Math.max(updatedAt, openedAt);
  return {
    '@timestamp': new Date(at).toISOString(),
    message: incident.explanation,
    event: {
      id,
      kind: 'alert',
      category: ['session'],
      type: [state === 'open' ? 'end' : 'start'],
      outcome: state === 'open' ? 'failure' : 'success',
      action: kind,
      reason: incident.explanation,
      severity: SEVERITIES.indexOf(severity),
      dataset: 'deadair.incidents',
      start: new Date(startedAt).toISOString(),
      created: new Date(openedAt).toISOString(),
      ...(resolvedAt === undefined
        ? {}
        : { end: new Date(resolvedAt).toISOString(), duration: Math.round((resolvedAt - startedAt) * 1e6) }),
    },
    agent: { id: subjects },
    observer: { type: 'deadair' },
    deadair: {
      incident: {
        id,
        kind,
        subjects,
        ...defined({ cause }),
        severity,
        ...defined({ run }),
        state,
        summary: incident.explanation.slice(0, SUMMARY),
        lines: incidentLinesState(incident),
        evidence: incident.evidence.slice(0, EVIDENCE_SHOWN).map(({ by, text }) => `${by}: ${text}`),
      },
      ...(run === undefined ? {} : { run: [run] }),
    },
  };
}

export function alertEvent(id: string, notification: ToldAlert) {
  const { channel, status, attempts, message, createdAt, endedAt, lastError } = notification;
  const [first] = message.items;
  return {
    '@timestamp': new Date(endedAt ?? createdAt).toISOString(),
    message: message.title,
    event: {
      id,
      kind: 'alert',
      category: ['session'],
      type: ['info'],
      outcome: status === 'delivered' ? 'success' : status === 'pending' ? 'unknown' : 'failure',
      action: `alert-${status}`,
      severity: SEVERITIES.indexOf(message.severity),
      dataset: 'deadair.alerts',
      created: new Date(createdAt).toISOString(),
    },
    agent: { id: [...new Set(message.items.flatMap(item => item.incident.subjects))] },
    observer: { type: 'deadair' },
    deadair: {
      alert: {
        id,
        channel,
        status,
        attempts,
        title: message.title.slice(0, SUMMARY),
        ...defined({ error: lastError }),
      },
      ...(first
        ? {
            incident: {
              id: first.incident.id,
              kind: first.incident.kind,
              subjects: first.incident.subjects,
              severity: first.incident.severity,
              state: message.status,
            },
          }
        : {}),
    },
  };
}

/** An agent's document of the index `deadair-agents`. */
export function agentDocument(agent: ShownAgent, now: number) {
  const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());
  const seen = Math.max(agent.lastLineAt ?? 0, agent.lastHeartbeatAt ?? 0);
  const checked = new Date(now).toISOString();
  return {
    '@timestamp': checked,
    agent: { id: agent.id },
    host: { name: agent.host },
    deadair: {
      state: agent.state,
      phase: agent.phase,
      last_seen: seen === 0 ? undefined : iso(seen),
      last_line: iso(agent.lastLineAt),
      last_heartbeat: iso(agent.lastHeartbeatAt),
      // Written for every agent, silent ones too: rules can look for old `last_seen` within a recent time window.
      checked_at: checked,
      lag_bytes: agent.lagBytes,
      clock_offset_ms: agent.clockOffsetMs,
      lines: agent.lines,
      gaps: agent.gaps,
      files: agent.files.map(file => file.path),
      incidents: agent.incidents,
      open_incidents: agent.incidents.length,
    },
  };
}
