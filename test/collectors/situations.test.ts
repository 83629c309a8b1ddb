import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import zlib from 'node:zlib';
import { LocalFileSystem } from '../../collectors/file/local.js';
import { CollectSettings } from '../../collectors/settings.js';
import { type Bench, setUp } from './bench.js';

const zstdCompress = (zlib as { zstdCompressSync?: (data: Buffer) => Buffer }).zstdCompressSync;
const settings = (given: object) => CollectSettings.parse(given) as Partial<CollectSettings>;
const sorted = (text: string) => text.split('\n').filter(Boolean).sort().join();

/** Waits until exactly these lines are stored of the log, in whatever order its generations came. */
async function hasLines(bench: Bench, name: string, lines: string): Promise<void> {
  await bench.receiver.until(() => sorted(bench.stored(name)) === sorted(lines), `${name} has ${lines}`);
}

function gapsOf(bench: Bench) {
  return [...bench.ledger.sources.values()].flatMap(source => source.gaps);
}

describe('what happens to log files', { concurrency: 6 }, () => {
  test('copytruncate: what was written after the last look is read from the copy', async context => {
    const bench = await setUp(context);
    bench.write('app.log', 'one\n');
    bench.collect();
    await bench.has('app.log', 'one\n');
    bench.append('app.log', 'two\nthree\n');
    fs.copyFileSync(bench.file('app.log'), bench.file('app.log.1'));
    fs.truncateSync(bench.file('app.log'));
    bench.append('app.log', 'four\n');
    await bench.has('app.log', 'one\ntwo\nthree\nfour\n');
    assert.deepEqual(gapsOf(bench), []);
  });

  for (const [what, second] of [
    ['shorter than before', 'anew\n'],
    ['past its old size', `anew ${'y'.repeat(300)}\nmore\n`],
  ] as const)
    test(`truncated and rewritten, ${what}: a new generation, and the doubt about the old one's end is named`, async context => {
      const bench = await setUp(context);
      const first = `first ${'x'.repeat(200)}\n`;
      bench.write('app.log', first);
      bench.collect();
      await bench.has('app.log', first);
      bench.write('app.log', second);
      await bench.has('app.log', first + second);
      await bench.receiver.until(() => gapsOf(bench).length > 0, 'the gap is named');
      const [old] = bench.ledger.sources.values();
      assert.equal(old?.gaps[0]?.from, first.length);
      assert.equal(old?.gaps[0]?.to, null);
      assert.equal(bench.ledger.sources.size, 2);
    });

  test('a compressed generation is read decompressed, and once: not again when the next one is compressed', async context => {
    const bench = await setUp(context);
    bench.write('app.log.2.gz', zlib.gzipSync('oldest\n'));
    bench.write('app.log', 'newest\n');
    bench.collect();
    await bench.has('app.log', 'oldest\nnewest\n');
    bench.rename('app.log.2.gz', 'app.log.3.gz');
    bench.rename('app.log', 'app.log.1');
    bench.write('app.log', 'after\n');
    await hasLines(bench, 'app.log', 'oldest\nnewest\nafter\n');
    bench.write('app.log.2.gz', zlib.gzipSync(fs.readFileSync(bench.file('app.log.1'))));
    fs.rmSync(bench.file('app.log.1'));
    bench.append('app.log', 'last\n');
    await hasLines(bench, 'app.log', 'oldest\nnewest\nafter\nlast\n');
    assert.deepEqual(gapsOf(bench), []);
  });

  test('a generation compressed with zstd is read', {
    skip: zstdCompress ? false : 'this Node has no zstd (22.15 has)',
  }, async context => {
    const bench = await setUp(context);
    bench.write('app.log.1.zst', zstdCompress!(Buffer.from('older\n')));
    bench.write('app.log', 'newer\n');
    bench.collect();
    await bench.has('app.log', 'older\nnewer\n');
  });

  test('a log that goes away and comes back is followed again', async context => {
    const bench = await setUp(context);
    bench.write('app.log', 'one\n');
    const collector = bench.collect();
    await bench.has('app.log', 'one\n');
    fs.rmSync(bench.file('app.log'));
    await collector.rescan();
    bench.write('app.log', 'two\n');
    await bench.has('app.log', 'one\ntwo\n');
  });

  test('a symbolic link that is switched leads to the new file, and the old one is not read twice', async context => {
    const bench = await setUp(context);
    fs.mkdirSync(bench.file('runs'));
    bench.write('runs/a', 'from a\n');
    bench.write('runs/b', 'from b\n');
    fs.symlinkSync('runs/a', bench.file('current.log'));
    const collector = bench.collect();
    await bench.has('current.log', 'from a\n');
    for (const target of ['runs/b', 'runs/a']) {
      fs.symlinkSync(target, bench.file('next'));
      bench.rename('next', 'current.log');
      await collector.rescan();
      await collector.drain();
    }
    await hasLines(bench, 'current.log', 'from a\nfrom b\n');
  });

  test('a hard link is no second log', async context => {
    const bench = await setUp(context);
    bench.write('app.log', 'one\n');
    fs.linkSync(bench.file('app.log'), bench.file('same.log'));
    const collector = bench.collect();
    await collector.drain();
    bench.append('same.log', 'two\n');
    await collector.drain();
    assert.equal(bench.stored('app.log') + bench.stored('same.log'), 'one\ntwo\n');
  });

  test('logs that begin with the same kilobytes are told apart', async context => {
    const bench = await setUp(context);
    const header = '# the same header\n'.repeat(200);
    for (const name of ['a.log', 'b.log']) bench.write(name, `${header}${name}\n`);
    const first = bench.collect();
    await first.drain();
    await first.stop();
    for (const name of ['a.log', 'b.log']) bench.append(name, `more of ${name}\n`);
    await bench.collect().drain();
    for (const name of ['a.log', 'b.log'])
      assert.equal(bench.stored(name), `${header}${name}\nmore of ${name}\n`);
  });

  test('a log that is removed while it is written is read to its end', async context => {
    const bench = await setUp(context);
    const fd = fs.openSync(bench.file('app.log'), 'a');
    fs.writeSync(fd, 'one\n');
    bench.collect();
    await bench.has('app.log', 'one\n');
    fs.rmSync(bench.file('app.log'));
    fs.writeSync(fd, 'after its removal\n');
    await bench.has('app.log', 'one\nafter its removal\n');
    fs.closeSync(fd);
  });

  test('polling finds growth and rotation without events, with and without inodes', async context => {
    for (const inodes of [true, false]) {
      const bench = await setUp(context);
      bench.write('app.log', 'one\n');
      bench.collect({ polling: { enabled: true, interval: 100, inodes } });
      await bench.has('app.log', 'one\n');
      bench.append('app.log', 'two\n');
      await bench.has('app.log', 'one\ntwo\n');
      bench.rename('app.log', 'app.log.1');
      bench.write('app.log', 'three\n');
      await bench.has('app.log', 'one\ntwo\nthree\n');
    }
  });

  test('a thousand files are followed', async context => {
    const bench = await setUp(context);
    const names = Array.from({ length: 1000 }, (_, n) => `agent-${n}.log`);
    for (const name of names) bench.write(name, `first of ${name}\n`);
    const collector = bench.collect({ limits: { ...CollectSettings.parse({}).limits, openFiles: 100 } });
    await collector.drain();
    for (const name of names) bench.append(name, `second of ${name}\n`);
    await collector.drain();
    for (const name of names) assert.equal(bench.stored(name), `first of ${name}\nsecond of ${name}\n`);
  });

  test('a log without permission is said in the heartbeat and read when it is given', async context => {
    const bench = await setUp(context);
    const view = new DenyingFileSystem();
    view.denied.add(bench.file('app.log'));
    bench.write('app.log', 'one\n');
    const collector = bench.collect({}, { fs: view });
    await bench.receiver.until(() => collector.status().errors.length > 0, 'the error is in the status');
    assert.deepEqual(collector.status().errors, [{ path: bench.file('app.log'), error: 'EACCES' }]);
    view.denied.clear();
    await bench.has('app.log', 'one\n');
    view.denied.add(bench.file('app.log'));
    bench.append('app.log', 'two\n');
    view.denied.clear();
    await bench.has('app.log', 'one\ntwo\n');
    assert.deepEqual(collector.status().errors, []);
    assert.deepEqual(gapsOf(bench), []);
  });

  test('include and exclude choose the files, a pattern with {agent} names the agents', async context => {
    const bench = await setUp(context);
    for (const name of ['agent-1.txt', 'agent-2.txt', 'agent-3.log', 'debug.txt'])
      bench.write(name, `${name}\n`);
    await bench
      .collect(settings({ watch: [bench.directory], to: bench.url, include: ['*.txt'], exclude: ['debug*'] }))
      .drain();
    assert.deepEqual(stored(bench), ['agent-1.txt agent-1', 'agent-2.txt agent-2']);

    const named = await setUp(context);
    fs.mkdirSync(named.file('run-7/node-a'), { recursive: true });
    fs.mkdirSync(named.file('run-7/node-b'), { recursive: true });
    for (const node of ['node-a', 'node-b']) named.write(`run-7/${node}/out.log`, 'hello\n');
    await named
      .collect(settings({ watch: [`${named.directory}/run-*/{agent}/out.log`], to: named.url }))
      .drain();
    assert.deepEqual(stored(named), ['out.log node-a', 'out.log node-b']);
  });

  test('--from end leaves out what is there at the first start, and nothing later', async context => {
    const bench = await setUp(context);
    bench.write('app.log', 'old\n');
    const first = bench.collect({ from: 'end' });
    await first.drain();
    bench.append('app.log', 'new\n');
    await bench.has('app.log', 'new\n');
    bench.write('later.log', 'appeared\n');
    await bench.has('later.log', 'appeared\n');
    await first.stop();
    bench.append('app.log', 'while down\n');
    await bench.collect({ from: 'end' }).drain();
    assert.equal(bench.stored('app.log'), 'new\nwhile down\n');
    assert.equal([...bench.ledger.sources.values()][0]?.descriptor.start, 'old\n'.length);
  });

  test('a line of 100 MB arrives whole, in bounded memory', async context => {
    const bench = await setUp(context);
    const megabyte = Buffer.alloc(1 << 20, 'a long line without an end ');
    const hash = createHash('sha256');
    const fd = fs.openSync(bench.file('app.log'), 'a');
    for (let n = 0; n < 100; n++) {
      fs.writeSync(fd, megabyte);
      hash.update(megabyte);
    }
    fs.writeSync(fd, '\nshort\n');
    hash.update('\nshort\n');
    fs.closeSync(fd);
    const received = createHash('sha256');
    let size = 0;
    const collector = bench.collect();
    await collector.drain();
    for (const piece of [...bench.ledger.sources.values()][0]!.content) {
      received.update(piece);
      size += piece.length;
    }
    assert.equal(size, 100 * 2 ** 20 + 7);
    assert.equal(received.digest('hex'), hash.digest('hex'));
  });

  test('bytes travel as they are: NUL, invalid UTF-8, carriage returns, colours', async context => {
    const bench = await setUp(context);
    const bytes = Buffer.concat([
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      Buffer.from('\r 10 %\r 20 %\u001b[31mred\u001b[0m\nä\n'),
    ]);
    bench.write('app.log', bytes);
    await bench.collect().drain();
    assert.deepEqual(Buffer.from(bench.stored('app.log'), 'latin1'), bytes);
  });
});

/** Path and agent of what arrived. */
function stored(bench: Bench): string[] {
  return [...bench.ledger.sources.values()]
    .map(({ descriptor }) => `${path.basename(descriptor.path)} ${descriptor.agent}`)
    .sort();
}

/** Permission taken and given: root, as whom tests may run, is let through by the real file system. */
class DenyingFileSystem extends LocalFileSystem {
  readonly denied = new Set<string>();

  override open(file: string) {
    if (this.denied.has(file)) return Promise.reject(Object.assign(new Error('denied'), { code: 'EACCES' }));
    return super.open(file);
  }
}
