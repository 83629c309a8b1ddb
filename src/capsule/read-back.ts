import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { openArchive } from './open.js';

/**
 * Passes an archive on while it is read back as an import would read it. Its last piece is held until all of it was found right: what
 * is not whole breaks off, and nobody takes it for a capsule.
 * @param archive the tar, not compressed
 * @throws DeadairError `capsule.damaged` for an archive of ours that can't be imported
 */
export async function* readBack(archive: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const copy = new PassThrough({ highWaterMark: 1024 * 1024 });
  const broken = new AbortController();
  const checked = openArchive(copy, 'the capsule').catch(thrown => {
    broken.abort(thrown);
    throw thrown;
  });
  // Whoever reads may have left before it ends.
  checked.catch(() => {});
  let held: Buffer | undefined;
  try {
    for await (const chunk of archive) {
      if (held) yield held;
      held = chunk;
      if (broken.signal.aborted) break;
      if (!copy.write(chunk)) await once(copy, 'drain', { signal: broken.signal }).catch(() => {});
    }
    copy.end();
    await checked;
    if (held) yield held;
  } finally {
    copy.destroy();
  }
}
