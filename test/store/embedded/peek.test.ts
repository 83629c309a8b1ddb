import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ByteCache } from '../../../src/store/embedded/cache.js';
import { type Cached, DayFile } from '../../../src/store/embedded/day-file.js';
import { listDays } from '../../../src/store/embedded/disk.js';
import { defaultDriver } from '../../../src/store/embedded/driver.js';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { dayFile } from '../../../src/store/embedded/schema.js';
import { TestSource } from '../lines.js';
import { T0 } from '../random-data.js';

describe('a chunk that was peeked at', () => {
  let directory: string;
  let day: DayFile;
  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-peek-'));
    const store = await openEmbeddedStore({ directory });
    const source = new TestSource('agent-1');
    // Long enough that a chunk can't be part of the pool Node cuts small buffers from (64 KiB in Node 24).
    const lines = Array.from({ length: 3000 }, (_, i) => ({
      text: `line ${i} ${'of many '.repeat(20)}`,
      time: T0 + i,
    }));
    await store.append([source.append(lines)]);
    await store.compact();
    await store.close();
    const [first] = listDays(directory);
    day = new DayFile(
      first!,
      dayFile(directory, first!),
      defaultDriver,
      new ByteCache<string, Cached>(16 * 1024 * 1024),
    );
  });
  after(() => {
    day.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const unit = () => day.unit(day.readable()[0]!);

  it('is unpacked once while it is looked at, and its memory is given back', () => {
    const chunk = unit().peek(0);
    assert.match(chunk.text.toString('utf8', 0, 20), /^line 0 of many/);
    assert.equal(unit().peek(0), chunk);
    unit().letGo(1);
    assert.ok(chunk.text.length > 0, 'another one was let go');
    unit().letGo(0);
    assert.equal(chunk.raw.length, 0);
  });

  it('is unpacked again after that', () => {
    assert.match(unit().peek(0).text.toString('utf8', 0, 20), /^line 0 of many/);
    unit().letGo(0);
  });

  it('stays, in the cache, when its lines were wanted meanwhile', () => {
    const peeked = unit().peek(1);
    assert.equal(unit().chunk(1), peeked);
    unit().letGo(1);
    assert.ok(peeked.raw.length > 0);
    assert.equal(unit().peek(1), peeked, 'a later look takes it from there');
    unit().letGo(1);
    assert.ok(unit().chunk(1).raw.length > 0);
  });
});
