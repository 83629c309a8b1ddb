import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { it } from 'node:test';
import { Progress, whileWaiting } from '../../src/cli/progress.js';

/** A stream that keeps what it was given; a terminal or not. */
function stream(isTTY: boolean) {
  let text = '';
  const to = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { stream: Object.assign(to, { isTTY }) as unknown as NodeJS.WriteStream, text: () => text };
}

it('long work is told on a terminal and leaves nothing behind; a pipe and a program hear nothing', async () => {
  for (const [isTTY, json, heard] of [
    [true, false, true],
    [false, false, false],
    [true, true, false],
  ] as const) {
    const { stream: to, text } = stream(isTTY);
    const progress = new Progress('importing', { json, stream: to });
    progress.update(5, 10, '5 of 10 lines');
    progress.update(10, 10, '10 of 10 lines');
    progress.clear();
    assert.equal(/importing {2}█+░+ 50 % {2}5 of 10 lines[\s\S]*100 %/.test(text()), heard, text());
    assert.equal(text() === '' || text().endsWith('\r\x1b[2K'), true);
  }
});

it('what was waited for comes back, also as an error', async () => {
  const { stream: to } = stream(true);
  assert.equal(await whileWaiting('x', { stream: to }, async () => 7), 7);
  await assert.rejects(
    whileWaiting('x', { stream: to }, () => Promise.reject(new Error('no'))),
    /no/,
  );
});
