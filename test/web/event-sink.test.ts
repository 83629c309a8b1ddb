import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Response } from 'express';
import { eventSink } from '../../src/web/api/tail.js';

it('a follower that is always slow leaves no listener behind each time: a compressed reply takes none back', async () => {
  let heard = 0;
  const reply = {
    writableNeedDrain: false,
    on(name: string) {
      if (name === 'drain') heard++;
      return reply;
    },
    off: () => reply,
    write: () => false,
    flush() {},
  };
  const sink = eventSink(reply as unknown as Response, new AbortController().signal, undefined);
  for (let i = 0; i < 50; i++) {
    assert.equal(sink.write('skipped', { lines: 1 }), false);
    await sink.drained();
  }
  assert.equal(heard, 1);
});
