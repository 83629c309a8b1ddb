import { isIP } from 'node:net';
import type { Attempt } from '../model/probe.js';
import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { parseAddress, resolveName, type TcpAnswer, tcpProbe } from './tcp.js';

const TIMEOUT_MS = 2000;
/** At once; a controller's log names addresses as it likes. */
const MOST = 4;
/** RFC 1123, with underscores as people use them. */
const NAME = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}\.?)+$/;

export interface AttemptDeps {
  clock: Clock;
  onResult: (attempt: Attempt) => void;
  /** Replaced in tests. */
  resolve?: typeof resolveName;
  connect?: (host: string, port: number, timeoutMs: number) => Promise<TcpAnswer>;
}

/**
 * Tries an address that a controller can't use, from the controller's side: does its name stand for anything, and does anybody answer
 * there. One connection without a byte, and only for agents that are configured: what a log says does not make the service a scanner.
 */
export class AddressTrier {
  private running = 0;

  constructor(
    private readonly deps: AttemptDeps,
    private readonly known: ReadonlySet<string>,
    private readonly defaultPort: number,
  ) {}

  async try(agent: string, address: string): Promise<void> {
    if (!this.known.has(agent) || this.running >= MOST) return;
    const { host, port } = parseAddress(address.replace(/^https?:\/\//, ''), this.defaultPort);
    if ((isIP(host) === 0 && !NAME.test(host)) || port < 1 || port > 65_535) return;
    this.running++;
    try {
      this.deps.onResult({ agent, address, ...(await this.answer(host, port)), at: this.deps.clock.now() });
    } finally {
      this.running--;
    }
  }

  private async answer(
    host: string,
    port: number,
  ): Promise<Pick<Attempt, 'outcome' | 'addresses'> & { detail?: string }> {
    const found = await (this.deps.resolve ?? resolveName)(host);
    if (found.addresses.length === 0)
      return { outcome: 'no-address', addresses: [], ...defined({ detail: found.code }) };
    const answer = await (this.deps.connect ?? tcpProbe)(host, port, TIMEOUT_MS);
    return {
      outcome: answer.outcome,
      addresses: found.addresses.slice(0, 16),
      ...defined({ detail: answer.code }),
    };
  }
}
