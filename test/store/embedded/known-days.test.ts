import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { forgetDays, lookForDays } from '../../../src/store/embedded/known-days.js';
import { dayFile, daysFolder } from '../../../src/store/embedded/schema.js';

it('a list of days that can’t be read is not an empty one: it is told, kept, and made anew only once somebody deleted it', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-known-'));
  try {
    mkdirSync(daysFolder(directory), { recursive: true });
    const [first, second] = [20_000, 20_001];
    for (const day of [first, second]) writeFileSync(dayFile(directory, day), 'day');
    const list = path.join(daysFolder(directory), 'known.json');
    assert.deepEqual(lookForDays(directory), []);
    rmSync(dayFile(directory, first));
    assert.match(lookForDays(directory)[0]!.file, new RegExp(path.basename(dayFile(directory, first))));
    for (const damage of ['', '[20000,', '{"days":[]}', '[20000,"x"]', '[1e400]', '\0\0\0\0']) {
      writeFileSync(list, damage);
      const told = lookForDays(directory);
      assert.deepEqual(
        told.map(({ file }) => file),
        ['days/known.json'],
        JSON.stringify(damage),
      );
      assert.match(told[0]!.reason, /damaged.*delete days\/known\.json/);
      forgetDays(directory, [second]);
      assert.equal(readFileSync(list, 'utf8'), damage, 'nobody writes over it');
    }
    rmSync(list);
    mkdirSync(list);
    assert.match(lookForDays(directory)[0]!.reason, /can't be read \(EISDIR\)/);
    rmSync(list, { recursive: true });
    assert.deepEqual(lookForDays(directory), []);
    assert.deepEqual(JSON.parse(readFileSync(list, 'utf8')), [second]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
