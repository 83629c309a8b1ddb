import type { Request } from 'express';
import { bodyDeadline } from '../http/body-deadline.js';
import { DeadairError } from '../platform/errors.js';
import { FRAME_CONTENT_TYPE } from '../wire/version.js';
import type { Stay } from './admission.js';
import { ENCODINGS, takesEncoding } from './decompress.js';

/**
 * Reads a request's body as it came over the wire, within the limit and as far as there is room. Decompression happens in the line stage, within a
 * limit of its own.
 * @throws DeadairError `request.encoding`, `request.too-large`, `request.invalid`, `busy`
 */
export async function readFrameBody(
  req: Request,
  maxBytes: number,
  stay: Pick<Stay, 'read'>,
): Promise<{ body: Buffer; encoding: string }> {
  if (!req.is(FRAME_CONTENT_TYPE))
    throw new DeadairError('request.encoding', `Send ranges as ${FRAME_CONTENT_TYPE}.`, {
      subject: 'Content-Type',
    });
  const encoding = (req.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (!takesEncoding(encoding))
    throw new DeadairError(
      'request.encoding',
      `This server does not take Content-Encoding ${encoding}; it takes ${ENCODINGS.join(', ')}.`,
      { subject: 'Content-Encoding' },
    );
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  const arrived = bodyDeadline(req);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      stay.read(chunk.length);
      chunks.push(chunk);
    }
  } catch (thrown) {
    if (thrown instanceof DeadairError) throw thrown;
    throw new DeadairError('request.invalid', 'The connection ended before the body was complete.', {
      cause: thrown,
    });
  } finally {
    arrived();
  }
  // Memory of its own, which the line stage takes over; `Buffer.concat` may take some of Node's shared pool.
  const body = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(body, at);
  return { body, encoding };
}

function tooLarge(maxBytes: number): DeadairError {
  return new DeadairError(
    'request.too-large',
    `The body is larger than ${maxBytes} bytes; send smaller batches.`,
    {
      subject: 'ingest.maxBody',
    },
  );
}
