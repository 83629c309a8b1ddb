import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request } from 'express';
import { late } from '../http/body-deadline.js';
import type { Clock } from '../platform/clock.js';
import { DeadairError } from '../platform/errors.js';

export interface UploadLimits {
  /** Compressed bytes. */
  maxBytes: number;
  /** Bytes that stay free on the disk, or null where that can't be told. */
  room: () => number | null;
}

/** An upload that brings less in this time is given up: it holds a place that others want. */
const WINDOW_MS = 20_000;
const LEAST_BYTES = 64 * 1024;
/** How often it is looked whether the disk still has room. */
const LOOK_BYTES = 16 * 1024 * 1024;

/**
 * Writes a request's body to a file, within its limits.
 * @throws DeadairError `capsule.too-large`, `store.full`, `request.timeout`, `request.invalid`
 */
export async function receiveUpload(
  req: Request,
  file: string,
  { maxBytes, room }: UploadLimits,
  clock: Clock,
): Promise<void> {
  const announced = Number(req.headers['content-length'] ?? 0);
  const left = room();
  if (announced > maxBytes) throw tooLarge(maxBytes);
  if (left !== null && announced > left) throw noRoom();
  let size = 0;
  let seen = 0;
  let looked = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > maxBytes) return done(tooLarge(maxBytes));
      if (size - looked >= LOOK_BYTES) {
        looked = size;
        const now = room();
        if (now !== null && now <= 0) return done(noRoom());
      }
      done(null, chunk);
    },
  });
  const watching = clock.every(WINDOW_MS, () => {
    if (size - seen < LEAST_BYTES) counted.destroy(late());
    seen = size;
  });
  try {
    await pipeline(req, counted, createWriteStream(file, { mode: 0o600 }));
  } catch (cause) {
    if (cause instanceof DeadairError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') throw noRoom(cause);
    throw new DeadairError('request.invalid', 'The connection ended before the capsule was complete.', {
      cause,
    });
  } finally {
    watching.cancel();
  }
}

function tooLarge(maxBytes: number): DeadairError {
  return new DeadairError(
    'capsule.too-large',
    `The capsule is larger than ${maxBytes} bytes; if you trust it, raise the limit with --max-size.`,
    { subject: 'maxBytes' },
  );
}

function noRoom(cause?: unknown): DeadairError {
  return new DeadairError(
    'store.full',
    'The disk has no room for this capsule beside what retention keeps free: make room and import it again.',
    { subject: 'store.retention.minFree', retryAfterSeconds: 60, cause },
  );
}
