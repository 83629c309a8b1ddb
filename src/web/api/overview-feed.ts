import { randomBytes } from 'node:crypto';
import { OVERVIEW_LISTS, type Overview, type OverviewChange, type OverviewList } from './overview.js';

interface Part {
  list: OverviewList;
  id: string;
  /** Absent: the entry is gone. */
  value: unknown;
  json: string;
  version: number;
}

/** Entries that are gone are remembered so that who was away hears of it; beyond this many all is told anew. */
const MOST_GONE = 2000;

/**
 * Keeps the present overview with a version per entry, so that any client can be told just what it has not seen: work and
 * bytes follow what changed, not how much there is.
 */
export class OverviewFeed {
  private parts = new Map<string, Part>();
  private version = 0;
  /** Versions of another life of the service mean nothing here. */
  private readonly epoch = randomBytes(4).toString('hex');

  /** @returns whether anything changed */
  update(overview: Overview): boolean {
    const before = this.version;
    const next = before + 1;
    const seen = new Set<string>();
    for (const list of OVERVIEW_LISTS)
      for (const value of overview[list]) {
        const key = `${list}/${value.id}`;
        seen.add(key);
        const json = JSON.stringify(value);
        if (this.parts.get(key)?.json === json) continue;
        this.parts.set(key, { list, id: value.id, value, json, version: next });
        this.version = next;
      }
    for (const [key, part] of this.parts)
      if (part.value !== undefined && !seen.has(key)) {
        this.parts.set(key, { ...part, value: undefined, json: '', version: next });
        this.version = next;
      }
    this.forget();
    return this.version !== before;
  }

  /** Names the present state; goes into an event's id. */
  get id(): string {
    return `${this.epoch}-${this.version}`;
  }

  /**
   * What a client that was told everything up to `after` does not know; from an unknown id on, everything.
   * @param now RFC 3339
   */
  since(after: string | undefined, now: string): OverviewChange {
    const [epoch, version] = (after ?? '').split('-');
    const known = epoch === this.epoch && /^\d+$/.test(version ?? '') ? Number(version) : undefined;
    const from = known !== undefined && known >= this.forgotten && known <= this.version ? known : undefined;
    const set = new Map<OverviewList, unknown[]>();
    const gone = new Map<OverviewList, string[]>();
    for (const { list, id, value, version } of this.parts.values()) {
      if (version <= (from ?? 0)) continue;
      if (value !== undefined) set.set(list, [...(set.get(list) ?? []), value]);
      else if (from !== undefined) gone.set(list, [...(gone.get(list) ?? []), id]);
    }
    return {
      now,
      reset: from === undefined,
      set: Object.fromEntries(set) as OverviewChange['set'],
      gone: Object.fromEntries(gone),
    };
  }

  private forgotten = 0;

  private forget(): void {
    const gone = [...this.parts].filter(([, part]) => part.value === undefined);
    if (gone.length <= MOST_GONE) return;
    for (const [key, part] of gone) {
      this.forgotten = Math.max(this.forgotten, part.version);
      this.parts.delete(key);
    }
  }
}
