import { DeadairError } from '../platform/errors.js';
import { NameCensus } from '../platform/name-census.js';
import type { SourceDescriptor } from '../wire/protocol.js';

/** Logs that are kept apart, whoever they are of. Of those that ended, the store forgets what retention has dropped. */
const MOST_SOURCES = 200_000;
const MOST_HOSTS = 10_000;
const MOST_AGENTS = 20_000;

/** Bounds what is kept for each log, host and agent that lines were taken in of. */
export class SourceCensus {
  private readonly hosts = new NameCensus('hosts', MOST_HOSTS);
  private readonly agents = new NameCensus('agents', MOST_AGENTS);

  constructor(private readonly mostSources = MOST_SOURCES) {}

  clear(): void {
    this.hosts.clear();
    this.agents.clear();
  }

  /** Of a source that is there. */
  heard(host: string, agent: string, at: number): void {
    this.hosts.heard([host], at);
    this.agents.heard([agent], at);
  }

  /**
   * @param known by id
   * @throws DeadairError `names.too-many`
   */
  admit(sources: readonly SourceDescriptor[], known: ReadonlyMap<string, unknown>, now: number): void {
    const fresh = new Set(sources.map(({ id }) => id).filter(id => !known.has(id)));
    if (fresh.size > 0 && known.size + fresh.size > this.mostSources)
      throw new DeadairError(
        'names.too-many',
        `More than ${this.mostSources} logs can't be kept apart; those that ended give way with \`retention\`.`,
        { subject: 'sources', retryAfterSeconds: 60 },
      );
    this.hosts.admit(
      sources.map(({ host }) => host),
      now,
    );
    this.agents.admit(
      sources.map(({ agent }) => agent),
      now,
    );
  }
}
