import type { ProbeResult } from '../model/probe.js';
import type { Clock, Timer } from '../platform/clock.js';
import { messageOf } from '../platform/errors.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import { ping } from './ping.js';
import { parseAddress, type TcpAnswer, tcpProbe } from './tcp.js';

export interface ProberSettings {
  /** Agents with `host:port`; those without an address are not probed. */
  agents: readonly { id: string; address?: string }[];
  /** One probe an agent and period. */
  periodMs: number;
  timeoutMs: number;
  defaultPort: number;
}

export const DEFAULT_PROBES: ProberSettings = {
  agents: [],
  periodMs: 5000,
  timeoutMs: 2000,
  defaultPort: 7761,
};

export interface ProberDeps {
  clock: Clock;
  onResult: (result: ProbeResult) => void;
  logger?: Logger;
  /** Replaced in tests. */
  connect?: (host: string, port: number, timeoutMs: number) => Promise<TcpAnswer>;
  /** Whether the host answers pings; undefined where that can't be told. */
  answersPing?: (host: string) => Promise<boolean | undefined>;
}

/**
 * Asks every agent's port from the controller's side: the witness that tells a dead process from a cut link, and a dead
 * collector from a dead host. Nothing is probed where no agents are configured. Probes are spread over the period, and an
 * agent whose last probe still waits is not asked again.
 */
export class Prober {
  private readonly timers: Timer[] = [];
  private readonly waiting = new Set<string>();
  private readonly last = new Map<string, ProbeResult['outcome']>();
  private readonly settings: ProberSettings;
  private readonly logger: Logger;
  private stopped = false;

  constructor(
    private readonly deps: ProberDeps,
    settings: Partial<ProberSettings>,
  ) {
    this.settings = { ...DEFAULT_PROBES, ...settings };
    this.logger = deps.logger ?? silentLogger;
  }

  start(): void {
    const { agents, periodMs } = this.settings;
    const probed = agents.flatMap(({ id, address }) => (address === undefined ? [] : [{ id, address }]));
    for (const [index, agent] of probed.entries()) {
      const first = (periodMs * index) / probed.length;
      this.timers.push(
        this.deps.clock.after(first, () => {
          if (this.stopped) return;
          void this.probe(agent);
          this.timers.push(this.deps.clock.every(periodMs, () => void this.probe(agent)));
        }),
      );
    }
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) timer.cancel();
  }

  private async probe({ id, address }: { id: string; address: string }): Promise<void> {
    if (this.waiting.has(id) || this.stopped) return;
    this.waiting.add(id);
    try {
      const { host, port } = parseAddress(address, this.settings.defaultPort);
      const answer = await (this.deps.connect ?? tcpProbe)(host, port, this.settings.timeoutMs);
      const result: ProbeResult = {
        agent: id,
        address,
        at: this.deps.clock.now(),
        outcome: answer.outcome,
        milliseconds: Math.round(answer.milliseconds),
        ...(await this.detail(host, answer)),
      };
      if (this.last.get(id) !== answer.outcome) {
        this.logger.info('probe.changed', { agent: id, address, outcome: answer.outcome });
        this.last.set(id, answer.outcome);
      }
      if (!this.stopped) this.deps.onResult(result);
    } catch (error) {
      this.logger.warn('probe.failed', { agent: id, address, error: messageOf(error) });
    } finally {
      this.waiting.delete(id);
    }
  }

  /** A port that does not answer on a host that does is filtered, not dead. */
  private async detail(host: string, answer: TcpAnswer): Promise<{ detail?: string }> {
    if (answer.outcome !== 'timeout') return answer.code === undefined ? {} : { detail: answer.code };
    const answers = await (this.deps.answersPing ?? pingOnce)(host);
    return answers === undefined
      ? {}
      : { detail: answers ? 'the host answers pings' : 'the host does not answer pings either' };
  }
}

async function pingOnce(host: string): Promise<boolean | undefined> {
  const answer = await ping(host, 2);
  return answer && answer.received > 0;
}
