import { messageOf } from '../platform/errors.js';
import { sizeWords } from '../wording/amount.js';
import { durationWords, offsetWords } from '../wording/duration.js';
import type { PingAnswer } from './ping.js';
import { parseRemote, type RemoteFacts, remoteScript } from './remote.js';
import type { DnsAnswer, TcpAnswer } from './tcp.js';

export const CHECKS = ['dns', 'ping', 'ssh', 'port', 'clock', 'logs', 'disk'] as const;
export type CheckName = (typeof CHECKS)[number];

export interface Check {
  check: CheckName;
  result: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was found, in a few words. */
  found: string;
  /** What to do about it. */
  fix?: string;
}

export interface HostReport {
  host: string;
  checks: Check[];
}

export interface PreflightSettings {
  port: number;
  logDirectory: string;
  /** Name of the program that may listen on the port. */
  program: RegExp;
  minimumDiskBytes: number;
  maximumClockOffsetMs: number;
  /** Logs older than this are leftovers of earlier runs. */
  staleAfterMs: number;
}

export const DEFAULT_PREFLIGHT: PreflightSettings = {
  port: 7761,
  logDirectory: '/home/ubuntu/sai3-logs',
  program: /sai3bench|sai3-bench/,
  minimumDiskBytes: 1024 ** 3,
  maximumClockOffsetMs: 1000,
  staleAfterMs: 60_000,
};

/** How a host is asked; the real ones are in the command, tests give their own. */
export interface Probes {
  now(): number;
  resolve(host: string): Promise<DnsAnswer>;
  ping(host: string): Promise<PingAnswer | undefined>;
  connect(host: string, port: number): Promise<TcpAnswer>;
  /** Runs a shell command there; absent: ssh is not to be used. Rejects with a message that says what to do. */
  exec?: ((host: string, command: string) => Promise<string>) | undefined;
}

/** Asks one host everything that has to be right before a run. */
export async function preflight(
  host: string,
  probes: Probes,
  settings: PreflightSettings,
): Promise<HostReport> {
  const dns = dnsCheck(host, await probes.resolve(host));
  if (dns.result === 'failed') return { host, checks: [dns] };
  const [ping, tcp, remote] = await Promise.all([
    probes.ping(host),
    probes.connect(host, settings.port),
    askRemote(host, probes, settings),
  ]);
  return {
    host,
    checks: [
      dns,
      pingCheck(ping),
      sshCheck(remote),
      portCheck(host, tcp, remote?.facts, settings),
      ...remoteChecks(remote, probes, settings),
    ],
  };
}

interface Remote {
  facts?: RemoteFacts;
  problem?: string;
  /** When it was asked and when it answered. */
  askedAt: number;
  answeredAt: number;
}

async function askRemote(
  host: string,
  probes: Probes,
  settings: PreflightSettings,
): Promise<Remote | undefined> {
  if (!probes.exec) return undefined;
  try {
    // the first command pays for connecting: the clock is asked by a second one
    await probes.exec(host, 'true');
    const askedAt = probes.now();
    const output = await probes.exec(host, remoteScript(settings));
    return { facts: parseRemote(output), askedAt, answeredAt: probes.now() };
  } catch (error) {
    const at = probes.now();
    return { problem: messageOf(error), askedAt: at, answeredAt: at };
  }
}

function dnsCheck(host: string, answer: DnsAnswer): Check {
  if (answer.addresses.length > 0) return { check: 'dns', result: 'ok', found: answer.addresses[0] ?? '' };
  const again = answer.code === 'EAI_AGAIN';
  return {
    check: 'dns',
    result: 'failed',
    found: again ? 'the name server does not answer' : 'no such name',
    fix: again
      ? 'Check /etc/resolv.conf and the way to the name server.'
      : `Correct the name ${host}, or add it to /etc/hosts or DNS.`,
  };
}

function pingCheck(answer: PingAnswer | undefined): Check {
  if (!answer) return { check: 'ping', result: 'skipped', found: 'no ping command here' };
  const loss = answer.sent === 0 ? 0 : 1 - answer.received / answer.sent;
  const time = answer.average === undefined ? '' : `, ${answer.average} ms`;
  if (loss === 0) return { check: 'ping', result: 'ok', found: `no loss${time}` };
  const found = `${Math.round(loss * 100)} % lost${time}`;
  // many networks drop pings: only a partial loss is a sign
  if (loss === 1)
    return {
      check: 'ping',
      result: 'warning',
      found: 'no answer',
      fix: 'If other checks pass, pings are filtered; otherwise the host is down or the way is cut.',
    };
  return {
    check: 'ping',
    result: 'failed',
    found,
    fix: 'Packets get lost: check cable, interface errors (ip -s link) and the switch before the run.',
  };
}

function sshCheck(remote: Remote | undefined): Check {
  if (!remote) return { check: 'ssh', result: 'skipped', found: 'not asked for' };
  if (remote.facts) return { check: 'ssh', result: 'ok', found: `as ${remote.facts.user}` };
  return {
    check: 'ssh',
    result: 'failed',
    found: 'no login',
    fix: remote.problem ?? 'Check the login by hand.',
  };
}

function portCheck(
  host: string,
  answer: TcpAnswer,
  facts: RemoteFacts | undefined,
  settings: PreflightSettings,
): Check {
  const { port, program } = settings;
  if (answer.outcome === 'open') {
    const who = facts?.listeners;
    if (who && !program.test(who) && !who.includes('another user')) {
      return {
        check: 'port',
        result: 'failed',
        found: `${port} is taken by ${who}`,
        fix: `End that process or choose another port: ss -tlnp | grep ${port} on ${host}.`,
      };
    }
    return {
      check: 'port',
      result: 'ok',
      found: `${port} listens${who ? `: ${who}` : ''} (${durationWords(answer.milliseconds)})`,
    };
  }
  if (answer.outcome === 'refused') {
    if (facts?.listeners) {
      return {
        check: 'port',
        result: 'failed',
        found: `${port} refuses although ${facts.listeners} listens`,
        fix: 'It listens on another address or a firewall rejects: start the agent with --listen 0.0.0.0:PORT and check the firewall.',
      };
    }
    return {
      check: 'port',
      result: 'warning',
      found: `${port} is free, nobody listens yet`,
      fix: 'Start the agent before the run.',
    };
  }
  return {
    check: 'port',
    result: 'failed',
    found: `${port} does not answer (${answer.code ?? answer.outcome})`,
    fix: `Open TCP ${port} in the firewall or security group between controller and ${host}; try: nc -zv ${host} ${port}`,
  };
}

function remoteChecks(remote: Remote | undefined, probes: Probes, settings: PreflightSettings): Check[] {
  const facts = remote?.facts;
  if (!remote || !facts)
    return (['clock', 'logs', 'disk'] as const).map(check => ({
      check,
      result: 'skipped',
      found: 'needs ssh',
    }));
  return [
    clockCheck(remote, facts, settings),
    logsCheck(facts, probes.now(), settings),
    diskCheck(facts, settings),
  ];
}

function clockCheck(remote: Remote, facts: RemoteFacts, settings: PreflightSettings): Check {
  const within = (remote.answeredAt - remote.askedAt) / 2;
  const offset = facts.clock - (remote.askedAt + remote.answeredAt) / 2;
  const found = offsetWords(offset, within);
  if (Math.abs(offset) - within <= settings.maximumClockOffsetMs)
    return { check: 'clock', result: 'ok', found };
  return {
    check: 'clock',
    result: 'failed',
    found,
    fix: 'Set the clock by NTP: sudo timedatectl set-ntp true, or check chronyc tracking.',
  };
}

function logsCheck(facts: RemoteFacts, now: number, settings: PreflightSettings): Check {
  const { logDirectory } = settings;
  const { exists, readable, writable, owner, mode } = facts.directory;
  if (!exists) {
    return {
      check: 'logs',
      result: 'failed',
      found: `${logDirectory} is missing`,
      fix: `mkdir -p ${logDirectory} as ${facts.user}, or name the right one with --log-dir.`,
    };
  }
  if (!readable || !writable) {
    const lacks = [readable ? '' : 'read', writable ? '' : 'write'].filter(Boolean).join(' and ');
    return {
      check: 'logs',
      result: 'failed',
      found: `${facts.user} may not ${lacks} ${logDirectory} (${owner ?? '?'} ${mode ?? '?'})`,
      fix: `sudo chown -R ${facts.user} ${logDirectory} or sudo chmod u+rwX,g+rwX ${logDirectory}`,
    };
  }
  const stale = facts.logs.filter(log => log.bytes > 0 && now - log.modifiedAt > settings.staleAfterMs);
  if (stale.length > 0) {
    const newest = Math.max(...stale.map(log => log.modifiedAt));
    return {
      check: 'logs',
      result: 'warning',
      found: `output of an old run: ${stale
        .map(log => log.name)
        .slice(0, 3)
        .join(', ')} (${new Date(newest).toISOString().slice(0, 16)}Z)`,
      fix: `Move it away (mkdir -p ${logDirectory}/old && mv ${logDirectory}/*.log ${logDirectory}/old/), or leave it: Deadair knows old lines by their time.`,
    };
  }
  return { check: 'logs', result: 'ok', found: `${logDirectory} (${owner ?? facts.user})` };
}

function diskCheck(facts: RemoteFacts, settings: PreflightSettings): Check {
  if (facts.diskFree === undefined) return { check: 'disk', result: 'skipped', found: 'df told nothing' };
  const found = `${sizeWords(facts.diskFree)} free`;
  if (facts.diskFree >= settings.minimumDiskBytes) return { check: 'disk', result: 'ok', found };
  return {
    check: 'disk',
    result: 'failed',
    found,
    fix: `Free space where ${settings.logDirectory} lies: du -xh ${settings.logDirectory} | sort -h | tail`,
  };
}
