import { DeadairError } from '../platform/errors.js';
import { FRAME_MAGIC, PREFIX_BYTES } from './frame-out.js';
import { type ByteRange, FrameHead } from './protocol.js';
import { WIRE_VERSION } from './version.js';

/** 10,000 descriptors and 100,000 entries fit well; anything larger is no frame of ours. */
const MAX_HEAD_BYTES = 32 * 1024 * 1024;

export interface Frame {
  head: FrameHead;
  /** One per entry of `head.entries`, views into the frame; undefined for gaps and ends. */
  payloads: (Buffer | undefined)[];
}

/**
 * Reads a decompressed body. The payloads are views: copy what must outlive `body`.
 * @throws DeadairError `request.invalid` (not a frame, sizes that don't add up), `request.version`
 */
export function decodeFrame(body: Buffer): Frame {
  if (body.length < PREFIX_BYTES || !body.subarray(0, 4).equals(FRAME_MAGIC))
    throw invalid('the body is not a Deadair frame (it does not begin with DAR1)');
  const headBytes = body.readUInt32LE(4);
  if (headBytes > MAX_HEAD_BYTES || PREFIX_BYTES + headBytes > body.length)
    throw invalid(`the frame's head claims ${headBytes} bytes, the body has ${body.length - PREFIX_BYTES}`);
  const head = parseHead(body.subarray(PREFIX_BYTES, PREFIX_BYTES + headBytes));

  let offset = PREFIX_BYTES + headBytes;
  const payloads = head.entries.map((entry, index) => {
    if (entry.source >= head.sources.length)
      throw invalid(
        `entry ${index} names source ${entry.source}, the frame has ${head.sources.length} sources`,
      );
    if (entry.kind !== 'bytes') return undefined;
    const length = rangeLength(entry, index);
    if (offset + length > body.length) throw invalid(`the payload ends inside entry ${index}`);
    offset += length;
    return body.subarray(offset - length, offset);
  });
  if (offset !== body.length) throw invalid(`${body.length - offset} bytes follow the last entry's payload`);
  return { head, payloads };
}

function parseHead(bytes: Buffer): FrameHead {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw invalid("the frame's head is not JSON", cause);
  }
  const version = (json as { version?: unknown } | null)?.version;
  if (version !== WIRE_VERSION)
    throw new DeadairError(
      'request.version',
      `the collector speaks protocol version ${String(version)}, this server ${WIRE_VERSION}: use the same release on both sides`,
      { subject: 'version' },
    );
  const parsed = FrameHead.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(`the frame's head is invalid at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`);
}

function rangeLength(entry: ByteRange, index: number): number {
  if (entry.to < entry.from)
    throw invalid(`entry ${index} ends at ${entry.to}, before its start ${entry.from}`);
  return entry.to - entry.from;
}

function invalid(message: string, cause?: unknown): DeadairError {
  return new DeadairError('request.invalid', message, { cause });
}
