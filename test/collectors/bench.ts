import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { Collector, type CollectorDeps } from '../../collectors/collector.js';
import { CollectSettings } from '../../collectors/settings.js';
import { Ledger } from './ledger.js';
import { Receiver } from './receiver.js';

/** A folder of logs, a receiver, and collectors between them; all gone when the test ends. */
export interface Bench {
  directory: string;
  receiver: Receiver;
  ledger: Ledger;
  url: string;
  file(name: string): string;
  write(name: string, text: string | Buffer): void;
  append(name: string, text: string | Buffer): void;
  rename(from: string, to: string): void;
  /** What is stored of the log with this (un-rotated) name. */
  stored(name: string): string;
  /** Starts a collector; it is stopped at the latest when the test ends. */
  collect(settings?: Partial<CollectSettings>, deps?: Partial<CollectorDeps>): Collector;
  /** Waits until this, and exactly this, is stored of the log. */
  has(name: string, text: string): Promise<void>;
}

export async function setUp(context: TestContext): Promise<Bench> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'deadair-collect-'));
  const ledger = new Ledger();
  const receiver = new Receiver(ledger);
  const url = await receiver.listen();
  const collectors: Collector[] = [];
  // The collector's timers don't keep a process alive, a test's must.
  const alive = setInterval(() => {}, 1000);
  context.after(async () => {
    for (const collector of collectors) await collector.stop('test ends', 0);
    await receiver.close();
    clearInterval(alive);
    fs.rmSync(directory, { recursive: true, force: true });
  });
  const file = (name: string) => path.join(directory, name);
  const stored = (name: string) => ledger.text(file(name));
  return {
    directory,
    receiver,
    ledger,
    url,
    file,
    stored,
    write: (name, text) => fs.writeFileSync(file(name), text),
    append: (name, text) => fs.appendFileSync(file(name), text),
    rename: (from, to) => fs.renameSync(file(from), file(to)),
    collect(settings = {}, deps = {}) {
      const collector = new Collector({
        settings: { ...CollectSettings.parse({ watch: [directory], to: url }), rescan: 500, ...settings },
        ...deps,
      });
      collectors.push(collector);
      collector.start();
      return collector;
    },
    async has(name, text) {
      await receiver
        .until(() => stored(name) === text, `${name} is stored`)
        .catch(error => {
          throw new Error(
            `${(error as Error).message}\nstored: ${JSON.stringify(stored(name).slice(-2000))}`,
          );
        });
    },
  };
}
