import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FoundPeer, RunningPeer } from '../../../bench/collect/peers.js';
import type { Outcome, TortureCase, TortureOptions } from './cases.js';
import { countLines } from './receivers.js';

/** What can be done to a shipper that sends lines over plain TCP: no status codes there. */
export const PROGRAM_CASES = ['rename', 'copytruncate', 'kill9', 'rename-kill', 'down', 'longdown', 'hang'];

const here = path.dirname(fileURLToPath(import.meta.url));
const QUIET_MS = 5000;
const RESTART_MS = 1000;

/** The same writer, kills and outages as for the collector. */
export async function runProgramPeer(
  peer: FoundPeer,
  it: TortureCase,
  options: TortureOptions,
): Promise<Outcome> {
  const directory = path.join(options.folder, `${peer.name}-${it.name}`);
  const state = `${directory}.state`;
  for (const folder of [directory, state]) fs.mkdirSync(folder);
  const sink = new TcpSink();
  const args = peer.configure(state, directory, await sink.listen());
  fs.writeFileSync(path.join(directory, 'app.log'), '');
  let note = '';
  const start = () => {
    const peerNow = new RunningPeer(peer, args);
    peerNow.failed.catch(error => {
      note = (error as Error).message;
    });
    return peerNow;
  };
  let running = start();
  const at = (share: number, run: () => void) => setTimeout(run, share * options.seconds * 1000);
  for (const kill of it.kills ?? [])
    at(kill, () => {
      void running.stop();
      setTimeout(() => {
        running = start();
      }, RESTART_MS);
    });
  if (it.fault) {
    const { fault, from, for: share } = it.fault;
    at(from, () => void (fault === 'hang' ? sink.pause(true) : sink.close()));
    at(from + share, () => void (fault === 'hang' ? sink.pause(false) : sink.listen()));
  }
  const writer = fork(path.join(here, 'writer.js'), [
    directory,
    it.rotation,
    String(options.rate),
    String(options.seconds),
  ]);
  const { written } = (await once(writer, 'message'))[0] as { written: number };
  for (let size = -1; sink.bytes !== size; ) {
    size = sink.bytes;
    await new Promise(resolve => setTimeout(resolve, QUIET_MS));
  }
  await running.stop();
  await sink.close();
  const counts = new Uint16Array(written);
  countLines(counts, sink.text());
  return {
    name: it.name,
    written,
    lost: counts.filter(times => times === 0).length,
    doubled: counts.reduce((sum, times) => sum + Math.max(0, times - 1), 0),
    gaps: 0,
    note,
  };
}

/** Takes everything; goes away or stops reading when told. */
class TcpSink {
  bytes = 0;
  private readonly received: Buffer[][] = [];
  private readonly sockets = new Set<net.Socket>();
  private server: net.Server | undefined;
  private port = 0;
  private paused = false;

  async listen(): Promise<number> {
    const server = net.createServer(socket => {
      const chunks: Buffer[] = [];
      this.received.push(chunks);
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
      socket.on('data', data => {
        chunks.push(data);
        this.bytes += data.length;
      });
      if (this.paused) socket.pause();
    });
    this.server = server;
    await new Promise<void>(resolve => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    return this.port;
  }

  pause(paused: boolean): void {
    this.paused = paused;
    for (const socket of this.sockets) {
      if (paused) socket.pause();
      else socket.resume();
    }
  }

  async close(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>(resolve => {
      if (server) server.close(() => resolve());
      else resolve();
    });
  }

  /** Connection after connection: a line that a cut connection split stays split. */
  text(): string {
    return this.received.map(chunks => Buffer.concat(chunks).toString('latin1')).join('\n');
  }
}
