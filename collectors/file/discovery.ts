import path from 'node:path';
import { defined } from '../../src/platform/defined.js';
import type { CollectSettings } from '../settings.js';
import { DEFAULT_INCLUDE } from './default-include.js';
import { compileGlobs, escapeGlob } from './glob.js';
import {
  type AgentNaming,
  agentNaming,
  type Compression,
  unrotate,
  type WatchRoot,
  watchRoot,
} from './names.js';
import { PatternUse } from './pattern-use.js';
import { errnoOf, type FileSystemView, isAbsent } from './view.js';

/** A file that is watched, or a rotated generation of one. */
export interface Candidate {
  path: string;
  directory: string;
  /** Path the file has while it is written; equals `path` unless rotated. */
  basePath: string;
  agent: string;
  rotated: boolean;
  compression?: Compression;
}

export interface Listing {
  directory: string;
  candidates: Candidate[];
  subdirectories: string[];
}

interface Root extends WatchRoot {
  included: (relativePath: string) => boolean;
  depth: number;
}

/** Which files below the watched paths are logs, and whose. Holds no state: what was found is the tracker's. */
export class Discovery {
  private readonly roots: Root[] = [];
  private readonly excluded: (relativePath: string) => boolean;
  private readonly naming: AgentNaming;
  private readonly prepared: Promise<void>;
  /** Watched paths that can't be listed, with the errno name. */
  readonly errors = new Map<string, string>();
  /** Which patterns of the settings met nothing yet. */
  readonly patterns = new PatternUse();
  /** Folders that links lead to, by device and inode: the link they are followed by. */
  private readonly followed = new Map<string, string>();
  /** Links to folders that are not followed, as what they lead to is read under another path: that path. */
  readonly elsewhere = new Map<string, string>();
  /** Folders that were listed by the last walk. */
  directories = new Set<string>();

  constructor(
    private readonly settings: Pick<
      CollectSettings,
      'watch' | 'include' | 'exclude' | 'depth' | 'agent' | 'encoding'
    >,
    private readonly view: FileSystemView,
  ) {
    this.excluded = compileGlobs(settings.exclude, 'collect.exclude');
    this.naming = agentNaming(settings.agent);
    this.expectPatterns();
    this.prepared = this.prepare();
  }

  /** Lists every watched folder, depth first, in the order given. */
  async walk(): Promise<Listing[]> {
    await this.prepared;
    const listings: Listing[] = [];
    const seen = new Set<string>();
    const tried = new Set<string>();
    this.followed.clear();
    this.elsewhere.clear();
    for (const root of this.roots) {
      const pending = [{ directory: root.directory, depth: 0 }];
      for (let next = pending.pop(); next; next = pending.pop()) {
        if (seen.has(`${root.given}\n${next.directory}`)) continue;
        seen.add(`${root.given}\n${next.directory}`);
        tried.add(next.directory);
        const listing = await this.listIn(root, next.directory);
        if (!listing) continue;
        listings.push(listing);
        const depth = next.depth + 1;
        if (depth <= root.depth)
          pending.push(...listing.subdirectories.reverse().map(directory => ({ directory, depth })));
      }
    }
    this.directories = new Set(listings.map(listing => listing.directory));
    // A folder that couldn't be read and is gone is no trouble any more.
    for (const directory of [...this.errors.keys()]) if (!tried.has(directory)) this.errors.delete(directory);
    return merge(listings);
  }

  /**
   * Lists one folder again, and the folders in it that no walk has seen yet, to their depth: they are `directories` from then on.
   * Empty when it can't be listed (see `errors`) or is not watched.
   */
  async list(directory: string): Promise<Listing[]> {
    await this.prepared;
    const listings: Listing[] = [];
    for (const root of this.roots) {
      const depth = depthBelow(root.directory, directory);
      if (depth < 0) continue;
      const pending = [{ directory, depth }];
      for (let next = pending.pop(); next; next = pending.pop()) {
        const listing = await this.listIn(root, next.directory);
        if (!listing) continue;
        listings.push(listing);
        const below = next.depth + 1;
        if (below > root.depth) continue;
        const fresh = listing.subdirectories.filter(path => !this.directories.has(path));
        pending.push(...fresh.reverse().map(path => ({ directory: path, depth: below })));
      }
    }
    for (const listing of listings) this.directories.add(listing.directory);
    return merge(listings);
  }

  /** Is the path one this collector would follow? Decides whose known sources are ours. */
  async covers(basePath: string): Promise<boolean> {
    await this.prepared;
    return this.roots.some(root => this.isLog(root, basePath));
  }

  private expectPatterns(): void {
    const { watch, include, exclude, encoding } = this.settings;
    // A folder may be empty before the program starts; a pattern names files.
    for (const given of watch) {
      const root = watchRoot(given);
      if (root.pattern !== undefined)
        this.patterns.expect('collect.watch', given, path => path === root.given);
    }
    // The default names what logs are called anywhere; nobody has all of them.
    if (include.join() !== DEFAULT_INCLUDE.join())
      for (const pattern of include) this.patterns.expect('collect.include', pattern);
    for (const pattern of exclude) this.patterns.expect('collect.exclude', pattern);
    // From afar they are set for all hosts together, of which few have such files.
    if (!this.view.paced)
      for (const pattern of Object.keys(encoding ?? {})) this.patterns.expect('collect.encoding', pattern);
  }

  private isExcluded(relative: string): boolean {
    if (!this.excluded(relative)) return false;
    this.patterns.met('collect.exclude', relative);
    return true;
  }

  private async prepare(): Promise<void> {
    for (const given of this.settings.watch) {
      const root = watchRoot(given);
      if (root.pattern !== undefined) {
        const patterns = [root.pattern];
        this.roots.push({
          ...root,
          included: compileGlobs(patterns, 'collect.watch'),
          depth: root.pattern.includes('**') ? this.settings.depth : root.pattern.split('/').length - 2,
        });
        continue;
      }
      const kind = await this.view.stat(root.directory).then(
        stat => stat.kind,
        // Not there yet: a name with a dot in it will be a file, one without a folder.
        () => (path.basename(root.directory).includes('.') ? 'file' : 'directory'),
      );
      if (kind === 'directory')
        this.roots.push({
          ...root,
          included: compileGlobs(this.settings.include, 'collect.include'),
          depth: this.settings.depth,
        });
      else
        this.roots.push({
          directory: path.dirname(root.directory),
          given: root.given,
          included: compileGlobs([`/${escapeGlob(path.basename(root.directory))}`], 'collect.watch'),
          depth: 0,
        });
    }
  }

  private async listIn(root: Root, directory: string): Promise<Listing | undefined> {
    let entries: Awaited<ReturnType<FileSystemView['list']>>;
    try {
      entries = await this.view.list(directory);
      this.errors.delete(directory);
    } catch (error) {
      // A folder below the watched one may just be gone; the watched one itself is worth a word.
      if (directory === root.directory || !isAbsent(error)) this.errors.set(directory, errnoOf(error));
      return undefined;
    }
    const listing: Listing = { directory, candidates: [], subdirectories: [] };
    const names = new Set(entries.map(entry => entry.name));
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const full = path.join(directory, entry.name);
      if (entry.kind === 'directory') {
        if (!this.isExcluded(path.relative(root.directory, full))) listing.subdirectories.push(full);
      } else if (entry.kind === 'link' && (await this.isNewFolder(root, full))) {
        if (!this.isExcluded(path.relative(root.directory, full))) listing.subdirectories.push(full);
      } else if (entry.kind !== 'other') {
        const candidate = this.candidate(root, directory, entry.name, names);
        if (candidate) listing.candidates.push(candidate);
      }
    }
    return listing;
  }

  /**
   * A link to a folder is followed once: under one name, and never into the watched folder itself, so that links in a circle
   * end. One that is not followed is kept in `elsewhere`.
   */
  private async isNewFolder(root: Root, link: string): Promise<boolean> {
    const target = await this.view.stat(link).catch(() => undefined);
    if (target?.kind !== 'directory') return false;
    if (target.inode === undefined) return true;
    const key = `${target.device}:${target.inode}`;
    const known = this.followed.get(key);
    if (known === link) return true;
    const own = known === undefined ? await this.view.stat(root.directory).catch(() => undefined) : undefined;
    const readAs = known ?? (own && `${own.device}:${own.inode}` === key ? root.directory : undefined);
    if (readAs !== undefined) {
      this.elsewhere.set(link, readAs);
      return false;
    }
    this.followed.set(key, link);
    return true;
  }

  private candidate(
    root: Root,
    directory: string,
    name: string,
    names: ReadonlySet<string>,
  ): Candidate | undefined {
    const found = unrotate(name);
    const full = path.join(directory, name);
    // `app-20260101.log` without an `app.log` beside it is a log of its own.
    const rotated = found.rotated && !(found.onlyBeside && !names.has(found.base));
    const basePath = rotated ? path.join(directory, found.base) : full;
    if (!this.isLog(root, basePath)) return undefined;
    if (this.isExcluded(path.relative(root.directory, full))) return undefined;
    this.patterns.met('collect.include', path.relative(root.directory, basePath));
    this.patterns.met('collect.encoding', basePath.replace(/^\//, ''));
    this.patterns.met('collect.watch', root.given);
    return {
      path: full,
      directory,
      basePath,
      agent: this.naming(basePath, root.given),
      rotated,
      ...defined({ compression: found.compression }),
    };
  }

  private isLog(root: Root, basePath: string): boolean {
    const relative = path.relative(root.directory, basePath);
    if (relative.startsWith('..') || relative.split('/').length - 1 > root.depth) return false;
    return root.included(relative) && !this.isExcluded(relative);
  }
}

/** How many folders below the watched one; -1 where it is not below. */
function depthBelow(root: string, directory: string): number {
  const relative = path.relative(root, directory);
  if (relative === '') return 0;
  return relative === '..' || relative.startsWith('../') ? -1 : relative.split('/').length;
}

/** One listing a folder, and every file once, when watched paths overlap. */
function merge(listings: Listing[]): Listing[] {
  const byDirectory = new Map<string, Listing>();
  for (const listing of listings) {
    const first = byDirectory.get(listing.directory);
    if (!first) {
      byDirectory.set(listing.directory, listing);
      continue;
    }
    const have = new Set(first.candidates.map(candidate => candidate.path));
    first.candidates.push(...listing.candidates.filter(candidate => !have.has(candidate.path)));
  }
  return [...byDirectory.values()];
}
