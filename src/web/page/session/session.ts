import { type Client, client } from '../api/client.js';
import type { Reply } from '../api/types.js';
import { app, say } from '../state/app.js';
import { followOverview } from '../state/feed.js';

export type Who = Reply<'GET /v1/whoami'>;

/**
 * Exchanges a token for the session: a cookie that no script reads. The token is kept nowhere in the browser.
 * @throws ApiError with the sentence to show: a wrong token, one that opens no page, too many tries
 */
export async function login(token: string): Promise<void> {
  const who = await client.login({ token });
  app.set({ login: 'no', who, sessions: app.get().sessions + 1 });
  followOverview();
}

/** Ends the session. Everything that was read goes with the page, which begins anew. */
export async function logout(): Promise<void> {
  try {
    await client.call('POST /v1/logout');
  } catch {
    say('The service does not answer; the session was not ended.');
    return;
  }
  location.reload();
}

/** Whom the service takes this browser for, once it answered; asked again after each connection it had lost. */
export function followWho(from: Client): void {
  let asking = false;
  app.subscribe(() => {
    const { connection, who, login: asked } = app.get();
    if (asking || who || asked !== 'no' || connection !== 'live') return;
    asking = true;
    from
      .call('GET /v1/whoami')
      .then(found => app.set({ who: found }))
      // Who asks is a word on a button: what the page is for does without.
      .catch(() => app.set({ who: { name: 'local', scope: 'read' } }));
  });
}

/** Asked for on a 401: the first time in this page, or because the session is over. */
export function askForLogin(): void {
  const { login: asked, service } = app.get();
  if (asked === 'no') app.set({ login: service === undefined ? 'first' : 'over', who: undefined });
}
