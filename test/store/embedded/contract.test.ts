import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type DriverKind, defaultDriver } from '../../../src/store/embedded/driver.js';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { storeContract } from '../contract.js';

// libsql everywhere, and Node's own SQLite too where it has it.
const drivers = [...new Set<DriverKind>(['libsql', defaultDriver])];
const variants = drivers.flatMap(driver => [
  { driver, sealed: false, name: `the embedded store over ${driver}` },
  { driver, sealed: true, name: `the embedded store over ${driver}, each batch sealed into a block,` },
]);
for (const { driver, sealed, name } of variants)
  storeContract(name, async () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-'));
    let store = await openEmbeddedStore({ directory, driver });
    return {
      store,
      settle: async () => {
        if (sealed) await store.compact();
      },
      reopen: async () => {
        await store.close();
        store = await openEmbeddedStore({ directory, driver });
        return store;
      },
      remove: async () => {
        await store.close();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  });
