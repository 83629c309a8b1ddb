import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scene } from './scene.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3', 'agent-4'];
const H2 = { reason: 'status: Unknown, message: "h2 protocol error: error reading a body from connection"' };

/** The controller gives an agent up at `second` and stops the others; `exit` seconds later it is gone. */
function giveUp(scene: Scene, second: number, lost: string, exit: number): void {
  scene.event(second, 'controller', 'agent.stream-error', { agent: lost, ...H2 });
  scene.event(second, 'controller', 'agent.failed', { agent: lost, ...H2 });
  scene.event(second, 'controller', 'run.failed');
  scene.event(second, 'controller', 'controller.aborting');
  scene.event(second + exit, 'controller', 'controller.gave-up', { agent: lost, ...H2 });
}

/** What a healthy agent prints when it is told to stop and the controller leaves. */
function stop(scene: Scene, second: number, agents: string[], exit: number): void {
  for (const agent of agents) {
    scene.event(second + 0.01, agent, 'agent.aborted');
    scene.event(second + exit, agent, 'controller.stream-error', H2);
    scene.event(second + exit, agent, 'controller.disconnected');
  }
}

function scene(agents = AGENTS): Scene {
  const made = new Scene();
  made.run(agents);
  return made;
}

describe('how an agent was lost is told by timing and by the other side', () => {
  it('killed: its port refuses the order to stop', () => {
    const s = scene();
    giveUp(s, 60, 'agent-2', 0.1);
    s.event(60, 'controller', 'agent.abort-unreachable', {
      address: '10.0.0.2:7761',
      reason: 'transport error',
    });
    stop(s, 60, ['agent-1', 'agent-3', 'agent-4'], 0.1);
    s.at(100);
    assert.deepEqual(s.told(), ['agent-lost agent-2 crashed @63']);
  });

  it('cut off by a firewall that rejects: the port refuses too, but the process writes on later', () => {
    const s = scene();
    giveUp(s, 60, 'agent-2', 0.1);
    s.event(60, 'controller', 'agent.abort-unreachable', {
      address: '10.0.0.2:7761',
      reason: 'transport error',
    });
    stop(s, 60, ['agent-1', 'agent-3', 'agent-4'], 0.1);
    s.event(90, 'agent-2', 'agent.phase-ended');
    s.event(90, 'agent-2', 'agent.completed');
    s.at(120);
    assert.match(s.told()[0] ?? '', /^agent-lost agent-2 reset/);
  });

  it('connection reset while the process lives: it notices at once and can be told to stop', () => {
    const s = scene();
    giveUp(s, 60, 'agent-2', 0.05);
    s.event(60, 'agent-2', 'controller.stream-error', H2);
    s.event(60, 'agent-2', 'controller.lost');
    stop(s, 60, ['agent-1', 'agent-3', 'agent-4'], 0.05);
    s.at(100);
    assert.match(s.told()[0] ?? '', /^agent-lost agent-2 reset @63/);
  });

  it('frozen or cut off: the host does not answer the order to stop, which holds the controller up', () => {
    const s = scene();
    giveUp(s, 60, 'agent-2', 2.1);
    stop(s, 60, ['agent-1', 'agent-3', 'agent-4'], 2.1);
    s.at(100);
    assert.deepEqual(s.told(), ['agent-lost agent-2 unresponsive @63']);
    assert.equal(
      s.engine.incidents()[0]?.startedAt,
      Date.UTC(2026, 10, 23, 12, 0, 20),
      'as long before as its keepalive takes',
    );
  });

  it('frozen for a while: a late order to stop after it woke up does not make it a reset', () => {
    const s = scene();
    giveUp(s, 60, 'agent-2', 2.1);
    stop(s, 60, ['agent-1', 'agent-3', 'agent-4'], 2.1);
    s.event(62.5, 'agent-2', 'agent.aborted');
    s.at(100);
    assert.match(s.told()[0] ?? '', /^agent-lost agent-2 unresponsive/);
  });

  it('two of four cut off: both, although the controller names only one and complains of all', () => {
    const s = scene();
    giveUp(s, 60, 'agent-2', 2.1);
    for (const agent of ['agent-1', 'agent-3', 'agent-4'])
      s.event(60.05, 'controller', 'agent.stream-error', { agent, ...H2 });
    stop(s, 60, ['agent-1', 'agent-4'], 2.1);
    s.at(100);
    assert.deepEqual(s.told(), ['agent-lost agent-2,agent-3 unresponsive @63']);
  });

  it('nobody complained of it, but it does not react when all are stopped', () => {
    const s = scene();
    giveUp(s, 60, 'agent-2', 2.1);
    stop(s, 60, ['agent-1', 'agent-4'], 2.1);
    s.at(100);
    assert.deepEqual(s.told(), ['agent-lost agent-2,agent-3 unresponsive @63']);
  });

  it('a restart by its supervisor is the answer to a crash and belongs to the same incident', () => {
    const s = scene();
    giveUp(s, 60, 'agent-2', 0.1);
    stop(s, 60, ['agent-1', 'agent-3', 'agent-4'], 0.1);
    s.event(64, 'agent-2', 'process.started');
    s.at(100);
    assert.deepEqual(s.told(), ['agent-lost agent-2 crashed @63-64']);
  });

  it('a new process in the middle of a run that its controller has not noticed yet', () => {
    const s = scene();
    s.event(60, 'agent-2', 'process.started');
    s.at(80);
    assert.deepEqual(s.told(), ['agent-restarted agent-2 crashed @66-66']);
  });

  it('a second process that finds the port taken does not make the first one restarted', () => {
    const s = scene();
    s.event(60, 'agent-2', 'process.started');
    s.event(60.5, 'agent-2', 'process.port-taken');
    s.at(80);
    assert.deepEqual(s.told(), ['port-conflict agent-2 port-taken @61']);
  });

  it('its own last words tell of its death before the controller does, in one incident', () => {
    const s = scene();
    s.event(60, 'agent-2', 'process.failed', { reason: 'killed by SIGKILL' });
    giveUp(s, 70, 'agent-2', 0.1);
    stop(s, 70, ['agent-1', 'agent-3', 'agent-4'], 0.1);
    s.at(100);
    assert.deepEqual(s.told(), ['agent-lost agent-2 crashed @65']);
  });

  it('stopped in an orderly way: stopped, not lost', () => {
    const s = scene();
    s.event(60, 'agent-2', 'process.stopping', { reason: 'SIGTERM' });
    giveUp(s, 60.5, 'agent-2', 0.1);
    stop(s, 60.5, ['agent-1', 'agent-3', 'agent-4'], 0.1);
    s.at(100);
    assert.deepEqual(s.told(), ['agent-stopped agent-2 - @62']);
  });
});

describe('the controller', () => {
  it('killed: all agents at work lose it at once', () => {
    const s = scene();
    for (const agent of AGENTS) s.event(60, agent, 'controller.stream-error', H2);
    for (const agent of AGENTS) s.event(60, agent, 'controller.lost');
    s.at(100);
    assert.deepEqual(s.told(), ['controller-lost controller crashed @63']);
  });

  it('killed under deadair run, which tells of the run first and of the death: one run, one incident', () => {
    const s = new Scene();
    s.line(0, 'controller', {
      rule: 'deadair/run-started',
      event: 'run.started',
      fields: { config: 'nightly' },
    });
    s.run(AGENTS);
    s.line(60, 'controller', {
      rule: 'deadair/run-failed',
      event: 'run.failed',
      fields: { reason: 'killed by SIGKILL' },
    });
    for (const agent of AGENTS) s.event(60.1, agent, 'controller.lost');
    s.at(100);
    assert.deepEqual(s.told(), ['controller-lost controller crashed @63']);
    assert.deepEqual(
      s.engine.runs().map(run => `${run.name} ${run.agents.length} ${run.outcome}`),
      ['nightly 4 failed'],
    );
  });

  it('one agent alone that loses it is no proof', () => {
    const s = scene();
    s.event(60, 'agent-2', 'controller.lost');
    s.at(100);
    assert.deepEqual(s.told(), []);
    assert.match(s.engine.explain({ rule: 'controller-lost' }).skipped[0]?.reason ?? '', /one agent alone/);
  });

  it('interrupted by a person: told as that, and nobody is woken', () => {
    const s = scene();
    s.event(60, 'controller', 'run.interrupted', { reason: 'SIGINT' });
    for (const agent of AGENTS) s.event(60.05, agent, 'controller.stream-error', H2);
    for (const agent of AGENTS) s.event(60.05, agent, 'controller.lost');
    s.at(100);
    assert.deepEqual(s.told(), ['controller-lost controller interrupted @61-61']);
    assert.equal(s.engine.incidents()[0]?.severity, 'info');
    assert.equal(s.engine.runs()[0]?.outcome, 'interrupted');
  });

  it('stood still: it calls everybody late at the same moment, once', () => {
    const s = scene();
    for (const agent of AGENTS) s.event(200, 'controller', 'agent.late', { agent, seconds: '90.6' });
    s.event(260, 'controller', 'run.completed');
    s.at(300);
    assert.match(s.told().join(), /^controller-stalled controller frozen @203\.5-203\.5$/);
  });

  it('calls one agent late again and again: that agent has stalled', () => {
    const s = scene();
    for (let second = 0; second < 30; second++)
      s.event(200 + second, 'controller', 'agent.late', { agent: 'agent-2', seconds: String(60 + second) });
    s.event(231, 'controller', 'agent.recovered', { agent: 'agent-2' });
    s.at(300);
    assert.deepEqual(s.told(), ['agent-stalled agent-2 unresponsive @204-231']);
  });

  it('asks about a silent agent and is answered: nothing', () => {
    const s = scene();
    s.event(200, 'controller', 'agent.late', { agent: 'agent-2' });
    s.event(201, 'controller', 'agent.recovered', { agent: 'agent-2' });
    s.at(300);
    assert.deepEqual(s.told(), []);
  });
});

describe('signs of life that the controller prints', () => {
  const alive = (s: Scene, second: number, agents: string[]) => {
    for (const agent of agents) s.event(second, 'controller', 'agent.alive', { agent });
  };

  it('comes and goes: one incident, opened again, with the outages in it', () => {
    const s = scene();
    for (let second = 4; second < 120; second++) {
      const away = (second >= 40 && second < 50) || (second >= 70 && second < 85);
      alive(
        s,
        second,
        AGENTS.filter(agent => agent !== 'agent-3' || !away),
      );
    }
    s.at(130);
    assert.deepEqual(s.told(), ['agent-stalled agent-3 unresponsive @44-85']);
    assert.deepEqual(
      s.changes.map(change => change.change).filter(change => change !== 'updated'),
      ['opened', 'resolved', 'worsened', 'resolved'],
    );
    assert.match(s.engine.incidents()[0]?.explanation ?? '', /2 silences \(11 s and 16 s\)/);
  });

  it('all stop together and come back in the same instant: the controller stood still', () => {
    const s = scene();
    for (let second = 4; second < 120; second++) if (second < 40 || second >= 60) alive(s, second, AGENTS);
    s.at(130);
    assert.deepEqual(s.told(), ['controller-stalled controller frozen @61-61']);
  });

  it('an agent that is done earlier than the others has not stalled', () => {
    const s = scene();
    for (let second = 4; second < 60; second++) alive(s, second, second < 30 ? AGENTS : AGENTS.slice(1));
    s.event(30, 'agent-1', 'agent.completed');
    s.at(90);
    assert.deepEqual(s.told(), []);
  });
});

describe('work that does not go well', () => {
  it('some failed operations are none, many are a failing workload, with the cause its words tell', () => {
    const few = scene();
    for (let n = 1; n <= 3; n++) few.event(60 + n, 'agent-2', 'agent.errors', { total: String(n) });
    few.at(100);
    assert.deepEqual(few.told(), []);
    assert.ok(
      few.engine
        .explain({ agent: 'agent-2' })
        .skipped.some(skip => /only 3 failed operations/.test(skip.reason)),
    );
    const many = scene();
    for (let n = 1; n <= 6; n++) many.event(60 + n, 'agent-2', 'agent.errors', { total: String(n) });
    many.event(66, 'agent-2', 'agent.detail', { reason: 'No space left on device (os error 28)' });
    many.at(100);
    assert.deepEqual(many.told(), ['workload-failing agent-2 disk-full @66']);
  });

  it('an agent past its announced end while the others are done is overdue, and not any more when it ends', () => {
    const s = new Scene();
    s.run(AGENTS, 60);
    for (const agent of AGENTS.slice(1)) s.event(63, agent, 'agent.phase-ended');
    s.at(110);
    assert.deepEqual(s.told(), ['overdue agent-1 - @93']);
    s.event(120, 'agent-1', 'agent.phase-ended');
    s.at(130);
    assert.match(s.told()[0] ?? '', /^overdue agent-1 - @93-120/);
    const said = s.engine.incidents()[0]?.explanation ?? '';
    assert.match(said, /^agent-1 ended 57 s late, at 12:02:00 \(due at 12:01:03\), while .* were done\.$/);
  });

  it('a run that ends before the one that is overdue ends it, too', () => {
    const s = new Scene();
    s.run(AGENTS, 60);
    for (const agent of AGENTS.slice(1)) s.event(63, agent, 'agent.phase-ended');
    s.event(110, 'controller', 'run.completed');
    s.at(130);
    assert.match(s.told()[0] ?? '', /^overdue agent-1 - @93-110/);
    assert.match(s.engine.incidents()[0]?.explanation ?? '', /^agent-1 had not ended when the run did/);
  });

  for (const [siblings, told] of [
    [10, 'overdue agent-1 - @83'],
    [100, 'overdue agent-1 - @323'],
  ] as const)
    it(`without an announced end the siblings tell, who took ${siblings} s`, () => {
      const s = new Scene();
      s.run(AGENTS, 0);
      for (const agent of AGENTS) s.event(13, agent, 'agent.started');
      for (const agent of AGENTS.slice(1)) s.event(13 + siblings, agent, 'agent.completed');
      s.at(12 + siblings + Math.max(60, 2 * siblings));
      assert.deepEqual(s.told(), []);
      s.at(400);
      assert.deepEqual(s.told(), [told.replace('323', String(13 + 3 * siblings))]);
      s.event(401, 'agent-1', 'agent.completed');
      s.at(410);
      assert.match(s.engine.incidents()[0]?.explanation ?? '', /^agent-1 ended .* late, at .* were done by/);
    });

  it('of two agents the slower one is nobody’s fault, nor where most are still at work', () => {
    const s = new Scene();
    s.run(AGENTS, 0);
    for (const agent of AGENTS) s.event(13, agent, 'agent.started');
    s.event(23, 'agent-1', 'agent.completed');
    s.at(2000);
    assert.deepEqual(s.told(), []);
  });
});

describe('explain', () => {
  it('does not say under a lost controller that one agent alone had lost it', () => {
    const s = new Scene();
    s.run(AGENTS);
    for (const [i, agent] of AGENTS.entries()) {
      s.at(100 + i / 10);
      s.event(100 + i / 10, agent, 'controller.lost');
    }
    s.at(130);
    assert.match(s.told().join('; '), /^controller-lost controller crashed/);
    const skipped = s.engine.explain({}).skipped.filter(({ rule }) => rule === 'controller-lost');
    assert.deepEqual(skipped, []);
  });
});

describe('old output', () => {
  it('of an earlier run in the same file never counts for the new one', () => {
    const s = new Scene();
    s.event(0, 'agent-1', 'process.started');
    const old = (event: Parameters<Scene['event']>[2], agent: string, fields: Record<string, string> = {}) =>
      s.late(1, -86_400, agent, event, fields);
    old('run.started', 'controller');
    old('agent.failed', 'controller', { agent: 'agent-1', ...H2 });
    old('agent.workload-failed', 'agent-1', { reason: 'No space left on device' });
    s.at(60);
    assert.deepEqual(s.told(), []);
    assert.deepEqual(s.engine.runs(), []);
    assert.match(s.engine.explain({ agent: 'agent-1' }).skipped[0]?.reason ?? '', /old output/);
  });
});

describe('an agent that was killed and has begun anew more than once since', () => {
  it('keeps its cause: lines of later processes do not show that the first lived on', () => {
    const scene = new Scene();
    scene.run(['agent-1', 'agent-2']);
    scene.at(60);
    scene.event(60, 'controller', 'agent.failed', { agent: 'agent-2', reason: 'h2 protocol error' });
    scene.event(60, 'controller', 'controller.aborting');
    scene.event(60.1, 'controller', 'agent.abort-unreachable', { agent: 'agent-2', reason: 'refused' });
    scene.event(60.2, 'controller', 'controller.gave-up', { agent: 'agent-2' });
    scene.event(60.1, 'agent-1', 'agent.aborted');
    for (const begin of [200, 500]) {
      scene.at(begin);
      scene.event(begin, 'agent-2', 'process.started');
      scene.line(begin + 20, 'agent-2', { text: 'waiting for work' });
    }
    scene.at(600);
    assert.match(scene.told().join('; '), /^agent-lost agent-2 crashed @\d+-200$/);
  });
});
