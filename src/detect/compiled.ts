import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../platform/package-root.js';
import type { PatternFacts } from '../safe-regex/facts.js';
import type { Pack } from './pack.js';

/**
 * What the build works out of the built-in packs once, so that no process has to: the packs as checked JSON and the facts of
 * their patterns (worst case, required texts). Reading YAML and analysing 600 patterns takes 0.6 CPU seconds, this file 0.02.
 *
 * It counts only while it belongs to the packs and to the code that made it (`key`); otherwise all is worked out anew, so a
 * forgotten build costs time, never truth.
 */
export interface CompiledPacks {
  key: string;
  /** By file name. */
  packs: Record<string, Pack>;
  /** By pattern, words put in. */
  facts: Record<string, PatternFacts>;
}

const FILE = path.join(packageRoot, 'dist', 'src', 'detect', 'packs.json');
/** What the facts of a pattern and the checks of a pack are made by. */
const CODE = ['safe-regex', 'detect/pack.js', 'detect/events.js'].map(name =>
  path.join(packageRoot, 'dist', 'src', name),
);

let read: CompiledPacks | undefined | null;

/** @returns undefined where there is none that belongs to these texts */
export function compiledPacks(texts: ReadonlyMap<string, string>): CompiledPacks | undefined {
  if (read === undefined) {
    try {
      read = JSON.parse(readFileSync(FILE, 'utf8')) as CompiledPacks;
    } catch {
      read = null;
    }
  }
  return read !== null && read.key === keyOf(texts) ? read : undefined;
}

export function writeCompiledPacks(
  texts: ReadonlyMap<string, string>,
  compiled: Omit<CompiledPacks, 'key'>,
): void {
  writeFileSync(FILE, JSON.stringify({ key: keyOf(texts), ...compiled } satisfies CompiledPacks));
}

/** Of the packs' texts and of the code their facts depend on. */
function keyOf(texts: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [name, text] of texts) hash.update(`${name}\0${text}\0`);
  for (const place of CODE) {
    const files = place.endsWith('.js')
      ? [place]
      : readdirSync(place, { recursive: true, encoding: 'utf8' })
          .filter(name => name.endsWith('.js'))
          .sort()
          .map(name => path.join(place, name));
    for (const file of files) hash.update(readFileSync(file));
  }
  return hash.digest('hex');
}
