import { createHmac } from 'node:crypto';
import { iso } from '../../wording/time.js';
import type { AlertMessage } from '../message.js';
import type { Channel } from './channel.js';
import { postJson } from './http.js';

/** JSON to any receiver. `Idempotency-Key` is the message's id, which stays over retries. */
export class WebhookChannel implements Channel {
  readonly kind = 'webhook';

  constructor(
    readonly name: string,
    private readonly options: {
      url: string;
      headers: Record<string, string>;
      signingKey?: string | undefined;
    },
  ) {}

  async send(message: AlertMessage, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(webhookBody(message));
    const { url, headers, signingKey } = this.options;
    await postJson(
      url,
      body,
      {
        ...headers,
        'idempotency-key': message.id,
        ...(signingKey
          ? { 'x-deadair-signature': `sha256=${createHmac('sha256', signingKey).update(body).digest('hex')}` }
          : {}),
      },
      signal,
    );
  }
}

/** The message with times as RFC 3339 text, as everywhere in Deadair's JSON for others. */
export function webhookBody(message: AlertMessage): Record<string, unknown> {
  return {
    version: message.version,
    id: message.id,
    createdAt: iso(message.createdAt),
    status: message.status,
    severity: message.severity,
    title: message.title,
    text: message.text,
    incidents: message.items.map(({ incident, change, evidence, ...item }) => ({
      ...incident,
      startedAt: iso(incident.startedAt),
      openedAt: iso(incident.openedAt),
      ...(incident.resolvedAt === undefined ? {} : { resolvedAt: iso(incident.resolvedAt) }),
      change,
      evidence: evidence.map(line => ({ ...line, at: iso(line.at) })),
      ...item,
    })),
  };
}
