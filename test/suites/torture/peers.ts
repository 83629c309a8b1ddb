import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Outcome, TortureCase, TortureOptions } from './cases.js';

export interface Peer {
  name: string;
  module: 'tail-file' | '@logdna/tail-file';
  /** They read files; delivery and restarts are left to who uses them. */
  cases: string[];
}

/** Why the reader is our own (docs/decisions/0001-server-holds-positions.md). */
export const PEERS: Peer[] = [
  { name: 'tail-file', module: 'tail-file', cases: ['rename', 'copytruncate'] },
  { name: '@logdna/tail-file', module: '@logdna/tail-file', cases: ['rename', 'copytruncate'] },
];

const here = path.dirname(fileURLToPath(import.meta.url));
const QUIET_MS = 3000;

/** The same writer, read by the peer in a process of its own, which writes what it read to a file. */
export async function runPeer(peer: Peer, it: TortureCase, options: TortureOptions): Promise<Outcome> {
  const directory = path.join(options.folder, `${peer.module.replace(/\W/g, '-')}-${it.name}`);
  fs.mkdirSync(directory);
  const log = path.join(directory, 'app.log');
  fs.writeFileSync(log, '');
  const output = path.join(directory, 'read.out');
  const reader: ChildProcess = fork(path.join(here, 'peer-reader.js'), [peer.module, log, output]);
  await once(reader, 'message');
  const writer = fork(path.join(here, 'writer.js'), [
    directory,
    it.rotation,
    String(options.rate),
    String(options.seconds),
  ]);
  const { written } = (await once(writer, 'message'))[0] as { written: number };
  for (let size = -1; fs.statSync(output).size !== size; ) {
    size = fs.statSync(output).size;
    await new Promise(resolve => setTimeout(resolve, QUIET_MS));
  }
  reader.kill('SIGKILL');
  const counts = new Uint16Array(written);
  for (const line of fs.readFileSync(output, 'latin1').split('\n')) {
    const number = /line (\d+) .*end$/.exec(line)?.[1];
    if (number !== undefined && Number(number) < written) counts[Number(number)]!++;
  }
  return {
    name: it.name,
    written,
    lost: counts.filter(times => times === 0).length,
    doubled: counts.reduce((sum, times) => sum + Math.max(0, times - 1), 0),
    gaps: 0,
    note: '',
  };
}
