import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../src/platform/logger.js';
import { madeSafe } from '../../src/wire/safe-text.js';
import type { Discovery } from './discovery.js';

/** Why something that the settings name is not read. */
export interface Unread {
  /** A folder, or a pattern. */
  path: string;
  why: string;
}

/** So many are told; the log has all. */
const MOST = 100;
const PATH_LENGTH = 1024;
const WHY_LENGTH = 200;

/**
 * Says in log and heartbeat what the settings name and nobody reads: folders without rights, patterns that meet nothing, links
 * to folders that are read under another path.
 */
export class UnreadNotices {
  private told = new Map<string, string>();

  constructor(
    private readonly discovery: Discovery,
    private readonly logger: Logger,
  ) {}

  /** After a look at everything: a warning for what is new, a word for what is over. */
  look(): void {
    const now = new Map(this.list().map(({ path, why }) => [path, why]));
    if (isDeepStrictEqual(now, this.told)) return;
    for (const [path, why] of now)
      if (this.told.get(path) !== why) this.logger.warn('collector.unread', { path, why });
    for (const path of this.told.keys())
      if (!now.has(path)) this.logger.info('collector.read-again', { path });
    this.told = now;
  }

  list(): Unread[] {
    const folders = [...this.discovery.errors].map(([path, error]) => ({
      path,
      why: error === 'ENOENT' ? 'there is no such folder' : `the folder can't be listed (${error})`,
    }));
    const patterns = this.discovery.patterns.unmet.map(({ setting, pattern }) => ({
      path: pattern,
      why: `${setting}: nothing fits this pattern yet`,
    }));
    const links = [...this.discovery.elsewhere].map(([path, readAs]) => ({
      path,
      why: `a link to a folder that is read as ${readAs}`,
    }));
    return [...folders, ...patterns, ...links]
      .slice(0, MOST)
      .map(({ path, why }) => ({ path: madeSafe(path, PATH_LENGTH), why: madeSafe(why, WHY_LENGTH) }));
  }
}
