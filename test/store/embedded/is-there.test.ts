import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { TestSource } from '../lines.js';

describe('files of a store that are links', { skip: process.platform === 'win32' }, () => {
  for (const name of ['main.db', 'days'])
    it(`${name}: to what is there it is followed, to what is not there nothing new is begun in its place`, async () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-links-'));
      const directory = path.join(folder, 'data');
      const elsewhere = path.join(folder, 'disk', name);
      mkdirSync(path.dirname(elsewhere));
      try {
        const first = await openEmbeddedStore({ directory, readers: 1 });
        const [one, two] = ['one', 'two'].map(text => ({ text, time: Date.UTC(2026, 10, 23) }));
        await first.append([new TestSource('a').append([one!, two!])]);
        await first.documents.put('run', 'R', { kept: true });
        await first.close();
        renameSync(path.join(directory, name), elsewhere);
        symlinkSync(elsewhere, path.join(directory, name));
        const followed = await openEmbeddedStore({ directory, readers: 1 });
        assert.deepEqual((await followed.documents.get('run', 'R'))?.doc, { kept: true });
        await followed.close();
        // its disk is not mounted
        renameSync(elsewhere, `${elsewhere}.away`);
        await assert.rejects(openEmbeddedStore({ directory, readers: 1 }), (thrown: { code: string }) => {
          assert.match(thrown.code, /^store\./);
          return true;
        });
        renameSync(`${elsewhere}.away`, elsewhere);
        const again = await openEmbeddedStore({ directory, readers: 1 });
        assert.deepEqual((await again.documents.get('run', 'R'))?.doc, { kept: true });
        assert.equal((await again.stats()).lines, 2);
        assert.deepEqual((await again.stats()).damaged, []);
        await again.close();
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
});
