import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { LineDetector } from '../../src/detect/detector.js';
import { Intake, type Stored } from '../../src/ingest/intake.js';
import { LineStage } from '../../src/ingest/line-stage.js';
import { unpackMarks } from '../../src/model/mark-pack.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { DeadairError } from '../../src/platform/errors.js';
import type { AppendReceipt, SourceAppend, SourceState } from '../../src/store/store.js';
import type { EntryOutcome } from '../../src/wire/protocol.js';
import { bytes, frame, source } from './frames.js';

/** Keeps positions and bytes as a store must, and fails or waits when told. */
class MemoryStore {
  readonly states = new Map<string, SourceState>();
  readonly text = new Map<string, string>();
  failNext: DeadairError | undefined;
  appends = 0;
  appendsAtOnce = 1;
  held: Promise<void> | undefined;
  sourcesFail = false;
  private seq = 0;

  async append(appends: SourceAppend[]): Promise<AppendReceipt> {
    this.appends++;
    await this.held;
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure) throw failure;
    const position = new Map([...this.states].map(([id, state]) => [id, state.position]));
    for (const { source: of, from, to } of appends) {
      if (from !== (position.get(of.id) ?? of.start ?? 0))
        throw new DeadairError('conflict', `not at ${from}`);
      position.set(of.id, to);
    }
    let lines = 0;
    for (const { source: of, to, records, parserState, end } of appends) {
      const known = this.states.get(of.id);
      let openBytes: Uint8Array | undefined;
      if (records) {
        const whole = records.starts[records.count]!;
        lines += records.count;
        this.text.set(
          of.id,
          `${this.text.get(of.id) ?? ''}${Buffer.from(records.bytes.subarray(0, whole)).toString()}`,
        );
        openBytes = records.bytes.slice(whole);
      }
      this.states.set(of.id, {
        ...of,
        position: to,
        ...(parserState === undefined ? {} : { parserState }),
        ...(openBytes ? { openBytes } : {}),
        ...(end ? { ended: end } : {}),
        firstSeenAt: known?.firstSeenAt ?? 0,
        lastIngestedAt: 0,
        lines: (known?.lines ?? 0) + lines,
      });
    }
    return { seq: ++this.seq, lines };
  }

  async sources(): Promise<SourceState[]> {
    if (this.sourcesFail) throw new DeadairError('store.damaged', 'can not be read');
    return [...this.states.values()];
  }
}

async function setUp(limits = { queue: 1_000_000, requests: 10 }, detector?: Pick<LineDetector, 'scan'>) {
  const store = new MemoryStore();
  const stage = new LineStage({ maxRawBytes: 100_000, zone: 'UTC', packs: [] }, detector);
  const stored: Stored[] = [];
  const intake = new Intake({
    store,
    stage: { reset: sources => stage.reset(sources), take: async request => stage.take(request) },
    settings: limits,
    clock: new VirtualClock(2_000_000),
    onStored: one => stored.push(one),
  });
  await intake.open();
  const take = async (body: Uint8Array, encoding = 'identity') => {
    const stay = intake.enter();
    try {
      stay.read(body.length);
      return await intake.take(body, encoding, stay);
    } finally {
      stay.leave();
    }
  };
  const send = async (...parts: Parameters<typeof frame> extends [unknown, ...infer P] ? P : never) =>
    (await take(frame(a, ...parts))).reply.outcomes;
  /** Holds the next append back until it is released. */
  const hold = () => {
    let release = (): void => {};
    store.held = new Promise(resolve => {
      release = resolve;
    });
    return () => {
      store.held = undefined;
      release();
    };
  };
  const appending = async (count: number) => {
    while (store.appends < count) await new Promise(resolve => setImmediate(resolve));
  };
  return { hold, appending, store, intake, stored, take, send, text: () => store.text.get(a.id) };
}

const a = source('agent-1');
const text = 'line one\nline two\nline three\nline four\n';
const states = (outcomes: EntryOutcome[]) => outcomes.map(({ status, position }) => `${status}@${position}`);
const code = (expected: string) => (thrown: unknown) =>
  thrown instanceof DeadairError && thrown.code === expected;

describe('the server keeps the position', () => {
  test('a range that starts past it is refused, one that ends before it ignored, one that overlaps trimmed', async () => {
    const { send, text: storedText } = await setUp();
    assert.deepEqual(states(await send(bytes(text, 9, 18))), ['gap@0']);
    assert.deepEqual(states(await send(bytes(text, 0, 18))), ['stored@18']);
    assert.deepEqual(states(await send(bytes(text, 0, 9))), ['duplicate@18']);
    assert.deepEqual(states(await send(bytes(text, 9, 29))), ['stored@29']);
    assert.deepEqual(states(await send(bytes(text, 0, 18), bytes(text, 29))), [
      'duplicate@29',
      `stored@${text.length}`,
    ]);
    assert.equal(storedText(), text);
  });

  test('an open line is held back and completed by the next range', async () => {
    const { send, text: storedText, store } = await setUp();
    await send(bytes(text, 0, 13));
    assert.equal(storedText(), 'line one\n');
    assert.equal(Buffer.from(store.states.get(a.id)!.openBytes!).toString(), 'line');
    await send(bytes(text, 13));
    assert.equal(storedText(), text);
  });

  test('the end of a generation makes its open line a record', async () => {
    const { send, text: storedText, store } = await setUp();
    const parts = bytes(text, 0, 13);
    const end = {
      entry: { kind: 'end' as const, source: 0, at: 13, observedAt: 1, reason: 'rotated' as const },
    };
    assert.deepEqual(states(await send(parts, end)), ['stored@13', 'stored@13']);
    assert.equal(storedText(), 'line one\nline');
    assert.ok(store.states.get(a.id)!.ended);
    assert.deepEqual(states(await send(end)), ['duplicate@13']);
  });

  test('a gap moves the position and is told, one that was passed before is not told again', async () => {
    const { send, stored } = await setUp();
    const gap = {
      entry: {
        kind: 'gap' as const,
        source: 0,
        from: 18,
        to: 29,
        observedAt: 1,
        reason: 'truncated-before-read' as const,
      },
    };
    await send(bytes(text, 0, 18));
    assert.deepEqual(states(await send(gap, bytes(text, 29))), ['stored@29', `stored@${text.length}`]);
    assert.deepEqual(states(await send(gap)), [`duplicate@${text.length}`]);
    assert.equal(stored.flatMap(({ result }) => result.appends.filter(append => append.gap)).length, 1);
  });
});

test('a gap of unknown size is named once, however often it is sent', async () => {
  const { send, stored } = await setUp();
  const reason = 'rotated-away' as const;
  const gap = { entry: { kind: 'gap' as const, source: 0, from: 9, to: null, observedAt: 1, reason } };
  await send(bytes(text, 0, 9));
  assert.deepEqual(states(await send(gap)), ['stored@9']);
  assert.deepEqual(states(await send(gap)), ['duplicate@9']);
  assert.equal(stored.flatMap(({ result }) => result.appends.filter(append => append.gap)).length, 1);
});

test('a detector that fails costs the findings, not the lines', async () => {
  const detector = {
    scan(): void {
      throw new Error('a rule went wrong');
    },
  };
  const { send, stored, text: storedText } = await setUp(undefined, detector);
  await send(bytes(text, 0));
  assert.equal(storedText(), text);
  assert.equal(stored[0]!.result.unjudged, 1);
});

describe('what could not be stored', () => {
  test('is refused together with everything that ran ahead of it, and taken when it comes again', async () => {
    const { hold, appending, send, store, text: storedText } = await setUp();
    await send(bytes(text, 0, 9));
    const release = hold();
    store.failNext = new DeadairError('store.full', 'The disk is full.');
    const first = send(bytes(text, 9, 18));
    await appending(2);
    const second = send(bytes(text, 18, 29));
    const settled = Promise.allSettled([first, second]);
    release();
    const [one, two] = await settled;
    assert.ok(one.status === 'rejected' && code('store.full')(one.reason));
    assert.ok(two.status === 'rejected' && code('unavailable')(two.reason));
    assert.deepEqual(states(await send(bytes(text, 18, 29))), ['gap@9']);
    assert.deepEqual(states(await send(bytes(text, 9))), [`stored@${text.length}`]);
    assert.equal(storedText(), text);
  });

  test('is not acknowledged to the one who asks again, either', async () => {
    const { hold, appending, send, store } = await setUp();
    const release = hold();
    store.failNext = new DeadairError('store.full', 'The disk is full.');
    const first = send(bytes(text, 0, 18));
    await appending(1);
    // The collector lost the connection and sends the same again: all of it is known, none of it durable.
    const again = send(bytes(text, 0, 18));
    const settled = Promise.allSettled([first, again]);
    release();
    assert.deepEqual(
      (await settled).map(one => one.status),
      ['rejected', 'rejected'],
    );
    assert.equal(store.states.size, 0);
  });

  test('keeps everything out until the store can say again where the sources stand', async () => {
    const { send, store, text: storedText } = await setUp();
    await send(bytes(text, 0, 9));
    store.failNext = new DeadairError('store.damaged', 'no luck');
    store.sourcesFail = true;
    await assert.rejects(send(bytes(text, 9, 18)), code('unavailable'));
    await assert.rejects(send(bytes(text, 9, 18)), code('unavailable'), 'no position is made up meanwhile');
    store.sourcesFail = false;
    assert.deepEqual(states(await send(bytes(text, 9))), [`stored@${text.length}`]);
    assert.equal(storedText(), text);
  });

  test('does not count twice: marks are told once, after the commit', async () => {
    const { send, store, stored } = await setUp();
    const line = '2026-11-23T10:00:00Z ERROR connect to 10.0.0.7:7761: Connection refused (os error 111)\n';
    store.failNext = new DeadairError('internal', 'no luck');
    await assert.rejects(send(bytes(line, 0)), code('unavailable'));
    await send(bytes(line, 0));
    assert.deepEqual(
      stored
        .flatMap(({ result, seq }) => (result.marks ? unpackMarks({ bytes: result.marks, seq }) : []))
        .map(mark => mark.class),
      ['refused'],
    );
    assert.equal(stored[0]!.seq, 1);
  });
});

describe('a store that takes several appends at once', () => {
  const b = source('agent-2');
  const large = `${'x'.repeat(89)}\n`.repeat(1000);

  async function twoUnderWay() {
    const parts = await setUp({ queue: 10_000_000, requests: 100 });
    const { store, hold, appending, send, take } = parts;
    store.appendsAtOnce = 2;
    const release = hold();
    const first = send(bytes(text, 0, 18));
    await appending(1);
    const second = Array.from({ length: 12 }, (_, i) => {
      const [from, to] = [i * large.length, (i + 1) * large.length];
      const entry = bytes(large.repeat(i + 1), from, to);
      return take(frame(b, entry)).then(({ reply }) => reply.outcomes);
    });
    await appending(2);
    return { ...parts, first, second: Promise.allSettled(second), release };
  }

  test('has a second one as soon as it is worth a commit, and a small one waits', async () => {
    const { store, send, first, second, release, stored } = await twoUnderWay();
    const small = send(bytes(text, 18, 29));
    for (let turns = 0; turns < 20; turns++) await new Promise(resolve => setImmediate(resolve));
    assert.equal(store.appends, 2);
    release();
    assert.deepEqual(states(await first), ['stored@18']);
    assert.ok((await second).every(({ status }) => status === 'fulfilled'));
    assert.deepEqual(states(await small), ['stored@29']);
    const seqs = stored.map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      [...seqs].sort((x, y) => x - y),
    );
  });

  test('acknowledges nothing behind one that failed, and counts what it stored all the same', async () => {
    const { store, send, take, first, second, release, stored } = await twoUnderWay();
    store.failNext = new DeadairError('store.full', 'The disk is full.');
    const failed = assert.rejects(first, code('store.full'));
    release();
    await failed;
    assert.ok((await second).every(({ status }) => status === 'rejected'));
    assert.ok(stored.length > 0, 'its marks are judged');
    assert.deepEqual(states(await send(bytes(text, 0, 18))), ['stored@18']);
    const { position } = store.states.get(b.id)!;
    assert.ok(position > 0);
    const again = await take(frame(b, bytes(large, 0, large.length)));
    assert.deepEqual(states(again.reply.outcomes), [`duplicate@${position}`]);
  });
});

describe('limits', () => {
  test('several waiting requests are stored by one commit', async () => {
    const { hold, appending, send, store, text: storedText } = await setUp();
    const release = hold();
    const first = send(bytes(text, 0, 9));
    await appending(1);
    const rest = [send(bytes(text, 9, 18)), send(bytes(text, 18, 29)), send(bytes(text, 29))];
    await new Promise(resolve => setImmediate(resolve));
    release();
    await Promise.all([first, ...rest]);
    assert.equal(store.appends, 2);
    assert.equal(storedText(), text);
  });

  test('more requests than allowed are asked to wait, and nothing is taken while stopping', async () => {
    const { hold, intake, take } = await setUp({ queue: 1_000_000, requests: 1 });
    const release = hold();
    const first = take(frame(a, bytes(text, 0)));
    await assert.rejects(take(frame(a, bytes(text, 0))), (thrown: DeadairError) => {
      assert.equal(thrown.code, 'busy');
      assert.equal(thrown.retryAfterSeconds, 1);
      return true;
    });
    const stopping = intake.stop();
    await assert.rejects(take(frame(a, bytes(text, 0))), code('unavailable'));
    release();
    await Promise.all([first, stopping]);
  });

  test('bodies that are being read count, too: the second of two large ones is asked to wait', async () => {
    const { intake } = await setUp({ queue: 1000, requests: 10 });
    const [one, two] = [intake.enter(), intake.enter()];
    one.read(900);
    assert.throws(() => two.read(200), code('busy'));
    two.leave();
    one.read(5000); // alone it may be as large as a request may be
    one.leave();
    assert.deepEqual(intake.load, { requests: 0, bytes: 0 });
  });

  for (const [what, body, encoding, expected] of [
    ['a body that grows past the limit', gzipSync(Buffer.alloc(2_000_000)), 'gzip', 'request.too-large'],
    ['a body that is not what it says', Buffer.from('hello'), 'gzip', 'request.invalid'],
    ['a body that is no frame', Buffer.from('hello, world'), 'identity', 'request.invalid'],
    ['a frame that ends too soon', frame(a, bytes(text, 0)).subarray(0, -5), 'identity', 'request.invalid'],
  ] as const) {
    test(`${what} is refused and moves nothing`, async () => {
      const { take, send } = await setUp();
      await assert.rejects(take(body, encoding), code(expected));
      assert.deepEqual(states(await send(bytes(text, 0))), [`stored@${text.length}`]);
    });
  }
});
