import cron, { type ScheduledTask } from 'node-cron';
import type { Clock } from '../../src/platform/clock.js';
import { defined } from '../../src/platform/defined.js';
import { DeadairError, messageOf } from '../../src/platform/errors.js';
import type { Logger } from '../../src/platform/logger.js';
import { Collector, type CollectorStatus } from '../collector.js';
import type { Transport } from '../delivery/transport.js';
import { CollectSettings } from '../settings.js';
import { HostConnection, type HostTrouble } from './connection.js';
import { RemoteHostFacts } from './remote-facts.js';
import { RemoteView } from './remote-view.js';
import type { PullHost, PullSettings } from './settings.js';

export interface PulledHostStatus extends CollectorStatus {
  trouble: { kind: HostTrouble; message: string; since: number } | undefined;
}

/** A host that can't be reached is tried again after 5 s, then ever later, up to this. */
const LONGEST_PAUSE_MS = 60_000;
const FIRST_PAUSE_MS = 5_000;
/** All hosts together; each has at least 2 MiB. */
const MEMORY_BYTES = 64 * 1024 * 1024;

/**
 * Follows the logs of many hosts over ssh from one process: a collector a host, the very one that runs beside the logs, over
 * a remote file system and on a schedule. Hosts know nothing of each other: one that hangs delays none.
 */
export class Pull {
  private readonly hosts: PulledHost[];

  constructor(
    settings: PullSettings,
    /** Where to send, and how: the `collect` section. */
    delivery: CollectSettings,
    clock: Clock,
    logger: Logger,
    transport?: () => Transport,
  ) {
    if (settings.hosts.length === 0) {
      throw new DeadairError(
        'config.invalid',
        'There is no host to pull from: list them in deadair.yaml under pull.hosts (host, user, watch, privateKeyFile).',
        { subject: 'pull.hosts' },
      );
    }
    this.hosts = settings.hosts.map(
      host =>
        new PulledHost(host, settings, delivery, clock, logger.child({ host: host.host }), transport?.()),
    );
  }

  start(): void {
    for (const host of this.hosts) host.start();
  }

  async stop(reason = 'stopped'): Promise<void> {
    await Promise.all(this.hosts.map(host => host.stop(reason)));
  }

  status(): PulledHostStatus[] {
    return this.hosts.map(host => host.status());
  }
}

class PulledHost {
  private readonly connection: HostConnection;
  private readonly collector: Collector;
  private task: ScheduledTask | undefined;
  private pauseMs = 0;
  private pausedUntil = 0;

  constructor(
    host: PullHost,
    private readonly settings: PullSettings,
    delivery: CollectSettings,
    private readonly clock: Clock,
    private readonly logger: Logger,
    transport: Transport | undefined,
  ) {
    this.connection = new HostConnection(host, settings, clock, logger);
    const memory = Math.max(2 * 1024 * 1024, Math.floor(MEMORY_BYTES / settings.hosts.length));
    this.collector = new Collector({
      settings: {
        ...delivery,
        watch: host.watch,
        host: host.name ?? host.host,
        include: host.include ?? CollectSettings.parse({}).include,
        exclude: host.exclude ?? [],
        agent: host.agent,
        encoding: { ...host.encoding, ...delivery.encoding, ...host.encoding },
        from: host.from ?? delivery.from,
        limits: { ...delivery.limits, memory },
        heartbeat: { ports: [], processes: host.processes },
      },
      clock,
      logger,
      fs: new RemoteView(this.connection),
      facts: new RemoteHostFacts(this.connection),
      ...defined({ transport }),
    });
  }

  start(): void {
    this.collector.start();
    // An overlap is no trouble here: a slow host is looked at less often.
    const { logger } = this;
    this.task = cron.schedule(this.settings.schedule, () => this.look(), {
      noOverlap: true,
      unref: true,
      suppressMissedWarning: true,
      logger: {
        info() {},
        warn: message => logger.debug('pull.schedule', { message }),
        error: message => logger.error('pull.schedule', { error: String(message) }),
        debug() {},
      },
    });
  }

  async stop(reason: string): Promise<void> {
    await this.task?.destroy();
    await this.collector.stop(reason);
    this.connection.close();
  }

  status(): PulledHostStatus {
    return { ...this.collector.status(), trouble: this.connection.trouble };
  }

  private async look(): Promise<void> {
    if (this.clock.monotonic() < this.pausedUntil) return;
    try {
      await this.collector.rescan();
    } catch (thrown) {
      this.logger.error('pull.failed', { error: messageOf(thrown) });
    }
    if (!this.connection.trouble) {
      this.pauseMs = 0;
      return;
    }
    // Jitter keeps a hundred hosts behind one broken switch from knocking at the same moment.
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.pauseMs * 2));
    this.pausedUntil = this.clock.monotonic() + this.pauseMs * (0.5 + Math.random() / 2);
  }
}
