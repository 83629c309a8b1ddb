import type { Request, Response } from 'express';
import type { Access, Scope } from './access.js';

export const LOOK_AGAIN_MS = 10_000;

/**
 * An answer that goes on, an event stream, ends when whoever asked for it may no longer: its token was revoked or is over, its
 * session has ended. Breaking it off is the only sign there is; whoever comes again is told why.
 */
export function whileAllowed(
  access: Access,
  needed: Scope,
  req: Request,
  res: Response,
  everyMs: number,
): void {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    Promise.resolve()
      .then(() => access.admit(req, needed))
      .then(
        () => {
          looking = false;
        },
        () => res.destroy(),
      );
  }, everyMs);
  timer.unref();
  res.once('close', () => clearInterval(timer));
}
