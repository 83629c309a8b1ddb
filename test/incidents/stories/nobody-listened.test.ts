import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { processOf } from '../../../src/incidents/processes.js';
import type { Heartbeat, LogWriter } from '../../../src/wire/protocol.js';
import { Scene, START } from '../scene.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3'];
const well = Object.fromEntries(AGENTS.map(agent => [agent, {}]));
const open = Object.fromEntries(AGENTS.map(agent => [agent, 'open' as const]));
const H2 = 'status: Unknown, message: "h2 protocol error: error reading a body from connection"';

describe('absence counts only while somebody listened', () => {
  it('a collector unheard, a port that answers, a stream that breaks: nobody died, and the late lines agree', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    const world = (second: number) => ({
      beats: { ...well, 'agent-3': second >= 10 && second < 100 ? undefined : {} },
      ports: open,
    });
    scene.live(0, 88, world);
    assert.match(scene.told().join('; '), /^collector-lost agent-3 unknown/);
    scene.event(88, 'controller', 'agent.stream-error', { agent: 'agent-3', reason: H2 });
    scene.event(88, 'controller', 'agent.failed', { agent: 'agent-3', reason: H2 });
    scene.event(88, 'controller', 'controller.aborting');
    for (const agent of ['agent-1', 'agent-2']) scene.event(88, agent, 'agent.aborted');
    scene.event(88, 'controller', 'controller.gave-up', { reason: H2 });
    scene.live(89, 100, world);
    const lost = () => scene.engine.incidents().find(({ kind }) => kind === 'agent-lost');
    assert.equal(lost()?.cause, 'unresponsive', scene.told().join('; '));
    assert.doesNotMatch(lost()?.explanation ?? '', /died|just ends/);
    assert.match(lost()?.explanation ?? '', /port answers.*short packets pass and longer ones do not/);
    scene.late(100, 88, 'agent-3', 'agent.aborted');
    scene.live(101, 160, world);
    assert.notEqual(lost()?.cause, 'crashed');
    assert.ok(!scene.changes.some(({ incident }) => incident.cause === 'crashed'), 'never, at any time');
  });

  it('all collectors silent at once while the ports answer: no cut, and nobody is lost', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 120, second => ({ beats: second >= 30 ? {} : well, ports: open }));
    assert.deepEqual(
      scene.told().map(line => line.split(' @')[0]),
      ['collector-lost agent-1,agent-2,agent-3 unknown'],
    );
    assert.ok(
      !scene.changes.some(({ incident }) => incident.cause === 'partition' || incident.kind === 'agent-lost'),
    );
  });

  it('the reader of the pipe is gone, its writer listens on: of such a log nobody writes any more', () => {
    const tee = { pid: 7, name: 'tee', state: 'S' };
    const program = { pid: 6, name: 'app', state: 'S' };
    const file = { path: '/logs/a.log', agent: 'a', size: 1, position: 1, mtime: 1, error: null };
    const beat = (file: object, ports: Heartbeat['ports']) =>
      processOf(
        { agents: ['a'], ports, files: [file] } as unknown as Heartbeat,
        [file] as Heartbeat['files'],
        9,
      )?.value;
    const listens = [{ port: 7761, listening: true, process: program }];
    const CASES: [string, LogWriter[], Heartbeat['ports'], string][] = [
      ['both live', [tee], listens, 'running'],
      ['the reader is gone', [], listens, 'gone'],
      ['it is gone and nobody sees the writer listen: the writer lives', [], undefined, 'running'],
    ];
    for (const [what, writers, ports, wanted] of CASES)
      assert.equal(beat({ ...file, writers, programs: [program] }, ports), wanted, what);
  });

  it('one host is cut off while the service stands still: the others’ heartbeats waited in its sockets', () => {
    const scene = new Scene({ lateAfter: 5000 });
    scene.run(AGENTS);
    const cut = { ...open, 'agent-2': 'timeout' as const };
    for (let second = 0; second < 60; second += 2) {
      // three seconds in which nothing was read: what came then is read after the first look
      const stood = second === 34;
      if (stood) {
        scene.at(33);
        scene.engine.outage(START + 34_000, START + 37_100);
        scene.at(37.1);
      }
      const at = stood ? 37.4 : second;
      for (const agent of AGENTS) {
        if (agent === 'agent-2' && second >= 30) continue;
        scene.beat(agent, at);
      }
      scene.at(at + 0.1);
      for (const [agent, outcome] of Object.entries(second >= 30 ? cut : open))
        scene.engine.probe({ agent, address: `${agent}:7761`, at: START + at * 1000 + 200, outcome });
      if (stood) second += 2;
    }
    scene.at(60);
    assert.deepEqual(
      scene.changes.map(({ incident }) => `${incident.subjects} ${incident.cause}`).slice(0, 1),
      ['agent-2 host-unreachable'],
    );
    assert.ok(!scene.changes.some(({ incident }) => incident.subjects.length > 1));
  });

  it('heartbeats held up while lines come: what sends lives; when lines stay away, too, it is missed', () => {
    const scene = new Scene();
    for (let second = 0; second < 300; second += 5) {
      scene.at(second);
      for (const agent of ['agent-1', 'agent-2']) {
        if (agent !== 'agent-2' || second <= 30) scene.beat(agent, second);
        if (second < 200) scene.line(second + 1, agent, { level: 'info', text: `turn ${second}` });
      }
      if (second === 200) assert.deepEqual(scene.told(), []);
    }
    scene.at(300);
    assert.match(scene.told().join('; '), /^collector-lost agent-2 - @25[5-9]$/);
  });

  it('lines that wait at a collector told to wait are no lines that are missing', () => {
    const CASES: [told: RegExp, behind: boolean][] = [
      [/^$/, true],
      [/^overdue agent-3/, false],
    ];
    for (const [told, behind] of CASES) {
      const scene = new Scene();
      scene.run(AGENTS, 60);
      const unread = (second: number) => behind && second >= 50 && second < 400;
      const world = (second: number) => ({
        beats: { controller: {}, ...well, 'agent-3': { unread: unread(second) } },
      });
      scene.live(4, 64, world);
      for (const agent of ['agent-1', 'agent-2']) scene.event(64, agent, 'agent.completed');
      scene.live(65, 400, world);
      if (behind) scene.late(400, 64, 'agent-3', 'agent.completed');
      scene.live(401, 460, world);
      assert.match(scene.told().join('; '), told, `behind: ${behind}`);
    }
  });

  it('whoever wrote the log is gone, the program still listens: its log is lost, it is not', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 120, second => ({
      beats: {
        ...well,
        'agent-2': { listening: true, process: second >= 30 ? 'gone' : 'S' },
      },
      ports: open,
    }));
    assert.match(scene.told().join('; '), /^log-gap agent-2 - @/);
    assert.match(scene.engine.incidents()[0]?.explanation ?? '', /tee\) is gone, the program still listens/);
    assert.equal(scene.engine.incidents()[0]?.severity, 'warning');
  });

  it('what a log can not say any more proves nothing: such an agent is not overdue, and did not miss the order to stop', () => {
    for (const last of ['run.completed', 'controller.aborting'] as const) {
      const scene = new Scene();
      scene.run(AGENTS, 60);
      const world = (second: number) => ({
        beats: { ...well, 'agent-2': { listening: true, process: second >= 30 ? ('gone' as const) : 'S' } },
        ports: open,
      });
      scene.live(4, 64, world);
      for (const agent of ['agent-1', 'agent-3'])
        scene.event(64, agent, last === 'run.completed' ? 'agent.completed' : 'agent.aborted');
      scene.live(65, 300, world);
      scene.event(300, 'controller', last);
      scene.live(301, 360, world);
      assert.match(scene.told().join('; '), /^log-gap agent-2 - @\d+$/, last);
    }
  });

  it('after the service was away, who was stopped waits for the controller, whose collector tries again later', () => {
    const CASES: [what: string, ended: boolean, told: RegExp][] = [
      ['the run had ended before', true, /^$/],
      ['in the middle of the run', false, /^agent-stopped agent-2 - @67/],
    ];
    for (const [what, ended, told] of CASES) {
      const scene = new Scene();
      scene.run(AGENTS);
      scene.at(20);
      scene.engine.outage(START + 20_000, START + 50_000);
      scene.late(50, 45, 'agent-2', 'process.stopping', { reason: 'SIGTERM' });
      scene.at(58);
      if (ended) scene.late(58, 40, 'controller', 'run.failed');
      scene.at(90);
      assert.match(scene.told().join('; '), told, what);
    }
  });

  it('a collector that is killed while its agent works on: told as silent, not as the agent', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 120, second => ({
      beats: { ...well, 'agent-2': second >= 30 ? undefined : {} },
      ports: open,
    }));
    assert.match(scene.told().join('; '), /^collector-lost agent-2 unknown/);
    assert.match(
      scene.engine.incidents()[0]?.explanation ?? '',
      /collector died, or what it sends does not arrive; the agent itself is there/,
    );
  });
});

describe('the controller by its own host', () => {
  for (const [state, told] of [
    ['T', /^controller-stalled controller frozen @4\d/],
    ['gone', /^controller-lost controller crashed @3\d/],
  ] as const) {
    it(`state ${state}, while its agents say nothing of it`, () => {
      const scene = new Scene();
      scene.run(AGENTS);
      scene.live(0, 90, second => ({
        beats: { ...well, controller: { process: second >= 30 ? state : 'S' } },
        ports: open,
      }));
      assert.match(scene.told().join('; '), told);
    });
  }

  it('what it complains of when it goes on again is its own standstill', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 60, second => ({
      beats: { ...well, controller: { process: second >= 30 && second < 58 ? 'T' : 'S' } },
      ports: open,
    }));
    for (const agent of AGENTS)
      scene.event(60, 'controller', 'agent.failed', { agent, reason: 'no answer for 28 s' });
    scene.live(61, 120, () => ({ beats: { ...well, controller: {} }, ports: open }));
    assert.match(scene.told().join('; '), /^controller-stalled controller frozen @4\d-6\d$/);
  });

  it('an orderly end is no loss of it', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 30, () => ({ beats: { ...well, controller: {} }, ports: open }));
    scene.event(30, 'controller', 'run.completed');
    scene.live(31, 120, () => ({ beats: { ...well, controller: { process: 'gone' } }, ports: open }));
    assert.deepEqual(scene.told(), []);
  });
});
