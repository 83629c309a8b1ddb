/** A cached value and whether it was used since the last round of eviction; `value` is gone when it was evicted. */
export interface CacheEntry<V> {
  value: V | undefined;
  readonly bytes: number;
  used: boolean;
}

/**
 * Bounded by bytes, not entries: decompressed chunks differ a hundredfold in size. Eviction gives what was used a second
 * chance instead of keeping exact order, so that a hit costs a flag: who holds the entry need not even look it up.
 */
export class ByteCache<K, V> {
  private readonly entries = new Map<K, CacheEntry<V>>();
  private held = 0;

  constructor(readonly limit: number) {}

  get bytes(): number {
    return this.held;
  }

  get(key: K): CacheEntry<V> | undefined {
    const entry = this.entries.get(key);
    if (entry) entry.used = true;
    return entry;
  }

  set(key: K, value: V, bytes: number): CacheEntry<V> {
    this.delete(key);
    const entry = { value, bytes, used: true };
    // What alone would push out most of the rest is handed out, not kept.
    if (bytes > this.limit / 2) return entry;
    this.entries.set(key, entry);
    this.held += bytes;
    while (this.held > this.limit) this.evict();
    return entry;
  }

  delete(key: K): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.held -= entry.bytes;
    entry.value = undefined;
    this.entries.delete(key);
  }

  clear(): void {
    for (const key of [...this.entries.keys()]) this.delete(key);
  }

  private evict(): void {
    for (const [key, entry] of this.entries) {
      if (!entry.used) {
        this.delete(key);
        return;
      }
      entry.used = false;
      this.entries.delete(key);
      this.entries.set(key, entry);
    }
  }
}
