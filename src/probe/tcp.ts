import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { ProbeResult } from '../model/probe.js';
import { defined } from '../platform/defined.js';

export type TcpOutcome = ProbeResult['outcome'];

export interface TcpAnswer {
  outcome: TcpOutcome;
  milliseconds: number;
  /** errno name, such as EHOSTUNREACH, where there was one. */
  code?: string;
}

/** `host:port`, `[v6]:port` or a bare host. */
export function parseAddress(address: string, defaultPort: number): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(address);
  if (!match) return { host: address, port: defaultPort }; // a bare IPv6 address
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  return { host: match[1] ?? match[2] ?? address, port };
}

/**
 * Connects as `nc -zv` does and closes at once: an open port answers, a closed one refuses, a cut or filtered way does
 * neither. No byte is sent, so the program behind the port only sees a connection that ended.
 * @param timeoutMs what counts as no answer
 */
export function tcpProbe(host: string, port: number, timeoutMs: number): Promise<TcpAnswer> {
  const begun = performance.now();
  return new Promise(resolve => {
    const socket = connect({ host, port });
    const finish = (outcome: TcpOutcome, code?: string) => {
      socket.destroy();
      resolve({ outcome, milliseconds: performance.now() - begun, ...defined({ code }) });
    };
    // not socket.setTimeout: it counts idle time only once the name is resolved
    // An answer that waits to be read while this process stood still is one: the timer comes before it, the next turn after.
    const deadline = setTimeout(() => setImmediate(() => finish('timeout', 'ETIMEDOUT')), timeoutMs);
    deadline.unref();
    socket.once('connect', () => finish('open'));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(deadline);
      finish(outcomeOf(error.code), error.code);
    });
    socket.once('close', () => clearTimeout(deadline));
  });
}

export function outcomeOf(code: string | undefined): TcpOutcome {
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'refused';
  return code === 'ETIMEDOUT' ? 'timeout' : 'unreachable';
}

export interface DnsAnswer {
  addresses: string[];
  milliseconds: number;
  /** ENOTFOUND: there is no such name; EAI_AGAIN: the resolver does not answer. */
  code?: string;
}

/** Resolves as programs do: hosts file first, then DNS. */
export async function resolveName(host: string): Promise<DnsAnswer> {
  const begun = performance.now();
  try {
    const found = await lookup(host, { all: true });
    return { addresses: found.map(entry => entry.address), milliseconds: performance.now() - begun };
  } catch (error) {
    return {
      addresses: [],
      milliseconds: performance.now() - begun,
      code: (error as NodeJS.ErrnoException).code ?? 'unknown',
    };
  }
}
