import type { Severity } from '../../model/incident.js';
import { defined } from '../../platform/defined.js';
import { careWords } from '../../wording/care.js';
import { incidentHeadline } from '../../wording/incident.js';
import { iso } from '../../wording/time.js';
import type { AlertItem, AlertMessage } from '../message.js';
import type { Channel } from './channel.js';
import { postJson } from './http.js';

/**
 * Alertmanager resolves by itself what is not sent again before `endsAt`. Deadair tells when it is over, so the end is
 * far away; each reminder moves it on.
 */
const OPEN_FOR_MS = 7 * 24 * 3_600_000;

/** Alertmanager's API v2, `POST /api/v2/alerts`; one alert per agent concerned. */
export class AlertmanagerChannel implements Channel {
  readonly kind = 'alertmanager';

  constructor(
    readonly name: string,
    private readonly options: { url: string; headers: Record<string, string> },
  ) {}

  async send(message: AlertMessage, signal: AbortSignal): Promise<void> {
    const url = `${this.options.url.replace(/\/+$/, '')}/api/v2/alerts`;
    const alerts = message.items.flatMap(item => alertsOf(item, message.createdAt));
    await postJson(url, JSON.stringify(alerts), this.options.headers, signal);
  }
}

function alertsOf(item: AlertItem, now: number): Record<string, unknown>[] {
  const { incident, previousSeverity } = item;
  const subjects = incident.subjects.length > 0 ? incident.subjects : ['run'];
  const end = item.change === 'resolved' ? (incident.resolvedAt ?? now) : now + OPEN_FOR_MS;
  // The labels are an alert's identity, so one whose severity changed must be ended under its old labels.
  const severities: [Severity, number][] = [[incident.severity, end]];
  if (previousSeverity && previousSeverity !== incident.severity) severities.push([previousSeverity, now]);
  return subjects.flatMap(agent =>
    severities.map(([severity, endsAt]) => ({
      labels: {
        alertname: `Deadair_${incident.kind.replaceAll('-', '_')}`,
        kind: incident.kind,
        agent,
        severity,
        incident: incident.id,
        ...defined({ run: incident.run }),
      },
      annotations: {
        summary: incidentHeadline(incident),
        description: [incident.explanation, ...item.evidence.map(line => `${line.by}: ${line.text}`)].join(
          '\n',
        ),
        ...defined({
          care: item.care?.map(careWords).join('\n'),
          kibana: item.links.kibana,
          surrounding: item.links.surrounding,
          postmortem: item.links.postmortem,
        }),
      },
      startsAt: iso(incident.startedAt),
      endsAt: iso(endsAt),
      ...defined({ generatorURL: item.links.page }),
    })),
  );
}
