import { readFileSync } from 'node:fs';
import { DeadairError } from '../../platform/errors.js';
import { type ChannelSettings, NO_CREDENTIALS, type Secret, withoutCredentials } from '../settings.js';
import { AlertmanagerChannel } from './alertmanager.js';
import type { Channel } from './channel.js';
import { CommandChannel } from './command.js';
import { EmailChannel } from './email.js';
import { type LineSink, LogChannel } from './log.js';
import { SlackChannel } from './slack.js';
import { WebhookChannel } from './webhook.js';

export interface ChannelSurroundings {
  env: Record<string, string | undefined>;
  /** Where the `log` channel writes. */
  sink: LineSink;
}

/** @throws DeadairError `config.invalid` when a secret can't be had, with the setting's path */
export function createChannels(settings: readonly ChannelSettings[], around: ChannelSurroundings): Channel[] {
  return settings.map((channel, i) => createChannel(channel, `alerts.channels[${i}]`, around));
}

function createChannel(settings: ChannelSettings, path: string, around: ChannelSurroundings): Channel {
  const secret = (value: Secret, field: string) => readSecret(value, `${path}.${field}`, around.env);
  const url = (value: Secret) => checkedUrl(secret(value, 'url'), `${path}.url`);
  const headers = (values: Record<string, Secret>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, secret(value, `headers.${key}`)]));
  switch (settings.kind) {
    case 'log':
      return new LogChannel(settings.name, around.sink);
    case 'webhook':
      return new WebhookChannel(settings.name, {
        url: url(settings.url),
        headers: headers(settings.headers),
        signingKey: settings.signingKey && secret(settings.signingKey, 'signingKey'),
      });
    case 'slack':
      return new SlackChannel(settings.name, { url: url(settings.url), channel: settings.channel });
    case 'email':
      return new EmailChannel(settings.name, {
        ...settings,
        password: settings.password && secret(settings.password, 'password'),
      });
    case 'alertmanager':
      return new AlertmanagerChannel(settings.name, {
        url: url(settings.url),
        headers: headers(settings.headers),
      });
    case 'command':
      return new CommandChannel(settings.name, settings.command, { env: around.env, hand: settings.env });
  }
}

function readSecret(secret: Secret, subject: string, env: Record<string, string | undefined>): string {
  if (typeof secret === 'string') return secret;
  if ('env' in secret) {
    const value = env[secret.env];
    if (value) return value;
    throw new DeadairError(
      'config.invalid',
      `The environment variable ${secret.env} is not set; set it or write the value here.`,
      { subject },
    );
  }
  try {
    return readFileSync(secret.file, 'utf8').trim();
  } catch (thrown) {
    throw new DeadairError(
      'config.invalid',
      `The file ${secret.file} can not be read (${(thrown as NodeJS.ErrnoException).code}); make it readable for the user Deadair runs as.`,
      { subject, cause: thrown },
    );
  }
}

/** The address itself is in no error: it may hold a key. */
function checkedUrl(text: string, subject: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) {
    if (withoutCredentials(text)) return text;
    throw new DeadairError('config.invalid', `The address ${NO_CREDENTIALS}.`, { subject });
  }
  throw new DeadairError('config.invalid', 'This is no address that begins with http:// or https://.', {
    subject,
  });
}
