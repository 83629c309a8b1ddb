import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scene } from './scene.js';

const DB = { host: 'db', port: '5432' };

describe('network faults of programs without a pack', () => {
  it('a lone error about a peer is none; explain says how much it weighed', () => {
    const s = new Scene();
    s.line(10, 'web-1', { class: 'timeout', level: 'error', fields: DB, text: 'query timed out' });
    s.at(600);
    assert.deepEqual(s.told(), []);
    assert.match(s.engine.explain({ agent: 'web-1' }).skipped[0]?.reason ?? '', /weigh 2 of 3 points/);
  });

  it('two errors about one peer within a minute are one, over when it says that it is back', () => {
    const s = new Scene();
    s.line(10, 'web-1', { class: 'disconnect', level: 'error', fields: DB });
    s.line(15, 'web-1', { class: 'refused', level: 'error', fields: DB });
    s.line(16, 'web-1', { class: 'refused', level: 'error', fields: DB });
    s.line(40, 'web-1', { class: 'recovered', level: 'info', fields: DB });
    s.at(60);
    assert.deepEqual(s.told(), ['network-fault web-1 refused @15-40']);
    assert.match(s.engine.incidents()[0]?.explanation ?? '', /web-1 reports refused faults with db:5432/);
  });

  it('lines that hold a strong word and no sentence that is known make none, and are shown beside one', () => {
    const s = new Scene();
    const word = { rule: 'defaults/timeout', class: 'timeout', level: 'error', fields: DB } as const;
    for (let second = 10; second < 40; second++) s.line(second, 'web-1', word);
    s.at(60);
    assert.deepEqual(s.told(), []);
    assert.match(s.engine.explain({ agent: 'web-1' }).skipped[0]?.reason ?? '', /weigh 0 of 3 points/);
    for (const second of [70, 72]) s.line(second, 'web-1', { class: 'refused', level: 'error', fields: DB });
    s.line(73, 'web-1', word);
    s.at(80);
    assert.deepEqual(s.told(), ['network-fault web-1 refused @72']);
  });

  it('a fault it recovers from at once does not add to the next', () => {
    const s = new Scene();
    for (const second of [10, 20, 30, 40]) {
      s.line(second, 'web-1', { class: 'disconnect', level: 'error', fields: DB });
      s.line(second + 1, 'web-1', { class: 'recovered', level: 'info', fields: DB });
    }
    s.at(60);
    assert.deepEqual(s.told(), []);
  });

  it('many hosts about one peer are one incident', () => {
    const s = new Scene();
    for (const [index, agent] of ['web-1', 'web-2', 'web-3'].entries()) {
      for (const second of [10, 12])
        s.line(second + index / 10, agent, { class: 'refused', level: 'error', fields: DB });
    }
    s.at(60);
    assert.deepEqual(s.told(), ['network-fault web-1,web-2,web-3 refused @12']);
    assert.match(
      s.engine.incidents().at(-1)?.explanation ?? '',
      /web-1, web-2 and web-3 report refused faults with db:5432.*what they share is the peer/,
    );
    assert.deepEqual(
      s.engine.complaints().map(one => `${one.by}→${one.about} ${one.count}`),
      ['web-1→db:5432 2', 'web-2→db:5432 2', 'web-3→db:5432 2'],
    );
  });

  it('an old log that is read for the first time opens none; explain says why', () => {
    const s = new Scene();
    for (let i = 0; i < 40; i++)
      s.line(10, 'web-1', { class: 'refused', level: 'error', fields: DB }, 10 - 3600 + i);
    s.at(60);
    assert.deepEqual(s.told(), []);
    assert.match(s.engine.explain({ agent: 'web-1' }).skipped[0]?.reason ?? '', /old output/);
    // What the log goes on with is news.
    for (const second of [70, 71]) s.line(second, 'web-1', { class: 'refused', level: 'error', fields: DB });
    s.at(90);
    assert.deepEqual(s.told(), ['network-fault web-1 refused @71']);
  });

  it('what a collector that was away for an hour brings is news', () => {
    const s = new Scene();
    s.line(10, 'web-1', { text: 'up' });
    for (const second of [80, 81])
      s.line(3700, 'web-1', { class: 'refused', level: 'error', fields: DB }, second);
    s.at(3710);
    assert.equal(s.told().length, 1);
  });

  it('what a host prints all the time is usual there', () => {
    const s = new Scene();
    for (let minute = 0; minute < 30; minute++)
      s.line(minute * 60 + 1, 'web-1', { class: 'timeout', level: 'warn', fields: DB });
    for (const second of [1801, 1803, 1805])
      s.line(second, 'web-1', { class: 'timeout', level: 'warn', fields: DB });
    s.at(1900);
    assert.deepEqual(s.told(), []);
    assert.ok(s.engine.explain({ agent: 'web-1' }).skipped.some(skip => /all the time/.test(skip.reason)));
  });

  it('a program with a pack is judged by its events: its lines alone make none', () => {
    const s = new Scene();
    s.event(0, 'agent-1', 'process.started');
    for (const second of [10, 11, 12])
      s.line(second, 'agent-1', {
        class: 'disconnect',
        level: 'error',
        fields: { address: '10.0.0.1:7761' },
      });
    s.at(60);
    assert.deepEqual(s.told(), []);
  });

  it('five minutes without a further fault are its end', () => {
    const s = new Scene();
    for (const second of [10, 12]) s.line(second, 'web-1', { class: 'timeout', level: 'error', fields: DB });
    s.at(700);
    assert.deepEqual(s.told(), ['network-fault web-1 timeout @12-12']);
  });
});

describe('programs that fail without many words', () => {
  const beats = (second: number, gone: string[], from: number) =>
    Object.fromEntries(
      ['client', 'server'].map(agent => [
        agent,
        { process: gone.includes(agent) && second >= from ? ('gone' as const) : ('S' as const) },
      ]),
    );

  for (const [level, text, told] of [
    ['none', 'iperf3: error - control socket has closed unexpectedly', true],
    ['error', 'read from control socket: end of file', true],
    ['none', 'Connection to 10.0.0.4 closed by remote host.', false],
    ['warn', 'stream 3 reset by peer, goes on with another', false],
  ] as const)
    it(`the last words of a process that ends of them are enough: ${told} for ${level} “${text}”`, () => {
      const s = new Scene();
      s.live(0, 52, () => ({ beats: beats(0, [], 0) }));
      s.line(52, 'client', { class: 'disconnect', level, text });
      s.live(53, 120, second => ({ beats: beats(second, ['client', 'server'], 53) }));
      assert.deepEqual(s.told(), told ? ['network-fault client reset @55'] : []);
      if (told)
        assert.match(
          s.engine.incidents()[0]?.explanation ?? '',
          /, and ended of it; at about that time: server’s process on host-server ended at 12:00:55\.$/,
        );
    });

  it('an error of a process that goes on, or that ends much later, is no last word', () => {
    for (const from of [80, 1000]) {
      const s = new Scene();
      s.live(0, 52, () => ({ beats: beats(0, [], 0) }));
      s.line(52, 'client', { class: 'disconnect', level: 'error' });
      s.live(53, 120, second => ({ beats: beats(second, ['client'], from) }));
      assert.deepEqual(s.told(), []);
    }
  });

  it('a program’s own word that it lost a member decides, at whatever level, and the silent host stands beside it', () => {
    const s = new Scene();
    const both = (second: number) => ({ client: {}, ...(second < 50 ? { server: {} } : {}) });
    s.live(0, 55, second => ({ beats: both(second) }));
    s.line(55, 'client', {
      class: 'timeout',
      level: 'info',
      rule: 'load-tools/member-missing',
      text: 'Worker w2 failed to send heartbeat, setting state to missing.',
    });
    s.live(56, 90, second => ({ beats: both(second) }));
    assert.deepEqual(s.told(), ['network-fault client timeout @55']);
    assert.match(
      s.engine.incidents()[0]?.explanation ?? '',
      /nothing is heard of host-server since 12:00:45\.$/,
    );
  });

  it('what several say of one peer, with and without its name, is one incident, whoever joins it', () => {
    const s = new Scene();
    const say = (second: number, agent: string, fields: Record<string, string>) =>
      s.line(second, agent, { class: 'refused', level: 'error', fields });
    for (const agent of ['etcd-1', 'etcd-3', 'etcd-4']) {
      say(9.5, agent, {});
      say(9.6, agent, {});
    }
    for (const [i, agent] of ['etcd-1', 'etcd-3', 'etcd-4'].entries())
      for (const second of [12, 13]) say(second + i, agent, DB);
    s.at(100);
    const open = s.engine.incidents().filter(({ resolvedAt }) => resolvedAt === undefined);
    assert.deepEqual(
      open.map(({ subjects }) => subjects.join()),
      ['etcd-1,etcd-3,etcd-4'],
    );
    const shared = s.changes.filter(
      ({ change, incident }) => change === 'opened' && incident.subjects.length > 1,
    );
    assert.deepEqual(shared, [], 'it grew out of what was told first');
  });

  for (const silent of [true, false])
    it(`one warning of a peer is enough while a host is silent: ${silent}`, () => {
      const s = new Scene();
      const both = (second: number) => ({ main: {}, ...(silent && second >= 50 ? {} : { replica: {} }) });
      s.live(0, 60, second => ({ beats: both(second) }));
      s.line(60, 'main', { class: 'timeout', level: 'warn', fields: { address: '10.81.2.3', port: '6379' } });
      s.live(61, 100, second => ({ beats: both(second) }));
      const told = s.told().filter(line => line.startsWith('network-fault'));
      assert.equal(told.length, silent ? 1 : 0, s.told().join('; '));
    });

  it('a program that has just begun is refused by those that begin later: nothing; it still is long after: told', () => {
    const CASES: [what: string, until: number, told: RegExp][] = [
      ['its siblings begin a little later', 18, /^$/],
      ['nobody is there', 60, /^network-fault node-1 refused @2\d$/],
    ];
    for (const [what, until, told] of CASES) {
      const s = new Scene();
      for (let second = 0; second < 120; second++) {
        if (second % 5 === 3) s.beat('node-1', second);
        if (second >= 4 && second < until && second % 2 === 0)
          s.line(second, 'node-1', { class: 'refused', level: 'warn', fields: DB });
      }
      s.at(120);
      assert.match(s.told().join('; '), told, what);
    }
  });

  it('who complains as one process ends is in one trouble, whomever it names; at another time it is another’s', () => {
    const CASES: [standbyAt: number, told: string[]][] = [
      [32, ['network-fault bench,standby refused']],
      [70, ['network-fault bench reset', 'network-fault standby refused']],
    ];
    for (const [standbyAt, told] of CASES) {
      const s = new Scene();
      for (let second = 0; second < 140; second += 5) {
        for (const agent of ['main', 'standby', 'bench'])
          s.beat(agent, second, { process: agent === 'main' && second >= 30 ? 'gone' : 'S' });
        for (const after of [0, 1]) {
          if (second === 30)
            s.line(30 + after, 'bench', {
              class: 'disconnect',
              level: 'error',
              text: 'server closed the connection',
            });
          if (second === standbyAt - (standbyAt % 5))
            for (const more of [0, 0.1])
              s.line(standbyAt + after + more, 'standby', { class: 'refused', level: 'error', fields: DB });
        }
        s.at(second + 4.9);
      }
      assert.deepEqual(
        s
          .told()
          .map(line => line.split(' @')[0])
          .sort(),
        told,
        String(standbyAt),
      );
    }
  });
});
