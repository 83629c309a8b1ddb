import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { docker, eventually, run } from '../docker/engine.js';
import { closePlace, openPlace, type Place, PORT, SKIP } from './place.js';

const has = (program: string) => run('sh', ['-c', `command -v ${program}`]).status === 0;

describe('run-controller.sh on a real engine', { skip: SKIP }, () => {
  let place: Place;
  before(() => {
    place = openPlace('controller');
    for (const agent of [1, 2, 3]) {
      const started = run('deploy/run-agent.sh', [`${agent}`, `${PORT + 20 + agent}`], { env: place.env });
      assert.equal(started.status, 0, started.text);
    }
  });
  after(() => {
    docker('rm', '-f', 'deadair-controller');
    closePlace(place);
  });

  const config = (name: string, seconds: number) => {
    const file = path.join(place.directory, `${name}.json`);
    const agents = [1, 2, 3].map(agent => `127.0.0.1:${PORT + 20 + agent}`);
    writeFileSync(file, JSON.stringify({ agents, seconds }));
    return file;
  };
  const start = (args: string[], env: Record<string, string> = {}) =>
    run('deploy/run-controller.sh', args, { env: { ...place.env, ...env } });
  const log = () => readFileSync(path.join(place.logs, 'controller.log'), 'utf8');
  const ended = () => {
    const { text } = start(['--status']);
    return /ended with exit status (\d+)/.exec(text)?.[1];
  };

  it('refuses a terminal that ends with ssh, and gives a command that works', () => {
    const refused = start([config('refused', 1)]);
    assert.equal(refused.status, 1);
    assert.match(refused.text, /this terminal ends with your ssh session/);
    assert.match(refused.text, /tmux new -s run/);
    const [, command] = /or\n +(.*--detach.*)\n/.exec(refused.text)!;
    assert.equal(run('bash', ['-c', command!], { env: place.env }).status, 0);
  });

  it('keeps output and exit status of a run that goes well', async () => {
    assert.equal(await eventually('the run ends', ended), '0');
    assert.match(log(), /=== Distributed Workload ===[\s\S]*Test PASSED/);
  });

  it('goes on when the terminal of ssh ends in mid-run', {
    skip: has('script') ? false : 'no script(1)',
  }, async () => {
    const command = `deploy/run-controller.sh --detach ${config('hangup', 6)}; echo handed over; sleep 60`;
    // A terminal of its own, as sshd gives one; its end hangs up everything that belongs to it.
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      env: { ...process.env, ...place.env },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    await new Promise<void>(resolve => {
      let text = '';
      terminal.stdout.on('data', bytes => {
        text += String(bytes);
        if (text.includes('handed over')) resolve();
      });
    });
    process.kill(-terminal.pid!, 'SIGKILL');
    assert.match(start(['--status']).text, /^running\. Follow it/);
    const second = start(['--detach', config('second', 1)]);
    assert.match(second.text, /a controller is running already/);
    assert.equal(await eventually('the run ends', ended), '0');
    assert.equal(log().split('Test PASSED').length, 3, 'this run and the one before are in the log');
  });

  it('runs in the foreground inside tmux or screen, its exit status kept', () => {
    const going = start([config('foreground', 1)], { TMUX: '/tmp/tmux-0/default,1,0' });
    assert.equal(going.status, 0, going.text);
    assert.match(going.text, /Test PASSED/);
  });

  it('shows the reader of the guide what an agent that is killed leaves behind', async () => {
    const agentLog = (agent: number) => readFileSync(path.join(place.logs, `agent-${agent}.log`), 'utf8');
    const before = log().length;
    const began = [1, 2, 3].map(agent => agentLog(agent).length);
    assert.equal(start(['--detach', config('killed', 60)]).status, 0);
    await eventually(
      'the workload runs',
      () => log().slice(before).includes('Starting workload now') || undefined,
    );
    await eventually(
      'all take part',
      () =>
        began.every((from, at) =>
          agentLog(at + 1)
            .slice(from)
            .includes('Ready → Running'),
        ) || undefined,
    );
    docker('kill', 'deadair-agent-agent-2');
    assert.equal(await eventually('the run ends', ended), '1');
    assert.match(log().slice(before), /Agent agent-2 FAILED[\s\S]*abort: transport error/);
    assert.match(
      readFileSync(path.join(place.logs, 'agent-3.log'), 'utf8'),
      /Aborting \(abort RPC received\)/,
    );
    assert.equal(docker('inspect', '-f', '{{.State.Status}}', 'deadair-agent-agent-2').text.trim(), 'exited');
  });

  it('runs a controller that is not in an image, and it too survives the terminal', async () => {
    const script = path.join(place.directory, 'controller.sh');
    writeFileSync(script, '#!/bin/sh\necho "began $1"; sleep 2; echo went on; exit 7\n', { mode: 0o755 });
    const env = { IMAGE: '', CONTROLLER_COMMAND: script };
    const terminal = spawn(
      'script',
      ['-qec', `deploy/run-controller.sh --detach ${config('host', 1)}; sleep 60`, '/dev/null'],
      { env: { ...process.env, ...place.env, ...env }, stdio: 'ignore', detached: true },
    );
    await eventually('it runs', () => log().includes('began ') || undefined);
    process.kill(-terminal.pid!, 'SIGKILL');
    assert.match(start(['--status'], env).text, /^running/);
    const status = await eventually(
      'it ends',
      () => /exit status (\d+)/.exec(start(['--status'], env).text)?.[1],
    );
    assert.equal(status, '7');
    assert.match(log(), /went on/);
  });

  it('says what is wrong with the configuration, the image and the log directory', () => {
    assert.match(start(['/no/such.json']).text, /cannot read the configuration \/no\/such\.json/);
    assert.match(start(['--detach', config('x', 1)], { IMAGE: 'no-such-image' }).text, /there is no image/);
    assert.match(
      start(['--detach', config('x', 1)], { LOG_DIR: '/proc' }).text,
      /cannot write \/proc\/controller\.log/,
    );
    assert.equal(start([]).status, 2);
    assert.equal(start(['--wrong']).status, 2);
  });

  it('leaves no status behind that belongs to an earlier run', () => {
    const refused = start(['--detach', config('y', 1)], { IMAGE: 'no-such-image' });
    assert.equal(refused.status, 1);
    assert.equal(existsSync(path.join(place.logs, 'controller.status')), false);
  });
});
