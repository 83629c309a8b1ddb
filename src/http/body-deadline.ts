import type { Request } from 'express';
import { DeadairError } from '../platform/errors.js';

/** How long a body may take: a fixed time, and what its announced size takes at the slowest rate that is waited for. */
export interface BodyPace {
  withinMs: number;
  bytesPerSecond: number;
}

/** Of what a client holds in its hands when it asks. */
const REQUEST_PACE: BodyPace = { withinMs: 15_000, bytesPerSecond: 16 * 1024 };

/**
 * Ends a request whose body does not come: half-sent ones would be kept for minutes otherwise.
 * @returns to be called when the body is there
 */
export function bodyDeadline(
  req: Request,
  { withinMs, bytesPerSecond }: BodyPace = REQUEST_PACE,
): () => void {
  const announced = Number(req.headers['content-length'] ?? 0);
  const ms = withinMs + (Number.isFinite(announced) ? (announced / bytesPerSecond) * 1000 : 0);
  const timer = setTimeout(() => req.destroy(late()), Math.min(ms, 2 ** 31 - 1));
  return () => clearTimeout(timer);
}

export function late(): DeadairError {
  return new DeadairError(
    'request.timeout',
    'The body of the request did not come whole in time; send it again.',
    {
      subject: 'body',
    },
  );
}
