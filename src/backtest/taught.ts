import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { loadPacks, parsePack } from '../detect/load.js';
import type { LoadedPack, Pack } from '../detect/pack.js';
import { DeadairError, messageOf } from '../platform/errors.js';
import { writeWhole } from '../platform/write-whole.js';
import type { Taught } from './learn.js';

/** Of its own, so that it stands beside a pack that somebody keeps with `deadair label --keep FILE`. */
export const TAUGHT_PACK = 'taught';

/** Where a service keeps what people taught it: an ordinary pack, to be read, edited and taken elsewhere. */
export function taughtFile(data: string): string {
  return path.join(path.resolve(data), 'taught-rules.yaml');
}

/** The packs a service judges with besides the built-in ones: those of the settings, then what people taught it. */
export function packFiles(packs: readonly string[], data: string): string[] {
  const taught = taughtFile(data);
  return existsSync(taught) ? [...packs, taught] : [...packs];
}

/**
 * The rules that people taught this service. A kept rule judges the next lines: whoever judges is told before the answer is
 * given. Lines that are stored keep what they were judged then.
 */
export class TaughtRules {
  private readonly file: string;
  private packs: LoadedPack[];
  private keeping: Promise<unknown> = Promise.resolve();

  /**
   * @param named packs of the settings
   * @param judge tells the files of packs to whoever judges lines
   * @throws DeadairError rules.invalid for a file that is no pack
   */
  constructor(
    private readonly named: readonly string[],
    private readonly data: string,
    private readonly judge: (files: string[]) => Promise<void>,
  ) {
    this.file = taughtFile(data);
    this.packs = loadPacks(this.files());
  }

  /** All that lines are judged with now. */
  all(): readonly LoadedPack[] {
    return this.packs;
  }

  /** What a new rule is added to; a pack without rules before the first one. */
  pack(): Pack {
    const known = this.packs.find(pack => pack.pack === TAUGHT_PACK);
    if (known === undefined) return { pack: TAUGHT_PACK, title: 'Taught by people at this site', rules: [] };
    const { file: _, ...pack } = known;
    return pack;
  }

  /**
   * Makes a rule with `make` and judges with it from now on; one after the other, so that none is lost.
   * @throws DeadairError store.full, config.unreadable where the file can't be written
   */
  keep(make: (existing: Pack) => Taught): Promise<{ taught: Taught; file: string }> {
    const kept = this.keeping.then(async () => {
      const taught = make(this.pack());
      parsePack(taught.text, this.file);
      this.write(taught.text);
      const files = this.files();
      this.packs = loadPacks(files);
      await this.judge(files);
      return { taught, file: this.file };
    });
    this.keeping = kept.catch(() => {});
    return kept;
  }

  private files(): string[] {
    return packFiles(this.named, this.data);
  }

  /** A service that is killed meanwhile must still start. */
  private write(text: string): void {
    try {
      mkdirSync(path.dirname(this.file), { recursive: true });
      writeWhole(this.file, text);
    } catch (cause) {
      throw new DeadairError(
        'config.unreadable',
        `The rules can't be kept in ${this.file}: ${messageOf(cause)}`,
        { subject: this.file, cause },
      );
    }
  }
}
