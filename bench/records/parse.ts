/**
 * CPU seconds to parse a million lines (split, time, level, continuation; no detection), by format.
 * Run: npm run build && node dist/bench/records/parse.js [LINES]
 */
import { SourceParser } from '../../src/records/parser.js';

const LINES = Number(process.argv[2] ?? 1_000_000);
const RANGE_BYTES = 256 * 1024;
const START = Date.UTC(2026, 10, 23, 16, 0, 0);

const two = (value: number): string => String(value).padStart(2, '0');
const iso = (i: number): string =>
  `${new Date(START + i).toISOString().slice(0, 23)}${String(i % 1000).padStart(3, '0')}`;
const tail = (i: number): string =>
  `worker-${i % 16} finished GET /bucket/object-${i * 7919} bytes=1048576 latency_us=${i % 90000} retries=${i % 3} peer=10.77.1.${i % 8}:7761`;

const PROSE: ((i: number) => string)[] = [
  i =>
    `Starting the load generator with ${i % 64} threads and ${i % 7} buckets for the whole of the run, as told by the plan`,
  i =>
    `  worker ${i % 16}: ${i * 31} ops in ${i % 60}.${two(i % 100)} s (${(i * 7) % 9999} ops/s), mean ${i % 100} us, p99 ${i % 1000} us`,
  i =>
    `Rank ${i % 32} of 64 reports: object-${i * 7919} written to /bucket/prefix-${i % 100} after ${i % 3} retries; checksum ok`,
  i =>
    `done: ${i} objects, ${i * 1024} bytes, elapsed ${i % 3600} seconds; next phase begins when everyone is ready for it`,
  i => `[worker-${i % 16}] finished GET /bucket/object-${i * 7919} bytes=1048576 latency_us=${i % 90000}`,
];

const FORMATS: Record<string, (i: number) => string> = {
  'tracing, coloured': i => `\x1b[2m${iso(i)}Z\x1b[0m \x1b[32m INFO\x1b[0m Control reader: ${tail(i)}`,
  'RFC 3339 and level': i => `${iso(i)}Z  INFO sai3bench_agent::control: ${tail(i)}`,
  log4j: i =>
    `${iso(i).slice(0, 19).replace('T', ' ')},${String(i % 1000).padStart(3, '0')} INFO  [main] org.example.Controller: ${tail(i)}`,
  syslog: i =>
    `Nov 23 ${two(16 + (i % 8))}:${two(i % 60)}:${two(i % 60)} agent-3 sai3bench-agent[4711]: control: ${tail(i)}`,
  'no timestamp': i => `Control reader on this agent: ${tail(i)} and nothing else to say`,
  'access log': i =>
    `10.77.${i % 4}.${i % 250} - - [23/Nov/2026:16:${two(i % 60)}:${two(i % 60)} +0000] "GET /bucket/object-${i * 7919}?x=${i} HTTP/1.1" ${i % 50 ? 200 : 404} ${i * 13} "-" "curl/8.5.0 (x86_64-pc-linux-gnu)"`,
  'prose of five kinds': i => PROSE[i % PROSE.length]!(i),
  'JSON, message first': i =>
    `{"msg":"${tail(i)}","level":"info","logger":"org.example.Controller","time":"${iso(i)}Z","thread":"main-${i % 9}"}`,
  'JSON (pino)': i => `{"level":30,"time":${START + i},"pid":4711,"hostname":"agent-3","msg":"${tail(i)}"}`,
};

console.log(`${LINES} lines a format, ranges of ${RANGE_BYTES / 1024} KiB`);
for (const [name, line] of Object.entries(FORMATS)) {
  const text: string[] = [];
  for (let i = 0; i < Math.min(LINES, 100_000); i++) text.push(line(i));
  const block = Buffer.from(`${text.join('\n')}\n`);
  const rounds = Math.max(1, Math.round(LINES / text.length));
  const measured: number[] = [];
  for (let repeat = 0; repeat < 3; repeat++) {
    const parser = new SourceParser();
    let position = 0;
    const before = process.cpuUsage();
    for (let round = 0; round < rounds; round++)
      for (let at = 0; at < block.length; at += RANGE_BYTES) {
        const range = block.subarray(at, at + RANGE_BYTES);
        parser.push(range, position, { observedAt: START });
        position += range.length;
      }
    const used = process.cpuUsage(before);
    measured.push((used.user + used.system) / (rounds * text.length));
  }
  measured.sort((a, b) => a - b);
  const bytes = (block.length / text.length).toFixed(0);
  console.log(
    `${name.padEnd(20)} ${bytes.padStart(4)} B/line  ${measured[1]!.toFixed(2)} CPU-s per million lines`,
  );
}
