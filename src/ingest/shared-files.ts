import type { KnownSource } from '../wire/protocol.js';

interface Seen {
  id: string;
  host: string;
  path: string;
  inode: string | undefined;
  /** Where its last ranges ended, and the fingerprints of what stood there; the newest last. */
  ends: Map<number, string>;
}

/** Of each source; a file that is read from two sides ends for both where it is quiet. */
const ENDS_KEPT = 8;
/** Beginnings of files that are remembered; the longest known are forgotten first. */
const MOST_HEADS = 20_000;
const MOST_TOLD = 50;
/** Equal content of so many bytes is one file, where its inode says so, too; and where nothing does. */
const LEAST_BYTES = 64;
const LEAST_WITHOUT_INODE = 4096;

/**
 * Notices a file that two hosts read, over a shared folder or a mount: each line of it is stored twice, and nothing else would say
 * so. Told are files of two hosts that begin alike and were alike up to the same place.
 */
export class SharedFiles {
  private readonly byHead = new Map<string, Seen[]>();
  private readonly told = new Map<string, string>();

  /** @param onFound called once for each pair, with a sentence */
  constructor(private readonly onFound: (sentence: string) => void) {}

  /** After lines of a source were stored. */
  look({ id, host, path, inode, head, tail, position, ended }: KnownSource): void {
    if (ended || !tail || position < LEAST_BYTES || head.length < LEAST_BYTES) return;
    const key = `${head.length} ${head.hash}`;
    const alike = this.byHead.get(key) ?? [];
    let own = alike.find(one => one.id === id);
    if (!own) {
      own = { id, host, path, inode, ends: new Map() };
      alike.push(own);
      // In the order of what was seen last.
      this.byHead.delete(key);
      this.byHead.set(key, alike);
      if (this.byHead.size > MOST_HEADS) this.byHead.delete(this.byHead.keys().next().value!);
    }
    own.ends.delete(position);
    own.ends.set(position, tail.hash);
    if (own.ends.size > ENDS_KEPT) own.ends.delete(own.ends.keys().next().value!);
    for (const other of alike) {
      if (other.host === host || other.ends.get(position) !== tail.hash) continue;
      const same = inode !== undefined && other.inode === inode;
      if (same || position >= LEAST_WITHOUT_INODE) this.tell(own, other);
    }
  }

  /** Sentences. */
  warnings(): string[] {
    return [...this.told.values()];
  }

  private tell(...pair: [Seen, Seen]): void {
    const [one, other] = pair.sort((a, b) => (a.host < b.host ? -1 : 1)) as [Seen, Seen];
    const key = `${one.id} ${other.id}`;
    if (this.told.has(key) || this.told.size >= MOST_TOLD) return;
    const sentence =
      `${one.path} of ${one.host} and ${other.path} of ${other.host} are the same file: its lines are stored twice. ` +
      'Let one collector follow it (collect.watch), or give both the same collect.host.';
    this.told.set(key, sentence);
    this.onFound(sentence);
  }
}
