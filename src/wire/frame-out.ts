import type { FrameHead } from './protocol.js';

/**
 * The body of POST /v1/ranges before compression: 4 bytes "DAR1", uint32 LE length of the JSON head, the head
 * (FrameHead), then the payload of every `bytes` entry in the order of the entries, nothing between.
 */
export const FRAME_MAGIC = Buffer.from('DAR1', 'latin1');
export const PREFIX_BYTES = 8;

/** The bytes that go before the payload. */
export function encodeFrameHead(head: FrameHead): Buffer {
  const json = Buffer.from(JSON.stringify(head), 'utf8');
  const out = Buffer.allocUnsafe(PREFIX_BYTES + json.length);
  FRAME_MAGIC.copy(out, 0);
  out.writeUInt32LE(json.length, 4);
  json.copy(out, PREFIX_BYTES);
  return out;
}

export function encodeFrame(head: FrameHead, payloads: readonly Uint8Array[]): Buffer {
  return Buffer.concat([encodeFrameHead(head), ...payloads]);
}
