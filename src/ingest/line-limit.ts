import { DeadairError } from '../platform/errors.js';

/**
 * Lines of one request: bytes alone say nothing of the work, 60 MiB of newlines come in 400 bytes over the wire. Of ordinary logs
 * it is some 40 MB; a collector that is told `request.too-large` sends less at a time.
 */
const MAX_LINES = 250_000;

/** @throws DeadairError request.too-large */
export function refuseTooManyLines(payloads: readonly (Buffer | undefined)[]): void {
  let bytes = 0;
  for (const payload of payloads) bytes += payload?.length ?? 0;
  if (bytes <= MAX_LINES) return;
  let lines = 0;
  for (const payload of payloads)
    for (let at = payload?.indexOf(10) ?? -1; at >= 0; at = payload!.indexOf(10, at + 1))
      if (++lines > MAX_LINES)
        throw new DeadairError(
          'request.too-large',
          `The request has more than ${MAX_LINES} lines; send smaller batches.`,
          { subject: 'lines' },
        );
}
