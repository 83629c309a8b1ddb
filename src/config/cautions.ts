import { sentInClear } from '../platform/loopback.js';
import type { Settings } from './settings.js';

/** A token that is guessed at is slowed to one try in two seconds; 16 characters of hex are then beyond guessing. */
const SHORT_TOKEN = 16;

/** What is allowed and dangerous: sentences for the log, without the secrets they are about. */
export function cautions({ server, collect }: Settings): string[] {
  const told: string[] = [];
  const short = (token: string | undefined) => token !== undefined && token.length < SHORT_TOKEN;
  if (short(server.token) || short(collect.token))
    told.push(
      `the token has fewer than ${SHORT_TOKEN} characters and may be guessed; make a longer one, for example with ` +
        '`openssl rand -hex 24`, and set it as DEADAIR_TOKEN on all hosts',
    );
  if ((collect.token ?? collect.tokenFile) !== undefined && sentInClear(collect.to))
    told.push(
      `the token is sent to ${new URL(collect.to).host} over plain HTTP, where everybody on the way can read it and the logs; ` +
        'use https:// there: `deadair tls init` makes the certificates (server.tls, collect.tls.ca)',
    );
  return told;
}
