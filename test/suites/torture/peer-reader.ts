import fs from 'node:fs';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';

/** Child process: `peer-reader MODULE LOG OUTPUT` copies what the peer reads of the log. */
const [module, log, output] = process.argv.slice(2) as [string, string, string];
const require = createRequire(import.meta.url);
const out = fs.openSync(output, 'a');

if (module === 'tail-file') {
  const Tail = require('tail-file') as new (
    file: string,
    onLine: (line: string) => void,
  ) => { on(event: string, run: () => void): void };
  const tail = new Tail(log, line => fs.writeSync(out, `${line}\n`));
  tail.on('error', () => {});
  process.send!('ready');
} else {
  const TailFile = require('@logdna/tail-file') as new (
    file: string,
    options: { startPos: number; pollFileIntervalMs: number },
  ) => Readable & { start(): Promise<void> };
  const tail = new TailFile(log, { startPos: 0, pollFileIntervalMs: 100 });
  tail.on('data', (chunk: Buffer) => fs.writeSync(out, chunk));
  tail.on('error', () => {});
  await tail.start();
  process.send!('ready');
}
