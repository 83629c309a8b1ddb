import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { LogRow } from '../../src/model/log-row.js';
import { SystemClock } from '../../src/platform/clock.js';
import { parseQuery } from '../../src/query/parser.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import type { Store } from '../../src/store/store.js';
import { streamTail, type TailSink } from '../../src/web/api/tail-stream.js';
import { TestSource } from '../store/lines.js';

interface Event {
  name: string;
  id: number | undefined;
  data: unknown;
}

/** A client that can be made slow; conditions are awaited, not slept for. */
class Client implements TailSink {
  readonly events: Event[] = [];
  private readonly stop = new AbortController();
  private readonly waiting: (() => void)[] = [];
  private ready = Promise.resolve();
  done: Promise<void> = Promise.resolve();

  follow(store: Store, query: string, options: { after?: number; behind?: number } = {}): this {
    this.done = streamTail({
      store,
      clock: new SystemClock(),
      lines: { query: parseQuery(query) },
      after: options.after,
      behind: options.behind ?? 20_000,
      sink: this,
      signal: this.stop.signal,
    });
    return this;
  }

  write(name: string, data: unknown, id?: number): boolean {
    this.events.push({ name, data, id });
    for (const check of this.waiting.splice(0)) check();
    return false;
  }

  drained(): Promise<void> {
    return this.ready;
  }

  /** Until the returned function is called, the client takes no more. */
  hold(): () => void {
    let release = () => {};
    this.ready = new Promise(resolve => {
      release = resolve;
    });
    return release;
  }

  texts(): string[] {
    return this.events.flatMap(({ name, data }) =>
      name === 'lines' ? (data as LogRow[]).map(row => row.raw) : [],
    );
  }

  /** The last id of which the client was told. */
  get lastId(): number | undefined {
    return this.events.findLast(event => event.id !== undefined)?.id;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => this.waiting.push(resolve));
  }

  async leave(): Promise<void> {
    this.stop.abort();
    await this.done;
  }
}

describe('following lines', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'deadair-tail-'));
  let store: Store;
  let source: TestSource;
  let time = 1_790_000_000_000;
  let sources = 0;
  const write = (...texts: string[]) =>
    store.append([source.append(texts.map(text => ({ text, time: time++ })))]);

  before(async () => {
    store = await openEmbeddedStore({ directory, readers: 1 });
  });
  beforeEach(() => {
    source = new TestSource(`agent-${++sources}`);
  });
  after(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('new lines that match come in order; older ones and others do not', async () => {
    await write('before wanted');
    const client = new Client().follow(store, 'wanted');
    await write('one wanted', 'two');
    await write('three wanted');
    await client.until(() => client.texts().length === 2);
    assert.deepEqual(client.texts(), ['one wanted', 'three wanted']);
    assert.equal(client.events[0]!.name, 'open');
    await client.leave();
  });

  test('a client that comes back with its last id gets what it missed, once', async () => {
    const first = new Client().follow(store, 'resume');
    await write('resume 1');
    await first.until(() => first.texts().length === 1);
    await first.leave();
    await write('resume 2');
    await write('resume 3', 'something else');
    const second = new Client().follow(store, 'resume', { after: first.lastId! });
    await second.until(() => second.texts().length === 2);
    await write('resume 4');
    await second.until(() => second.texts().length === 3);
    assert.deepEqual(second.texts(), ['resume 2', 'resume 3', 'resume 4']);
    await second.leave();
  });

  test('a client that is too slow gets the newest lines and the number of those it missed', async () => {
    const client = new Client().follow(store, 'burst', { behind: 100 });
    const release = client.hold();
    await write('burst begins');
    await client.until(() => client.texts().length === 1);
    for (let batch = 0; batch < 30; batch++)
      await write(...Array.from({ length: 100 }, (_, i) => `burst ${batch * 100 + i}`));
    release();
    await client.until(() => client.texts().length > 1);
    await client.leave();
    const skipped = client.events.find(event => event.name === 'skipped')!.data as {
      lines: number;
      atLeast: boolean;
    };
    assert.deepEqual(skipped, { lines: 2000, atLeast: false });
    assert.deepEqual(
      client.texts().slice(1),
      Array.from({ length: 1000 }, (_, i) => `burst ${2000 + i}`),
    );
  });

  test('a burst that a client keeps up with comes whole', async () => {
    const client = new Client().follow(store, 'flood');
    await write(...Array.from({ length: 2500 }, (_, i) => `flood ${i}`));
    await client.until(() => client.texts().length >= 2500);
    assert.deepEqual(
      client.texts(),
      Array.from({ length: 2500 }, (_, i) => `flood ${i}`),
    );
    assert.equal(client.events.filter(event => event.name === 'skipped').length, 0);
    await client.leave();
  });

  test('a line that was open comes again under the same id when it is complete', async () => {
    const client = new Client().follow(store, 'unfinished');
    await store.append([source.append([], { partial: { text: 'unfinished', time } })]);
    await client.until(() => client.texts().length === 1);
    await store.append([source.append([{ text: 'unfinished business', time }])]);
    await client.until(() => client.texts().length === 2);
    const ids = client.events.flatMap(({ name, data }) =>
      name === 'lines' ? (data as LogRow[]).map(row => row.id) : [],
    );
    assert.equal(ids[0], ids[1]);
    assert.deepEqual(client.texts(), ['unfinished', 'unfinished business']);
    await client.leave();
  });

  test('a client that left is forgotten', async () => {
    let listeners = 0;
    const counted: Store = Object.create(store, {
      onAppend: {
        value: (listener: Parameters<Store['onAppend']>[0]) => {
          listeners++;
          const forget = store.onAppend(listener);
          return () => {
            listeners--;
            forget();
          };
        },
      },
    });
    const client = new Client().follow(counted, 'x');
    assert.equal(listeners, 1);
    await client.leave();
    assert.equal(listeners, 0);
  });
});
