import { AGENTS, LineWriter, seeded } from '../store/lines.js';

/**
 * Log lines of some 175 bytes: what the programs of a host write in four formats (../store/lines.ts: ids, hashes, addresses, paths,
 * FAULTS per cent of faults), each after the stamp it was written at, as containers have it. Each carries its number, for counting.
 */
export function lineMaker(seed: number): (number: number, stampMs: number) => string {
  const random = seeded(seed);
  const writer = new LineWriter(random);
  return (number, stampMs) => {
    const micros = String(writer.filler.int(1000)).padStart(3, '0');
    const stamp = `${new Date(stampMs).toISOString().slice(0, -1)}${micros}Z`;
    return `${stamp} ${writer.next(stampMs, number % AGENTS).text} n=${number}\n`;
  };
}

export function makeLines(count: number, seed = 1): Buffer {
  const line = lineMaker(seed);
  const parts: string[] = [];
  for (let number = 0; number < count; number++) parts.push(line(number, 1_760_000_000_000 + number * 2));
  return Buffer.from(parts.join(''), 'latin1');
}
