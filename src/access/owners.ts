import type { Principal } from '../http/access.js';
import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { DocumentStore } from '../model/documents.js';
import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';
import { Glob } from '../query/glob.js';
import type { TokenBook } from './tokens.js';

interface Owner {
  token: string;
  since: number;
}

const REREAD_MS = 10_000;
/** Of one token: whoever invents hosts takes the places of nobody else's. */
const MOST_OF_ONE = 2_000;

/**
 * Whose a host is: of the collector's token that first shipped its lines. Another token can neither read its positions nor skip,
 * end or rename its logs. A token that was revoked or is over owns nothing. The service's own token may all, and owns nothing:
 * where it is the only one, hosts are kept apart by nobody (THREATS.md).
 */
export class HostOwners {
  private owners = new Map<string, Owner>();
  private readAt = Number.NEGATIVE_INFINITY;
  private readonly patterns = new Map<string, Glob>();

  constructor(
    private readonly documents: DocumentStore,
    private readonly tokens: TokenBook,
    private readonly clock: Clock,
  ) {}

  async load(): Promise<void> {
    const owners = new Map<string, Owner>();
    for (let after: string | undefined; ; ) {
      const page = await this.documents.list<Owner>(DOCUMENT_KINDS.hostOwner, {
        limit: 500,
        ...defined({ after }),
      });
      for (const { id, doc } of page) owners.set(id, doc);
      if (page.length < 500) break;
      after = page.at(-1)!.id;
    }
    this.owners = owners;
    this.readAt = this.clock.monotonic();
  }

  /**
   * Lets a collector speak for a host and its agents, and makes the host its own where it is nobody's.
   * @throws DeadairError `auth.scope`
   */
  async claim(principal: Principal, host: string, agents: Iterable<string>): Promise<void> {
    if (principal.scope !== 'collect') return;
    for (const agent of agents)
      if (principal.agents !== undefined && !this.pattern(principal.agents).matches(agent))
        throw new DeadairError(
          'auth.scope',
          `The token "${principal.name}" is for the agents ${principal.agents}, not for ${agent}.`,
          { subject: agent },
        );
    // Known for its own: its heartbeat counts whether or not the store answers just now.
    if (this.owners.get(host)?.token === principal.name) return;
    if (this.clock.monotonic() - this.readAt > REREAD_MS) await this.load();
    const owner = this.owners.get(host);
    if (owner?.token === principal.name) return;
    if (owner && this.tokens.lives(owner.token))
      throw new DeadairError(
        'auth.scope',
        `The host ${host} belongs to the token "${owner.token}", not to "${principal.name}": give the collector that token, or revoke it.`,
        { subject: host },
      );
    const own = [...this.owners.values()].filter(({ token }) => token === principal.name).length;
    if (own >= MOST_OF_ONE)
      throw new DeadairError(
        'names.too-many',
        `The token "${principal.name}" has ${own} hosts, the most of one token; give further ones another.`,
        { subject: host, retryAfterSeconds: 60 },
      );
    const mine: Owner = { token: principal.name, since: this.clock.now() };
    await this.documents.put(DOCUMENT_KINDS.hostOwner, host, mine);
    this.owners.set(host, mine);
  }

  /** What a token may ship lines of; undefined: of all. */
  bounds({ name, scope, agents }: Principal): { hosts: string[]; agents?: string } | undefined {
    if (scope !== 'collect') return undefined;
    const hosts = [...this.owners].filter(([, owner]) => owner.token === name).map(([host]) => host);
    return { hosts, ...defined({ agents }) };
  }

  private pattern(text: string): Glob {
    let glob = this.patterns.get(text);
    if (!glob) {
      glob = new Glob(text);
      this.patterns.set(text, glob);
    }
    return glob;
  }
}
