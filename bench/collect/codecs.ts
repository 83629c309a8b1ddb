import zlib from 'node:zlib';
import { makeLines } from './lines.js';

/** CPU and size of every codec a collector could use, on batches of log lines: what delivery/codec.ts chose from. */
const BATCH_BYTES = [64 * 1024, 1024 * 1024];
const LINES = 200_000;
const c = zlib.constants;
const z = zlib as unknown as {
  zstdCompressSync?: (data: Buffer, options: object) => Buffer;
  constants: Record<string, number>;
};

const codecs: [string, (data: Buffer) => Buffer][] = [
  ['gzip 1', data => zlib.gzipSync(data, { level: 1 })],
  [
    'gzip 1, 1 MiB chunk, memLevel 9',
    data => zlib.gzipSync(data, { level: 1, memLevel: 9, chunkSize: 1 << 20 }),
  ],
  ['gzip 2', data => zlib.gzipSync(data, { level: 2 })],
  ['gzip 1, RLE', data => zlib.gzipSync(data, { level: 1, strategy: c.Z_RLE })],
  ['gzip 1, Huffman only', data => zlib.gzipSync(data, { level: 1, strategy: c.Z_HUFFMAN_ONLY })],
];
for (const [quality, lgwin] of [
  [0, 16],
  [0, 18],
  [0, 20],
  [0, 22],
  [1, 16],
  [1, 18],
  [1, 20],
  [1, 22],
  [2, 18],
  [2, 20],
  [3, 20],
] as const)
  codecs.push([
    `brotli ${quality}, window 2^${lgwin}`,
    data =>
      zlib.brotliCompressSync(data, {
        chunkSize: 256 * 1024,
        params: {
          [c.BROTLI_PARAM_QUALITY]: quality,
          [c.BROTLI_PARAM_LGWIN]: lgwin,
          [c.BROTLI_PARAM_SIZE_HINT]: data.length,
        },
      }),
  ]);
const { zstdCompressSync } = z;
if (zstdCompressSync)
  for (const level of [-3, -1, 1, 2, 3])
    codecs.push([
      `zstd ${level}`,
      data => zstdCompressSync(data, { params: { [z.constants.ZSTD_c_compressionLevel!]: level } }),
    ]);

const text = makeLines(LINES);
console.log(`Node ${process.version}, ${LINES} lines of ${(text.length / LINES).toFixed(1)} bytes`);
for (const size of BATCH_BYTES) {
  console.log(`\nbatches of ${size / 1024} KiB`);
  console.log(`${'codec'.padEnd(34)}CPU-s per M lines   bytes a line`);
  for (const [name, run] of codecs) {
    let out = 0;
    run(text.subarray(0, size));
    const before = process.cpuUsage();
    for (let at = 0; at < text.length; at += size) out += run(text.subarray(at, at + size)).length;
    const used = process.cpuUsage(before);
    const seconds = ((used.user + used.system) / 1e6 / LINES) * 1e6;
    console.log(
      `${name.padEnd(34)}${seconds.toFixed(3).padStart(17)}${(out / LINES).toFixed(1).padStart(15)}`,
    );
  }
}
