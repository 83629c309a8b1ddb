import { MessageChannel } from 'node:worker_threads';

/** Below this the garbage collector is cheaper. */
const SMALLEST = 4 * 1024;

/** Closed: what is sent through it is taken from the sender and thrown away. */
const { port1: nowhere } = new MessageChannel();
nowhere.close();

/**
 * Gives the memory of a large buffer back at once; every view of it has length 0 then. V8 finds dead buffers only when it
 * collects the whole heap of a thread, and counts their bytes as a reason to do so: a thread that makes a few MB of buffers
 * a second collected four times a second, 40 ms of CPU each, and held tens of MB of dead ones in between.
 * `ArrayBuffer.prototype.transfer` would do the same, from Node 22 on; this takes 2 µs on any.
 * @param bytes the only user of its memory; nothing happens where that is small or may be shared with others
 */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes;
  // Node cuts small buffers from one of `poolSize` bytes (8 KiB in Node 20, 64 KiB in Node 24), of which none gets half.
  const { poolSize } = Buffer;
  const own = byteLength === buffer.byteLength || buffer.byteLength > poolSize || byteLength >= poolSize / 2;
  if (!own || buffer.byteLength < SMALLEST) return;
  try {
    nowhere.postMessage(null, [buffer as ArrayBuffer]);
  } catch {
    // Node keeps some memory for itself (`markAsUntransferable`): then the garbage collector frees it.
  }
}
