import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { docker, eventually, run } from '../docker/engine.js';
import { closePlace, openPlace, type Place, PORT, SKIP } from './place.js';

const SECRET = 'a-very-secret-value-1234';

describe('run-agent.sh and cleanup.sh on a real engine', { skip: SKIP }, () => {
  let place: Place;
  before(() => {
    place = openPlace('agents');
  });
  after(() => closePlace(place));

  const start = (args: string[], env: Record<string, string> = {}) =>
    run('deploy/run-agent.sh', args, { env: { ...place.env, ...env } });
  const log = (agent: string) => readFileSync(path.join(place.logs, `${agent}.log`), 'utf8');
  const inspect = (format: string, agent = 'agent-1') =>
    docker('inspect', '-f', format, `deadair-agent-${agent}`).text.trim();

  it('starts an agent on the host network, says where its log is, and keeps its output in both places', () => {
    const started = start(['1', `${PORT}`]);
    assert.equal(started.status, 0, started.text);
    assert.match(
      started.text,
      new RegExp(`agent-1 listens on port ${PORT}\\. Log: ${place.logs}/agent-1\\.log`),
    );
    assert.match(log('agent-1'), /listening \(PLAINTEXT\)/);
    assert.match(docker('logs', 'deadair-agent-agent-1').text, /listening \(PLAINTEXT\)/);
    assert.equal(inspect('{{.HostConfig.NetworkMode}}'), 'host');
    assert.equal(inspect('{{.HostConfig.RestartPolicy.Name}}'), 'unless-stopped');
  });

  it('replaces an older container of the same agent and keeps what its log holds', () => {
    const old = inspect('{{.Id}}');
    const started = start(['agent-1', `${PORT}`]);
    assert.equal(started.status, 0, started.text);
    assert.match(started.text, /replacing the container deadair-agent-agent-1/);
    assert.notEqual(inspect('{{.Id}}'), old);
    assert.match(log('agent-1'), /Agent shutdown complete[\s\S]*listening \(PLAINTEXT\)/);
  });

  it('explains a taken port, names who has it, and does not go on restarting', () => {
    const started = start(['2', `${PORT}`]);
    assert.equal(started.status, 1, started.text);
    assert.match(started.text, /agent-2 ended at once with exit status 1/);
    assert.match(started.text, /Address already in use/);
    assert.match(
      started.text,
      new RegExp(`port ${PORT} is in use on this host by the container deadair-agent-agent-1`),
    );
    assert.equal(inspect('{{.State.Status}} {{.RestartCount}}', 'agent-2'), 'exited 0');
    assert.equal(inspect('{{.State.Status}}'), 'running', 'the agent that has the port is left alone');
  });

  it('explains missing credentials from the last lines of the agent', () => {
    const started = start(['3', `${PORT + 2}`], {
      AGENT_ARGS: '--needs AWS_ACCESS_KEY_ID',
      AWS_ACCESS_KEY_ID: '',
    });
    assert.equal(started.status, 1, started.text);
    assert.match(started.text, /AWS_ACCESS_KEY_ID is not set/);
    assert.match(started.text, /likely cause: missing or wrong credentials\. Export them/);
  });

  it('does not even start an agent whose required credentials are missing', () => {
    const started = start(['4', `${PORT + 3}`], {
      REQUIRED_CREDENTIALS: 'AWS_SECRET_ACCESS_KEY',
      AWS_SECRET_ACCESS_KEY: '',
    });
    assert.equal(started.status, 1, started.text);
    assert.match(started.text, /AWS_SECRET_ACCESS_KEY is not set/);
    assert.notEqual(docker('inspect', 'deadair-agent-agent-4').status, 0);
  });

  it('passes credentials by name: the value is on no command line', () => {
    const started = start(['3', `${PORT + 2}`], {
      AGENT_ARGS: '--needs AWS_ACCESS_KEY_ID',
      AWS_ACCESS_KEY_ID: SECRET,
    });
    assert.equal(started.status, 0, started.text);
    assert.match(log('agent-3'), new RegExp(`has ${SECRET.length} characters`));
    assert.doesNotMatch(
      inspect('{{json .Config.Cmd}} {{json .Config.Labels}}', 'agent-3'),
      new RegExp(SECRET),
    );
    assert.doesNotMatch(started.text, new RegExp(SECRET));
  });

  it('says what to do where the log directory cannot be written on the host', () => {
    // Root may write everywhere but below /proc, where nobody can make anything.
    const started = start(['5', `${PORT + 4}`], { LOG_DIR: '/proc/logs' });
    assert.equal(started.status, 1, started.text);
    assert.match(started.text, /cannot make \/proc\/logs: sudo mkdir -p \/proc\/logs && sudo chown/);
    const plain = start(['5', `${PORT + 4}`], { LOG_DIR: '/proc' });
    assert.equal(plain.status, 1, plain.text);
    assert.match(plain.text, /cannot write \/proc\/agent-5\.log .*or set LOG_DIR/);
  });

  it('notices that the output of a running agent does not reach the log', () => {
    const logs = path.join(place.directory, 'owned-by-root');
    mkdirSync(logs, { mode: 0o755 });
    writeFileSync(path.join(logs, 'agent-6.log'), '', { mode: 0o644 });
    const started = start(['6', `${PORT + 5}`], { LOG_DIR: logs, AGENT_USER: '12345:12345' });
    assert.equal(started.status, 1, started.text);
    assert.match(started.text, /Permission denied/);
    assert.match(
      started.text,
      /its output does not reach .*agent-6\.log: the container's user must be able to write it/,
    );
  });

  it('says so when an agent runs but never listens', () => {
    const started = start(['7', `${PORT + 6}`], { AGENT_ARGS: '--never-ready', WAIT_SECONDS: '3' });
    assert.equal(started.status, 1, started.text);
    assert.match(started.text, /agent-7 runs but has not said 'listening' for 3 s/);
  });

  it('names an image or a program that is not there', () => {
    assert.match(start(['8'], { IMAGE: 'no-such-image' }).text, /there is no image 'no-such-image' here/);
    const started = start(['8', `${PORT + 7}`], { AGENT_COMMAND: 'no-such-agent' });
    assert.equal(started.status, 1, started.text);
    assert.match(started.text, /likely cause: the image .* has no 'no-such-agent'/);
  });

  it('passes `docker stop` on to the agent, so that it ends in good order', () => {
    docker('stop', '-t', '8', 'deadair-agent-agent-3');
    assert.match(log('agent-3'), /Agent shutdown complete/);
    assert.equal(inspect('{{.State.ExitCode}}', 'agent-3'), '0');
  });

  it('restarts an agent that ends by itself, under the same log', async () => {
    const pid = inspect('{{.State.Pid}}');
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(one => readFileSync(`/proc/${one}/comm`, 'utf8').trim() !== 'tee');
    process.kill(Number(child), 'SIGKILL');
    await eventually('the engine starts it again', () => inspect('{{.RestartCount}}') === '1' || undefined);
    await eventually(
      'its new start is in the log',
      () => log('agent-1').split('listening').length === 4 || undefined,
    );
  });

  it('cleans up containers only, says before what would go, and keeps directories and foreign files', () => {
    writeFileSync(path.join(place.logs, 'mine.log'), 'not of these scripts\n');
    const dry = run('deploy/cleanup.sh', ['--dry-run', '--logs'], { env: place.env });
    assert.match(dry.text, /would remove deadair-agent-agent-1\nwould remove .*agent-1\.log/);
    assert.equal(inspect('{{.State.Status}}'), 'running');

    const cleaned = run('deploy/cleanup.sh', [], { env: place.env });
    assert.equal(cleaned.status, 0, cleaned.text);
    assert.equal(docker('ps', '-aq', '--filter', 'label=deadair.role=agent').text.trim(), '');
    assert.match(log('agent-1'), /Agent shutdown complete/);

    start(['1', `${PORT}`]);
    const wiped = run('deploy/cleanup.sh', ['--logs'], { env: place.env });
    assert.match(wiped.text, /removed .*agent-1\.log/);
    assert.throws(() => log('agent-1'), /ENOENT/);
    assert.equal(log('mine'), 'not of these scripts\n');
    assert.match(log('agent-3'), /shutdown/, 'whose container was gone before is not touched either');
    assert.match(
      run('deploy/cleanup.sh', [], { env: place.env }).text,
      /no containers of these scripts here/,
    );
    rmSync(path.join(place.logs, 'mine.log'));
  });
});
