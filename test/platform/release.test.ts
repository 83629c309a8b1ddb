import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { markAsUntransferable } from 'node:worker_threads';
import zlib from 'node:zlib';
import { releaseMemory } from '../../src/platform/release.js';

const held = () => process.memoryUsage().arrayBuffers;

describe('releaseMemory', () => {
  it('gives a buffer back at once, without a garbage collection', () => {
    const before = held();
    const bytes = Buffer.alloc(8 * 1024 * 1024, 1);
    assert.ok(held() - before >= bytes.length);
    releaseMemory(bytes);
    assert.equal(bytes.length, 0);
    assert.ok(held() - before < 1024 * 1024);
  });

  it('gives back what zlib made, of which it hands out the used part', () => {
    const text = Buffer.alloc(300_000, 'a line of a log\n');
    const { length } = text;
    const unpacked = zlib.inflateRawSync(zlib.deflateRawSync(text), { chunkSize: length + 64 });
    assert.ok(unpacked.equals(text));
    releaseMemory(unpacked);
    assert.equal(unpacked.length, 0);
  });

  it('leaves alone what is cut from memory that others use', () => {
    const neighbours = Array.from({ length: 40 }, (_, i) =>
      Buffer.from(`neighbour ${i} ${'.'.repeat(100 * i)}`),
    );
    const copies = neighbours.map(one => one.toString());
    for (const one of neighbours) releaseMemory(one);
    assert.deepEqual(
      neighbours.map(one => one.toString()),
      copies,
    );
    const view = new Uint8Array(new ArrayBuffer(6000), 0, 3000);
    releaseMemory(view);
    assert.equal(view.length, 3000);
  });

  it('leaves alone what Node keeps for itself', () => {
    const bytes = new Uint8Array(100_000).fill(7);
    markAsUntransferable(bytes.buffer);
    releaseMemory(bytes);
    assert.equal(bytes[99_999], 7);
  });

  it('does nothing the second time', () => {
    const bytes = new Uint8Array(100_000);
    releaseMemory(bytes);
    releaseMemory(bytes);
    assert.equal(bytes.length, 0);
  });
});
