import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { includes, type Principal, type Scope } from '../http/access.js';
import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { DocumentStore } from '../model/documents.js';
import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';

/** A token as it is stored: what it is made of can't be had back from it. */
export interface StoredToken {
  name: string;
  scope: Scope;
  agents?: string;
  /** SHA-256 of the token, hex: 32 random bytes need no salt and no slow hash. */
  hash: string;
  createdAt: number;
  createdBy: string;
  expiresAt?: number;
}

export interface NewToken {
  name: string;
  scope: Scope;
  agents?: string | undefined;
  expiresAt?: number | undefined;
}

/** Tells people, and scanners for secrets, what it is. */
const PREFIX = 'deadair_';
const MOST_TOKENS = 5000;
/** Another service that shares the store may have made or revoked some. */
const REREAD_MS = 10_000;

/** The tokens of the store, and who they stand for. */
export class TokenBook {
  private byHash = new Map<string, StoredToken>();
  private byName = new Map<string, StoredToken>();
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly documents: DocumentStore,
    private readonly clock: Clock,
  ) {}

  async load(): Promise<void> {
    const byName = new Map<string, StoredToken>();
    for (let after: string | undefined; ; ) {
      const page = await this.documents.list<StoredToken>(DOCUMENT_KINDS.accessToken, {
        limit: 500,
        ...defined({ after }),
      });
      for (const { id, doc } of page) byName.set(id, doc);
      if (page.length < 500) break;
      after = page.at(-1)!.id;
    }
    this.byName = byName;
    this.byHash = new Map([...byName.values()].map(token => [token.hash, token]));
    this.readAt = this.clock.monotonic();
  }

  /** Somebody may be asked for a token: one that can make others is there. */
  get haveAdmin(): boolean {
    return this.list().some(token => token.scope === 'admin' && !this.isOver(token));
  }

  list(): StoredToken[] {
    return [...this.byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  isOver({ expiresAt }: Pick<StoredToken, 'expiresAt'>): boolean {
    return expiresAt !== undefined && expiresAt <= this.clock.now();
  }

  /** Whether a token of that name may still be used. */
  lives(name: string): boolean {
    const token = this.byName.get(name);
    return token !== undefined && !this.isOver(token);
  }

  /** Who a token stands for; undefined for one that is not known, or over. */
  async find(given: string): Promise<Principal | undefined> {
    if (this.clock.monotonic() - this.readAt > REREAD_MS) await this.load();
    if (!given.startsWith(PREFIX)) return undefined;
    const hash = hashOf(given);
    const token = this.byHash.get(hash);
    if (!token || !timingSafeEqual(Buffer.from(token.hash), Buffer.from(hash)) || this.isOver(token))
      return undefined;
    return { name: token.name, scope: token.scope, ...defined({ agents: token.agents }) };
  }

  /** @returns the token, which nobody can be told again @throws DeadairError `conflict` when there is one of that name */
  async create({ name, scope, agents, expiresAt }: NewToken, by: Principal): Promise<string> {
    if (!includes(by.scope, 'admin'))
      throw new DeadairError('auth.scope', 'Only an admin token makes tokens.');
    if (this.byName.size >= MOST_TOKENS)
      throw new DeadairError('conflict', `There are ${MOST_TOKENS} tokens: revoke some.`);
    const secret = PREFIX + randomBytes(32).toString('base64url');
    const token: StoredToken = {
      name,
      scope,
      hash: hashOf(secret),
      createdAt: this.clock.now(),
      createdBy: by.name,
      ...defined({ agents, expiresAt }),
    };
    try {
      await this.documents.put(DOCUMENT_KINDS.accessToken, name, token, 0);
    } catch (thrown) {
      if (!(thrown instanceof DeadairError) || thrown.code !== 'conflict') throw thrown;
      throw new DeadairError(
        'conflict',
        `There is a token "${name}"; revoke it first, or take another name.`,
        {
          subject: 'name',
        },
      );
    }
    await this.load();
    return secret;
  }

  /** @throws DeadairError `not-found` */
  async revoke(name: string): Promise<void> {
    if (!this.byName.has(name))
      throw new DeadairError('not-found', `There is no token "${name}"; \`deadair token list\` shows them.`, {
        subject: 'name',
      });
    await this.documents.delete(DOCUMENT_KINDS.accessToken, name);
    await this.load();
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
