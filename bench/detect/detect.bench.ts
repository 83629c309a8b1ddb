/**
 * How many CPU seconds a million lines cost the line detector, and how many of them are marked.
 *   npm run bench:detect [-- FILE…]     lines of your own instead of the generated ones
 * The generated mix is that of a busy service: requests, timings, settings with `timeout=`, a little WARN, 0.2 % faults.
 */
import { readFileSync } from 'node:fs';
import { LineDetector } from '../../src/detect/detector.js';
import { loadPacks } from '../../src/detect/load.js';
import type { RecordBatch } from '../../src/model/record-batch.js';

const LINES = Number(process.env.DEADAIR_BENCH_LINES ?? 1_000_000);
const RANGE = 512 * 1024;

const ORDINARY = [
  'INFO  sai3_bench: op=GET size=1048576 latency_us=2231 bucket=3 key=data/part-000/object_',
  'DEBUG h2::codec::framed_read: received frame=Data { stream_id: StreamId(17) } seq=',
  'INFO  [http-nio-8080-exec-7] c.e.orders.OrderService - order accepted in 12 ms, customer=',
  'INFO  Completed 200 OK in 5ms (Views: 3.1ms | ActiveRecord: 1.2ms) request_id=',
  'DEBUG pool: borrowed connection 14 of 32, idle 18, waiting 0, generation ',
  'INFO  stage 3/7 progress 54.2 % ops=1234567 errors=0 throughput 2.31 GiB/s elapsed ',
  'INFO  consumer group g1 committed offset partition=12 offset=',
  'INFO  config: connect_timeout=30s read_timeout=60s keepalive=true retries=3 generation=',
  'INFO  kubelet: probe succeeded for container web in pod default/web-7d4b9c6f5-',
  'TRACE scheduler: woke worker 3, queue depth 17, next deadline in ms ',
  'WARN  cache: eviction rate above target, hit ratio 0.83, shard ',
  'INFO  127.0.0.1 - "GET /healthz HTTP/1.1" 200 2 "-" "kube-probe/1.30" id=',
];
const FAULTS = [
  'ERROR rpc: connect to 10.0.0.7:7761 failed: Connection refused (os error 111) attempt ',
  'WARN  agent-3: no response from controller for 30 s, last message ',
];

function generated(): Buffer[] {
  const lines: string[] = [];
  for (let i = 0; i < LINES; i++) {
    const text = i % 500 === 499 ? FAULTS[(i / 500) & 1]! : ORDINARY[(i * 7 + (i >> 5)) % ORDINARY.length]!;
    const stamp = new Date(1_770_000_000_000 + i * 3).toISOString();
    lines.push(`${stamp} ${text}${(i * 2654435761) >>> 0} host=node-${i % 16} span=${(i * 40503) % 65536}`);
  }
  return cut(Buffer.from(`${lines.join('\n')}\n`));
}

function cut(bytes: Buffer): Buffer[] {
  const ranges: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, Math.min(from + RANGE, bytes.length - 1));
    const to = end < 0 ? bytes.length : end + 1;
    ranges.push(bytes.subarray(from, to));
    from = to;
  }
  return ranges;
}

function batchOf(bytes: Uint8Array): RecordBatch {
  const starts = [0];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
  const count = starts.length - 1;
  return {
    bytes,
    base: 0,
    count,
    starts: Uint32Array.from(starts),
    times: new Float64Array(count),
    timeKinds: new Uint8Array(count),
    levels: new Uint8Array(count),
    classes: new Uint8Array(count),
    flags: new Uint16Array(count),
    findings: new Map(),
  };
}

const files = process.argv.slice(2);
const ranges = files.length === 0 ? generated() : files.flatMap(file => cut(readFileSync(file)));
const began = process.cpuUsage();
const detector = new LineDetector(loadPacks());
const loading = process.cpuUsage(began);
const batches = ranges.map(batchOf);
const lines = batches.reduce((sum, { count }) => sum + count, 0);
const size = ranges.reduce((sum, range) => sum + range.length, 0);
const runs: number[] = [];
let marked = 0;
for (let run = 0; run < 3; run++) {
  marked = 0;
  const start = process.cpuUsage();
  for (const batch of batches) {
    batch.findings.clear();
    detector.scan(batch);
    marked += batch.findings.size;
  }
  const { user, system } = process.cpuUsage(start);
  runs.push((user + system) / 1e6);
}
runs.sort((a, b) => a - b);
const median = runs[1]!;
console.log(
  JSON.stringify({
    lines,
    bytesPerLine: Math.round(size / lines),
    marked,
    rules: detector.rules.length,
    loadSeconds: (loading.user + loading.system) / 1e6,
    cpuSeconds: median,
    cpuSecondsPerMillionLines: (median / lines) * 1e6,
    runs,
  }),
);
