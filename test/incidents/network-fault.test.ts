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
