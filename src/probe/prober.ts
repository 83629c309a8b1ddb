import type { ProbeResult } from '../model/probe.js';
import type { Clock, Timer } from '../platform/clock.js';
import { messageOf } from '../platform/errors.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import type { Asker } from './learnt-addresses.js';
import { ping } from './ping.js';
import { parseAddress, type TcpAnswer, tcpProbe } from './tcp.js';

export interface ProberSettings {
  /** Agents with `host:port`; those without an address are probed once it was learnt. */
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

/** An address that was learnt and where nobody has answered yet is asked so often. */
const UNANSWERED_MS = 60_000;

/** An agent that is asked. */
interface Asked {
  id: string;
  address: string;
  timer?: Timer;
  /** Its address was learnt: only from its first answer on does a result count. */
  learnt?: 'unanswered' | 'answered';
}

/**
 * Asks every agent's port from the controller's side: the witness that tells a dead process from a cut link, and a dead
 * collector from a dead host. Probes are spread over the period, and an agent whose last probe still waits is not asked again.
 */
export class Prober implements Asker {
  private readonly asked = new Map<string, Asked>();
  private readonly waiting = new Set<string>();
  private readonly last = new Map<string, ProbeResult['outcome']>();
  private readonly settings: ProberSettings;
  private readonly logger: Logger;
  private running = false;

  constructor(
    private readonly deps: ProberDeps,
    settings: Partial<ProberSettings>,
  ) {
    this.settings = { ...DEFAULT_PROBES, ...settings };
    this.logger = deps.logger ?? silentLogger;
  }

  start(): void {
    this.running = true;
    const { agents, periodMs } = this.settings;
    const probed = agents.flatMap(({ id, address }) => (address === undefined ? [] : [{ id, address }]));
    for (const asked of this.asked.values()) this.ask(asked, 0);
    for (const [index, agent] of probed.entries()) {
      this.asked.set(agent.id, agent);
      this.ask(agent, (periodMs * index) / probed.length);
    }
  }

  stop(): void {
    this.running = false;
    for (const { timer } of this.asked.values()) timer?.cancel();
  }

  /** Asks where an agent was found to listen, too; one that listens elsewhere by the settings is not touched. */
  follow(id: string, address: string): void {
    const before = this.asked.get(id);
    if (before && (before.learnt === undefined || before.address === address)) return;
    before?.timer?.cancel();
    const asked: Asked = { id, address, learnt: 'unanswered' };
    this.asked.set(id, asked);
    if (this.running) this.ask(asked, 0);
  }

  leave(id: string): void {
    const asked = this.asked.get(id);
    if (asked?.learnt === undefined) return;
    asked.timer?.cancel();
    this.asked.delete(id);
    this.last.delete(id);
  }

  private ask(asked: Asked, after: number): void {
    asked.timer = this.deps.clock.after(after, () => {
      this.ask(asked, asked.learnt === 'unanswered' ? UNANSWERED_MS : this.settings.periodMs);
      void this.probe(asked);
    });
  }

  private async probe(asked: Asked): Promise<void> {
    const { id, address } = asked;
    if (this.waiting.has(id)) return;
    this.waiting.add(id);
    try {
      const { host, port } = parseAddress(address, this.settings.defaultPort);
      const answer = await (this.deps.connect ?? tcpProbe)(host, port, this.settings.timeoutMs);
      if (asked.learnt === 'unanswered' && answer.outcome === 'open' && this.asked.get(id) === asked) {
        asked.learnt = 'answered';
        asked.timer?.cancel();
        this.ask(asked, this.settings.periodMs);
        this.logger.info('probe.address-learnt', { agent: id, address });
      }
      if (asked.learnt === 'unanswered') return;
      const result: ProbeResult = {
        agent: id,
        address,
        at: this.deps.clock.now(),
        outcome: answer.outcome,
        milliseconds: Math.round(answer.milliseconds),
        ...(asked.learnt ? { learnt: true as const } : {}),
        ...(await this.detail(host, answer)),
      };
      // Forgotten meanwhile: what was found out is of no use any more.
      if (!this.running || this.asked.get(id) !== asked) return;
      if (this.last.get(id) !== answer.outcome) {
        this.logger.info('probe.changed', { agent: id, address, outcome: answer.outcome });
        this.last.set(id, answer.outcome);
      }
      this.deps.onResult(result);
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
