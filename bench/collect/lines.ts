/** Deterministic pseudo-random numbers (mulberry32): the same lines in every run. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const LEVELS = ['INFO', 'INFO', 'INFO', 'INFO', 'DEBUG', 'DEBUG', 'WARN', 'ERROR'];
const MODULES = [
  'sai3_bench::agent',
  'sai3_bench::workload',
  's3dlio::object_store',
  'hyper::client',
  'tonic::transport',
];

/**
 * Log lines of 171 bytes on average, as a storage benchmark's agent writes them: stamp, level, module, then numbers,
 * names and a request id that compress badly. Each carries its number, for counting.
 */
export function lineMaker(seed: number): (number: number, stampMs: number) => string {
  const next = random(seed);
  const hex = (digits: number) =>
    Math.floor(next() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return (number, stampMs) => {
    const level = LEVELS[Math.floor(next() * LEVELS.length)]!;
    const module = MODULES[Math.floor(next() * MODULES.length)]!;
    const micros = String(Math.floor(next() * 1000)).padStart(3, '0');
    const stamp = `${new Date(stampMs).toISOString().slice(0, -1)}${micros}Z`;
    const key = `bucket-${Math.floor(next() * 8)}/prefix-${Math.floor(next() * 100)}/object-${Math.floor(next() * 1e6)}`;
    return `${stamp} ${level.padEnd(5)} ${module}: PUT ${key} size=${Math.floor(next() * 1048576)} took=${(next() * 90).toFixed(3)}ms thread=${Math.floor(next() * 32)} endpoint=10.9.0.${Math.floor(next() * 8) + 1} id=${hex(12)} n=${number}\n`;
  };
}

export function makeLines(count: number, seed = 1): Buffer {
  const line = lineMaker(seed);
  const parts: string[] = [];
  for (let number = 0; number < count; number++) parts.push(line(number, 1_760_000_000_000 + number * 2));
  return Buffer.from(parts.join(''), 'latin1');
}
