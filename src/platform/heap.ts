import v8 from 'node:v8';

/**
 * To be called first, in a process of Deadair's own: V8's young generation stays at its first size. It would grow to 16 MB a
 * half (32 in Node 24), which for few short-lived objects is memory taken from others, and dead buffers, which it finds on its
 * rounds, are kept for longer. Measured: 20 MB less in a collector, 100 MB in the service on Node 24, at the same CPU.
 */
export function keepYoungGenerationSmall(): void {
  v8.setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * To be called first in a process that shall be small, such as a collector beside a program under test: V8 optimizes what has run
 * fifty times as often as usual. Its compilers are 8 MB of Node's own file, which an idle process then does not touch, and what they make
 * is 2 MB; a busy collector optimizes what it does all the time, later. Measured: 83 → 75 MB idle, 91 → 81 live after 42 s at a
 * twentieth more CPU (at less in the first ten seconds).
 * Only in Node 24, whose V8 has these flags by these names: another one says on standard error that it does not know them.
 */
export function optimizeLate(): void {
  if (!process.versions.v8.startsWith('13.6.')) return;
  v8.setFlagsFromString('--invocation-count-for-maglev=20000');
  v8.setFlagsFromString('--invocation-count-for-turbofan=100000');
  v8.setFlagsFromString('--invocation-count-for-osr=20000');
  v8.setFlagsFromString('--invocation-count-for-maglev-osr=20000');
}

/** To be called first in a process that runs the service, before its threads start. */
export function sizeHeapsOfService(): void {
  keepYoungGenerationSmall();
  growHeapsSlowly();
  beginYoungGenerationsAtTheirLimits();
}

/**
 * Heaps grow by two fifths at most from one collection to the next. V8 lets a small heap
 * grow fourfold before it looks what is garbage, and the service has six of them. Measured at 20,000 lines/s with queries
 * (bench:ingest): 80 MiB less on Node 20; since large buffers are given back at once (release.ts), 20 % is no less than 40 %,
 * and 80 % is 27 MiB more.
 */
function growHeapsSlowly(): void {
  v8.setFlagsFromString('--heap-growing-percent=40');
}

/**
 * A thread's young generation begins as large as its own limit
 * allows (threads.ts, WorkerSpec.youngMb), at most so many MB a half. `keepYoungGenerationSmall` alone keeps each at the 1 MB V8
 * begins with, whatever its limit. The main thread's heap stands already and keeps its size.
 */
function beginYoungGenerationsAtTheirLimits(): void {
  v8.setFlagsFromString('--min-semi-space-size=8');
}
