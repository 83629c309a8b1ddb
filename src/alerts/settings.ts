import { validateDetailed } from 'node-cron';
import { z } from 'zod';
import { IDS } from '../kibana/ids.js';
import { Duration } from '../platform/units.js';
import { Matcher, matcherFields } from './matcher.js';

/** A time span within bounds that are written the same way. */
function span(least: string, most: string) {
  const [low, high] = [Duration.parse(least), Duration.parse(most)];
  return Duration.refine(ms => ms >= low && ms <= high, `must be from ${least} to ${most}`);
}

/** A secret stands in the settings, in an environment variable or in a file of its own. */
export const Secret = z.union([
  z.string().min(1),
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
]);
export type Secret = z.infer<typeof Secret>;

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' });
/** Slack's and many other hooks carry their key in the URL, hence the ways of a secret. */
const SecretUrl = z.union([
  httpUrl,
  z.strictObject({ env: z.string() }),
  z.strictObject({ file: z.string() }),
]);

const common = {
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, dot, dash'),
  timeout: span('1s', '5m').prefault('15s'),
};
const headers = z.record(z.string(), Secret).default({});

export const ChannelSettings = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('log') }),
  z.strictObject({
    ...common,
    kind: z.literal('webhook'),
    url: SecretUrl,
    headers,
    /** Signs the body: `X-Deadair-Signature: sha256=HEX` (HMAC). */
    signingKey: Secret.optional(),
  }),
  z.strictObject({ ...common, kind: z.literal('slack'), url: SecretUrl, channel: z.string().optional() }),
  z.strictObject({
    ...common,
    kind: z.literal('email'),
    host: z.string().min(1),
    port: z.int().min(1).max(65_535).default(587),
    /** TLS from the first byte (port 465). Otherwise STARTTLS is used where the server offers it. */
    tls: z.boolean().default(false),
    /** Refuse to send without STARTTLS. */
    requireTls: z.boolean().default(false),
    /** Accept a certificate that can't be verified: for a relay with a self-made certificate. */
    allowUnverified: z.boolean().default(false),
    user: z.string().optional(),
    password: Secret.optional(),
    from: z.string().min(3),
    to: z.array(z.string().min(3)).min(1).max(100),
  }),
  z.strictObject({ ...common, kind: z.literal('alertmanager'), url: SecretUrl, headers }),
  z.strictObject({
    ...common,
    kind: z.literal('command'),
    /** Program and its arguments; no shell. The message comes as JSON on standard input. */
    command: z.array(z.string()).min(1).max(100),
  }),
]);
export type ChannelSettings = z.infer<typeof ChannelSettings>;

export const Route = z.strictObject({
  ...matcherFields,
  channels: z.array(z.string()).max(50),
  /** Look at the routes below, too. */
  continue: z.boolean().default(false),
});
export type Route = z.infer<typeof Route>;

const timeZone = z.string().refine(isTimeZone, 'is no time zone; write for example Europe/Berlin or UTC');
const instant = z.iso.datetime({ offset: true, error: 'write a time with its zone: 2026-03-01T22:00:00Z' });

const windowCommon = { name: z.string().min(1).max(100), match: Matcher.default({}) };
export const MaintenanceWindow = z.union([
  z.strictObject({ ...windowCommon, from: instant, to: instant }),
  z.strictObject({
    ...windowCommon,
    /** Five fields as in cron: minute hour day month weekday. */
    schedule: z.string().refine(text => {
      return text.trim().split(/\s+/).length === 5 && validateDetailed(text).valid;
    }, 'is no schedule; write five fields as in cron: minute hour day month weekday (0 22 * * sat)'),
    duration: span('1m', '7d'),
    timeZone: timeZone.default('UTC'),
  }),
]);
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>;

/** `alerts` in deadair.yaml. Durations are written `30s`, `2h`, and are milliseconds inside. */
export const AlertSettings = z
  .strictObject({
    channels: z
      .array(ChannelSettings)
      .max(50)
      .default([{ name: 'console', kind: 'log', timeout: 15_000 }]),
    /** First match wins unless it says `continue`. Without routes everything goes to every channel. */
    routes: z.array(Route).max(200).default([]),
    group: z
      .strictObject({
        /** What changes have in common to share a message. */
        by: z.array(z.enum(['run', 'kind', 'severity', 'incident'])).default(['run']),
        /** From the first change of a group to its message. */
        wait: span('0s', '10m').prefault('2s'),
        /** Between two messages of one group. */
        interval: span('0s', '1d').prefault('30s'),
      })
      .prefault({}),
    /** A fault of the same kind on the same agents is held this long after the last message about it. */
    coolDown: span('0s', '1d').prefault('2m'),
    /** While an incident stays open: after 15 min, 30 min, 1 h … */
    reminders: z
      .strictObject({
        first: span('1s', '7d').prefault('15m'),
        factor: z.number().min(1).max(10).default(2),
        max: span('1s', '7d').prefault('4h'),
        /** 0 turns reminders off. */
        limit: z.int().min(0).max(1000).default(6),
      })
      .prefault({}),
    retry: z
      .strictObject({
        first: span('100ms', '1h').prefault('2s'),
        max: span('1s', '1d').prefault('5m'),
        /** A message that can't be delivered for so long is put aside and said so. */
        giveUp: span('1m', '30d').prefault('3d'),
      })
      .prefault({}),
    maintenance: z.array(MaintenanceWindow).max(200).default([]),
    /** Evidence lines in a message. */
    evidenceLines: z.int().min(0).max(50).default(5),
    /** Where people reach the page, for links in messages. */
    pageUrl: httpUrl.optional(),
    /** Where people reach Kibana, for links; the data view of lines and the space, where they are not Deadair's own. */
    kibana: z
      .strictObject({
        url: httpUrl,
        dataView: z.string().min(1).default(IDS.views.lines),
        space: z.string().min(1).optional(),
      })
      .optional(),
  })
  .superRefine((settings, ctx) => {
    const names = new Set<string>();
    settings.channels.forEach((channel, i) => {
      if (names.has(channel.name))
        ctx.addIssue({
          code: 'custom',
          path: ['channels', i, 'name'],
          message: `there are two channels named "${channel.name}"; give each its own name`,
        });
      names.add(channel.name);
    });
    settings.routes.forEach((route, i) => {
      route.channels.forEach((name, j) => {
        if (!names.has(name))
          ctx.addIssue({
            code: 'custom',
            path: ['routes', i, 'channels', j],
            message: `there is no channel "${name}"; the channels are ${[...names].join(', ') || 'none'}`,
          });
      });
    });
    settings.maintenance.forEach((window, i) => {
      if ('from' in window && Date.parse(window.from) >= Date.parse(window.to))
        ctx.addIssue({
          code: 'custom',
          path: ['maintenance', i, 'to'],
          message: 'the window must end after it begins',
        });
    });
  });
export type AlertSettings = z.infer<typeof AlertSettings>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
