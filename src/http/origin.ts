import type { Request } from 'express';
import { DeadairError } from '../platform/errors.js';

/**
 * Without a token, anything that runs on this host may ask, a web page in its browser too if it can make its own name
 * point here (DNS rebinding). Such a request carries that name.
 */
export function refuseForeignHost(req: Request): void {
  const name = (req.headers.host ?? '').replace(/:\d+$/, '');
  if (/^(localhost|127(\.\d{1,3}){3}|\[::1\]|)$/i.test(name)) return;
  throw new DeadairError(
    'auth.missing',
    'Without a token this service answers only to localhost and 127.0.0.1; set DEADAIR_TOKEN to reach it by another name.',
    { subject: 'Host' },
  );
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A web page elsewhere must not use the browser of somebody who may ask this service. Browsers say where a request comes from
 * (Fetch Metadata, and Origin with all that is no plain GET); programs say neither and are let through.
 */
export function refuseCrossSite(req: Request): void {
  const site = req.headers['sec-fetch-site'];
  const foreign = site === 'cross-site' || site === 'same-site';
  // A link to the page or a file is followed by the person; what a page of others fetches in silence is not.
  const followed = req.headers['sec-fetch-mode'] === 'navigate' && SAFE.has(req.method);
  if (foreign && !followed) throw crossSite();
  const { origin, host } = req.headers;
  if (SAFE.has(req.method) || origin === undefined) return;
  if (host === undefined || !URL.canParse(origin) || new URL(origin).host !== host.toLowerCase())
    throw crossSite();
}

function crossSite(): DeadairError {
  return new DeadairError(
    'request.cross-site',
    'A web page of another site asks for this; the service answers to its own page and to programs only.',
    { subject: 'Origin' },
  );
}
