import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../../src/config/load.js';
import type { Settings } from '../../src/config/settings.js';
import { SystemClock } from '../../src/platform/clock.js';
import { silentLogger } from '../../src/platform/logger.js';
import { Service } from '../../src/service/app.js';
import type { Store } from '../../src/store/store.js';

/** A folder for one test file, and the services started in it. */
export class Harness {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'deadair-service-'));
  private readonly services: Service[] = [];

  settings(flags: Record<string, unknown> = {}): Settings {
    const { settings } = loadConfig({
      env: { DEADAIR_CONFIG: undefined },
      flags: {
        data: path.join(this.folder, 'data'),
        'server.port': 0,
        'store.backups': path.join(this.folder, 'backups'),
        // Said on the console otherwise, in the middle of the test report.
        'alerts.channels': [],
        ...flags,
      },
    });
    return settings;
  }

  async start(settings: Settings = this.settings(), openStore?: () => Promise<Store>): Promise<Service> {
    const service = new Service({
      settings,
      clock: new SystemClock(),
      logger: silentLogger,
      sink: { write: () => true },
      ...(openStore ? { openStore } : {}),
    });
    this.services.push(service);
    await service.start();
    return service;
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Awaits a condition, with a deadline. */
export async function until(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited 60 s in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
