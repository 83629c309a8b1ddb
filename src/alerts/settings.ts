import { validateDetailed } from 'node-cron';
import { z } from 'zod';
import { IDS } from '../kibana/ids.js';
import { Duration } from '../platform/units.js';
import { Matcher, matcherFields } from './matcher.js';

/** A time span within bounds that are written the same way. */
function span(least: string, most: string) {
  const [low, high] = [Duration.parse(least), Duration.parse(most)];
  return Duration.refine(ms => ms >= low && ms <= high, `must be from ${least} to ${most}`).meta({
    title: `time span, ${least} to ${most}`,
  });
}

/** A secret stands in the settings, in an environment variable or in a file of its own. */
export const Secret = z
  .union([
    z.string().min(1),
    z.strictObject({ env: z.string().min(1) }),
    z.strictObject({ file: z.string().min(1) }),
  ])
  .meta({ title: 'secret' });
export type Secret = z.infer<typeof Secret>;

/** An address is shown in errors, links and the page; name and password are for headers, which are secrets. */
export const NO_CREDENTIALS =
  'must not hold a user or password (http://USER:PASSWORD@HOST); a webhook and an Alertmanager take them as a header: ' +
  'headers: { authorization: { env: NAME } }, its value "Basic " and the base64 of USER:PASSWORD';

/** Whether an address names neither a user nor a password; what is no address is for others to refuse. */
export function withoutCredentials(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username === '' && password === '';
}

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' })
  .refine(withoutCredentials, NO_CREDENTIALS);
/** Slack's and many other hooks carry their key in the URL, hence the ways of a secret. */
const SecretUrl = z
  .union([httpUrl, z.strictObject({ env: z.string() }), z.strictObject({ file: z.string() })])
  .meta({
    title: 'URL or secret',
    description: 'Where messages are sent; in the file, an environment variable or a file of its own.',
  });

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, dot, dash')
    .describe('What routes, `deadair alerts test` and the page call it.'),
  timeout: span('1s', '5m').prefault('15s').describe('One attempt may take so long.'),
};
const headers = z.record(z.string(), Secret).default({}).describe('Headers by name; values may be secrets.');

export const ChannelSettings = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('log').describe('Console and log.') }),
  z.strictObject({
    ...common,
    kind: z.literal('webhook').describe('JSON to a URL.'),
    url: SecretUrl,
    headers,
    signingKey: Secret.optional().describe('Signs the body: `X-Deadair-Signature: sha256=HEX` (HMAC).'),
  }),
  z.strictObject({
    ...common,
    kind: z
      .literal('slack')
      .describe(
        "Slack's incoming webhooks, and what speaks like them (Mattermost, Rocket.Chat, Discord's /slack).",
      ),
    url: SecretUrl,
    channel: z.string().optional().describe('Channel, where the hook does not name one.'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('email').describe('Mail by SMTP.'),
    host: z.string().min(1).describe('Mail server that takes the message.'),
    port: z.int().min(1).max(65_535).default(587).describe('Its port.'),
    tls: z
      .boolean()
      .default(false)
      .describe('TLS from the first byte (port 465). Otherwise STARTTLS is used where the server offers it.'),
    requireTls: z.boolean().default(false).describe('Refuse to send without STARTTLS.'),
    allowUnverified: z
      .boolean()
      .default(false)
      .describe("Accept a certificate that can't be verified: for a relay with a self-made certificate."),
    user: z.string().optional().describe('Login, where the server wants one.'),
    password: Secret.optional().describe('Its password.'),
    from: z.string().min(3).describe("Sender's address."),
    to: z.array(z.string().min(3)).min(1).max(100).describe("Receivers' addresses."),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('alertmanager').describe("Prometheus Alertmanager's API."),
    url: SecretUrl,
    headers,
  }),
  z.strictObject({
    ...common,
    kind: z.literal('command').describe('A program of yours.'),
    command: z
      .array(z.string())
      .min(1)
      .max(100)
      .describe('Program and its arguments; no shell. The message comes as JSON on standard input.'),
    env: z
      .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'write the name of a variable, without its value'))
      .max(100)
      .default([])
      .describe(
        'Variables of the service that the program gets beside DEADAIR_ALERT_*, PATH, HOME, USER, LOGNAME, SHELL, LANG, ' +
          'LANGUAGE, LC_*, TZ and TMPDIR. Others, such as DEADAIR_TOKEN, are kept from it.',
      ),
  }),
]);
export type ChannelSettings = z.infer<typeof ChannelSettings>;

const Route = z.strictObject({
  ...matcherFields,
  channels: z.array(z.string()).max(50).describe('Names of channels that are told; none: nobody is.'),
  continue: z.boolean().default(false).describe('Look at the routes below, too.'),
});
export type Route = z.infer<typeof Route>;

const timeZone = z.string().refine(isTimeZone, 'is no time zone; write for example Europe/Berlin or UTC');
const instant = z.iso.datetime({ offset: true, error: 'write a time with its zone: 2026-03-01T22:00:00Z' });

const windowCommon = {
  name: z.string().min(1).max(100).describe('What `deadair alerts` and suppressions call it.'),
  match: Matcher.default({}).describe('Which incidents it holds; without it all.'),
};
export const MaintenanceWindow = z.union([
  z
    .strictObject({
      ...windowCommon,
      from: instant.describe('Begin, with its zone.'),
      to: instant.describe('End, with its zone.'),
    })
    .meta({ title: 'once' }),
  z
    .strictObject({
      ...windowCommon,
      schedule: z
        .string()
        .refine(text => {
          return text.trim().split(/\s+/).length === 5 && validateDetailed(text).valid;
        }, 'is no schedule; write five fields as in cron: minute hour day month weekday (0 22 * * sat)')
        .describe('When it begins: five fields as in cron, minute hour day month weekday.'),
      duration: span('1m', '7d').describe('How long the window is open from each beginning.'),
      timeZone: timeZone.default('UTC').describe('The zone of the schedule.'),
    })
    .meta({ title: 'by schedule' }),
]);
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>;

/** `alerts` in deadair.yaml. Durations are written `30s`, `2h`, and are milliseconds inside. */
export const AlertSettings = z
  .strictObject({
    channels: z
      .array(ChannelSettings)
      .max(50)
      .prefault([{ name: 'console', kind: 'log' }])
      .describe('Where messages go; `log` is the terminal and `deadair watch`.'),
    routes: z
      .array(Route)
      .max(200)
      .default([])
      .describe(
        'First match wins unless it says `continue`. Without routes everything goes to every channel.',
      ),
    group: z
      .strictObject({
        by: z
          .array(z.enum(['run', 'kind', 'severity', 'incident']))
          .default(['run'])
          .describe('What changes have in common to share a message.'),
        wait: span('0s', '10m')
          .prefault('2s')
          .describe(
            'From the first change of a group to its message, where more is in sight or it is no emergency; a critical one that stands alone is told at once.',
          ),
        interval: span('0s', '1d').prefault('30s').describe('Between two messages of one group.'),
      })
      .prefault({})
      .describe('Which changes share a message.'),
    coolDown: span('0s', '1d')
      .prefault('2m')
      .describe(
        'A fault of the same kind on the same agents is held this long after the last message about it.',
      ),
    reminders: z
      .strictObject({
        first: span('1s', '7d')
          .prefault('15m')
          .describe('From a message to the first reminder while the incident stays open.'),
        factor: z.number().min(1).max(10).default(2).describe('Each wait is so many times the one before.'),
        max: span('1s', '7d').prefault('4h').describe('No wait is longer.'),
        limit: z.int().min(0).max(1000).default(6).describe('0 turns reminders off.'),
      })
      .prefault({})
      .describe('While an incident stays open: after 15 min, 30 min, 1 h …, as set here.'),
    retry: z
      .strictObject({
        first: span('100ms', '1h')
          .prefault('2s')
          .describe('Wait after the first attempt that failed; doubles from there.'),
        max: span('1s', '1d').prefault('5m').describe('No wait is longer.'),
        giveUp: span('1m', '30d')
          .prefault('3d')
          .describe("A message that can't be delivered for so long is put aside and said so."),
      })
      .prefault({})
      .describe('What becomes of a message that could not be delivered.'),
    maintenance: z
      .array(MaintenanceWindow)
      .max(200)
      .default([])
      .describe('Windows in which messages are held: once (`from`, `to`) or by a schedule.'),
    evidenceLines: z.int().min(0).max(50).default(5).describe('Evidence lines in a message.'),
    pageUrl: httpUrl.optional().describe('Where people reach the page, for links in messages.'),
    kibana: z
      .strictObject({
        url: httpUrl.describe('Where people reach Kibana.'),
        dataView: z.string().min(1).default(IDS.views.lines).describe('Id of the data view of lines.'),
        space: z.string().min(1).optional().describe("Kibana's space, where it is not the default one."),
      })
      .optional()
      .describe('For links into Kibana; absent: there are none.'),
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
