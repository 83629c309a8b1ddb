import { constants } from 'node:zlib';
import compression from 'compression';
import type { RequestHandler, Response } from 'express';

/** Smaller replies gain nothing that a packet would notice. */
const LEAST_BYTES = 1024;

/**
 * Replies compressed for whoever takes it. Brotli at 4 and deflate at 3: half of the bytes' gain for a tenth of the highest
 * levels' time, on the thread pool. The page's own files come compressed already and are left alone.
 */
export function compressed(): RequestHandler {
  return compression({
    threshold: LEAST_BYTES,
    level: 3,
    brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 } },
    filter: (req, res) => !req.path.startsWith('/v1/ingest') && compression.filter(req, res),
  });
}

/** Sends what was written so far: of a compressed stream a write alone may wait for more. */
export function flush(res: Response): void {
  (res as Response & { flush?: () => void }).flush?.();
}
