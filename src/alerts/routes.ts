import { z } from 'zod';
import { type Route, route } from '../http/route.js';
import { INCIDENT_KINDS, SEVERITIES } from '../model/incident.js';
import { redact } from '../wording/redaction.js';
import { iso } from '../wording/time.js';
import type { AlertManager } from './manager.js';
import type { Notification, Silence, Stored, Suppression } from './records.js';
import { SilenceRequest } from './silences.js';

const Time = z.iso.datetime();
const NotificationReply = z.object({
  id: z.string(),
  channel: z.string(),
  status: z.enum(['pending', 'delivered', 'gave-up', 'dropped']),
  title: z.string(),
  severity: z.enum(SEVERITIES),
  incidents: z.array(z.string()),
  createdAt: Time,
  attempts: z.int(),
  /** Only while it is pending. */
  nextAttemptAt: Time.optional(),
  endedAt: Time.optional(),
  lastError: z.string().optional(),
});
const SilenceReply = z.object({
  id: z.string(),
  match: z.record(z.string(), z.unknown()),
  from: Time,
  until: Time,
  comment: z.string(),
  by: z.string(),
  createdAt: Time,
});
const SuppressionReply = z.object({
  id: z.string(),
  at: Time,
  incident: z.string(),
  kind: z.enum(INCIDENT_KINDS),
  subjects: z.array(z.string()),
  run: z.string().optional(),
  channel: z.string().optional(),
  change: z.string(),
  reason: z.string(),
  until: Time.optional(),
  detail: z.string(),
});
export type NotificationReply = z.infer<typeof NotificationReply>;
export type SilenceReply = z.infer<typeof SilenceReply>;

export const AlertsReply = z.object({
  notifications: z.array(NotificationReply),
  channels: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      waiting: z.int(),
      lastDeliveredAt: Time.optional(),
      lastError: z.string().optional(),
    }),
  ),
  silences: z.array(SilenceReply),
});
export type AlertsReply = z.infer<typeof AlertsReply>;

const limit = z.coerce.number().int().min(1).max(1000);
const instant = z.iso.datetime({ offset: true });

/** `/v1/alerts`: what was sent, what was held and why, silences, tests. */
export function alertRoutes(alerts: AlertManager): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/alerts',
      summary: 'The newest notifications, how the channels are doing, silences in force',
      tag: 'alerts',
      auth: 'read',
      query: z.strictObject({ limit: limit.default(50) }),
      reply: AlertsReply,
      handler: async ({ query }) => {
        const { notifications, channels, silences } = await alerts.list(query.limit);
        return {
          notifications: notifications.map(notificationReply),
          channels: channels.map(({ lastDeliveredAt, lastError, ...channel }) => ({
            ...channel,
            ...(lastDeliveredAt === undefined ? {} : { lastDeliveredAt: iso(lastDeliveredAt) }),
            ...(lastError === undefined ? {} : { lastError: redact(lastError) }),
          })),
          silences: silences.map(silenceReply),
        };
      },
    }),
    route({
      method: 'post',
      path: '/v1/alerts/test',
      summary: 'Send a test message through one channel, now',
      tag: 'alerts',
      auth: 'write',
      body: z.strictObject({ channel: z.string().min(1).max(100) }),
      reply: z.object({ channel: z.string(), kind: z.string(), milliseconds: z.number() }),
      handler: ({ body }) => alerts.test(body.channel),
    }),
    route({
      method: 'get',
      path: '/v1/alerts/suppressions',
      summary: 'What was not told, and why',
      tag: 'alerts',
      auth: 'read',
      query: z.strictObject({
        incident: z.string().optional(),
        agent: z.string().optional(),
        run: z.string().optional(),
        channel: z.string().optional(),
        from: instant.optional(),
        to: instant.optional(),
        limit: limit.default(200),
      }),
      reply: z.object({ suppressions: z.array(SuppressionReply) }),
      handler: async ({ query: { from, to, ...rest } }) => {
        const found = await alerts.suppressions({
          ...rest,
          from: from === undefined ? undefined : Date.parse(from),
          to: to === undefined ? undefined : Date.parse(to),
        });
        return { suppressions: found.map(suppressionReply) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/alerts/silences',
      summary: 'Silences in force or to come; with all=true also those that are over',
      tag: 'alerts',
      auth: 'read',
      query: z.strictObject({ all: z.stringbool().default(false) }),
      reply: z.object({ silences: z.array(SilenceReply) }),
      handler: ({ query }) => ({
        silences: alerts.listSilences(query.all ? 'all' : 'current').map(silenceReply),
      }),
    }),
    route({
      method: 'post',
      path: '/v1/alerts/silences',
      summary: 'Hold alerts that match, for some minutes or until a time',
      tag: 'alerts',
      auth: 'write',
      body: SilenceRequest,
      reply: SilenceReply,
      status: 201,
      handler: async ({ body }) => silenceReply(await alerts.silence(body)),
    }),
    route({
      method: 'delete',
      path: '/v1/alerts/silences/:id',
      summary: 'End a silence now; what it held and is still open is told',
      tag: 'alerts',
      auth: 'write',
      params: z.object({ id: z.string().max(64) }),
      reply: SilenceReply,
      handler: async ({ params }) => silenceReply(await alerts.endSilence(params.id)),
    }),
  ];
}

function notificationReply(one: Stored<Notification>): NotificationReply {
  const { id, channel, status, message, incidents, attempts } = one;
  return {
    id,
    channel,
    status,
    title: message.title,
    severity: message.severity,
    incidents,
    createdAt: iso(one.createdAt),
    attempts,
    ...(status === 'pending' ? { nextAttemptAt: iso(one.nextAttemptAt) } : {}),
    ...(one.endedAt === undefined ? {} : { endedAt: iso(one.endedAt) }),
    ...(one.lastError === undefined ? {} : { lastError: redact(one.lastError) }),
  };
}

function silenceReply(one: Stored<Silence>): SilenceReply {
  return { ...one, from: iso(one.from), until: iso(one.until), createdAt: iso(one.createdAt) };
}

function suppressionReply(one: Stored<Suppression>): z.input<typeof SuppressionReply> {
  const { at, until, ...rest } = one;
  return {
    ...rest,
    at: iso(at),
    ...(until === undefined ? {} : { until: iso(until) }),
  };
}
