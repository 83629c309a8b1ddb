import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { preflightTable } from '../../src/cli/commands/preflight.js';
import {
  type Check,
  type CheckName,
  DEFAULT_PREFLIGHT,
  type HostReport,
  type Probes,
  preflight,
} from '../../src/probe/preflight.js';
import { parseRemote, remoteScript } from '../../src/probe/remote.js';

const NOW = Date.UTC(2026, 10, 23, 12);
const settings = { ...DEFAULT_PREFLIGHT, logDirectory: '/logs' };

const FACTS = [
  'clock=1795435200.1',
  'user=ubuntu',
  'disk=50000000',
  'exists=1',
  'readable=1',
  'writable=1',
  'owner=ubuntu:ubuntu',
  'mode=755',
  'ss=1',
];

function probes(facts: string[] | Error, more: Partial<Probes> = {}): Probes {
  return {
    now: () => NOW,
    resolve: async () => ({ addresses: ['10.0.0.4'], milliseconds: 1 }),
    ping: async () => ({ sent: 5, received: 5, average: 0.2 }),
    connect: async () => ({ outcome: 'open', milliseconds: 1 }),
    exec: async () => {
      if (facts instanceof Error) throw facts;
      return facts.join('\n');
    },
    ...more,
  };
}

async function check(
  name: CheckName,
  facts: string[] | Error = FACTS,
  more: Partial<Probes> = {},
): Promise<Check | undefined> {
  return (await preflight('node4', probes(facts, more), settings)).checks.find(one => one.check === name);
}

const without = (...names: string[]) => FACTS.filter(line => !names.includes(line.split('=')[0] ?? ''));

describe('preflight', () => {
  it('finds nothing wrong with a host that is right', async () => {
    const report = await preflight(
      'node4',
      probes([...FACTS, 'listen=LISTEN 0 128 *:7761 *:* users:(("sai3bench-agent",pid=12,fd=9))']),
      settings,
    );
    assert.deepEqual(
      report.checks.map(one => `${one.check} ${one.result}`),
      ['dns ok', 'ping ok', 'ssh ok', 'port ok', 'clock ok', 'logs ok', 'disk ok'],
    );
    assert.match(preflightTable([report]), /1 host ready/);
  });

  const WRONG: [string, CheckName, string[] | Error, Partial<Probes>, Check['result'], RegExp][] = [
    [
      'a name nobody knows',
      'dns',
      FACTS,
      { resolve: async () => ({ addresses: [], milliseconds: 1, code: 'ENOTFOUND' }) },
      'failed',
      /Correct the name node4/,
    ],
    [
      'a name server that is silent',
      'dns',
      FACTS,
      { resolve: async () => ({ addresses: [], milliseconds: 1, code: 'EAI_AGAIN' }) },
      'failed',
      /resolv\.conf/,
    ],
    [
      'lost packets',
      'ping',
      FACTS,
      { ping: async () => ({ sent: 5, received: 4 }) },
      'failed',
      /20 % lost.*switch/,
    ],
    ['no ping command', 'ping', FACTS, { ping: async () => undefined }, 'skipped', /no ping/],
    [
      'a login that is refused',
      'ssh',
      new Error('node4 refused the login of ubuntu'),
      {},
      'failed',
      /refused the login/,
    ],
    [
      'a port behind a firewall',
      'port',
      FACTS,
      { connect: async () => ({ outcome: 'timeout', milliseconds: 3000, code: 'ETIMEDOUT' }) },
      'failed',
      /nc -zv node4 7761/,
    ],
    [
      'an agent that is not started',
      'port',
      FACTS,
      { connect: async () => ({ outcome: 'refused', milliseconds: 1 }) },
      'warning',
      /free.*Start the agent/,
    ],
    [
      'a port another program has',
      'port',
      [...FACTS, 'listen=LISTEN 0 128 *:7761 *:* users:(("nginx",pid=7,fd=3))'],
      {},
      'failed',
      /taken by nginx \(pid 7\).*ss -tlnp/,
    ],
    [
      'a clock five seconds ahead',
      'clock',
      [...without('clock'), 'clock=1795435205.0'],
      {},
      'failed',
      /\+5 s.*timedatectl/,
    ],
    [
      'a log directory that is missing',
      'logs',
      without('exists', 'readable', 'writable'),
      {},
      'failed',
      /mkdir -p \/logs/,
    ],
    [
      'a log directory of somebody else',
      'logs',
      [...without('writable', 'owner'), 'owner=root:root'],
      {},
      'failed',
      /ubuntu may not write \/logs \(root:root 755\).*sudo chown -R ubuntu \/logs or sudo chmod/,
    ],
    [
      'output of an old run',
      'logs',
      [...FACTS, 'log=5120 1795348800 agent-4.log'],
      {},
      'warning',
      /old run: agent-4\.log \(2026-11-22T12:00Z\).*mv/,
    ],
    ['a full disk', 'disk', [...without('disk'), 'disk=100000'], {}, 'failed', /97\.7 MiB free.*du -xh/],
  ];
  for (const [what, name, facts, more, result, words] of WRONG) {
    it(`says what to do about ${what}`, async () => {
      const found = await check(name, facts, more);
      assert.equal(found?.result, result);
      assert.match(`${found?.found} ${found?.fix ?? ''}`, words);
      const table = preflightTable([{ host: 'node4', checks: found ? [found] : [] } as HostReport]);
      if (result === 'failed') assert.match(table, /1 of 1 host not ready/);
    });
  }

  it('leaves out what needs ssh where ssh is not to be used', async () => {
    const report = await preflight('node4', probes(FACTS, { exec: undefined }), settings);
    assert.deepEqual(
      report.checks.filter(one => one.result === 'skipped').map(one => one.check),
      ['ssh', 'clock', 'logs', 'disk'],
    );
  });
});

describe('the script a host is asked with', () => {
  it('runs in a plain shell and tells of directory, rights, logs and disk', () => {
    const folder = mkdtempSync(path.join(tmpdir(), "deadair it's "));
    try {
      mkdirSync(path.join(folder, 'logs'));
      writeFileSync(path.join(folder, 'logs', 'agent 1.log'), 'old\n');
      const ask = (logDirectory: string) =>
        parseRemote(
          execFileSync('/bin/sh', ['-c', remoteScript({ port: 7761, logDirectory })], { encoding: 'utf8' }),
        );
      const facts = ask(path.join(folder, 'logs'));
      assert.equal(facts.directory.exists && facts.directory.readable && facts.directory.writable, true);
      assert.deepEqual(
        facts.logs.map(log => [log.name, log.bytes]),
        [['agent 1.log', 4]],
      );
      assert.ok((facts.diskFree ?? 0) > 0);
      assert.ok(facts.clock > NOW / 2);
      assert.equal(ask(path.join(folder, 'none', 'deeper')).directory.exists, false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses to take another program’s banner for an answer', () => {
    assert.throws(() => parseRemote('This account is currently not available.\n'), /unexpected/);
  });
});
