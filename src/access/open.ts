import { randomBytes } from 'node:crypto';
import type { DocumentStore } from '../model/documents.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import { Failures } from './failures.js';
import { HostOwners } from './owners.js';
import { ServiceAccess } from './service-access.js';
import { Sessions } from './sessions.js';
import { TokenBook } from './tokens.js';

export interface Doors {
  access: ServiceAccess;
  tokens: TokenBook;
  owners: HostOwners;
  sessions: Sessions;
}

export interface DoorsDeps {
  documents: DocumentStore;
  clock: Clock;
  logger: Logger;
  /** DEADAIR_TOKEN, where one is set. */
  ownToken?: string | undefined;
  /** Of a collector in this process. */
  localToken?: string;
  /** A wrong token was shown. */
  onRefused?: () => void;
}

/** Who may come in, and whose hosts are whose. */
export async function openDoors(deps: DoorsDeps): Promise<Doors> {
  const { documents, clock, logger, ownToken, localToken = randomBytes(32).toString('base64url') } = deps;
  const tokens = new TokenBook(documents, clock);
  await tokens.load();
  const owners = new HostOwners(documents, tokens, clock);
  await owners.load();
  const sessions = new Sessions(clock);
  const failures = new Failures(clock, logger, deps.onRefused ?? (() => {}));
  const access = new ServiceAccess({ ownToken, localToken, tokens, sessions, failures });
  return { access, tokens, owners, sessions };
}
