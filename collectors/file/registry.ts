import type { Candidate } from './discovery.js';
import type { Generation } from './generation.js';
import type { OpenedFile } from './identity.js';
import { type FileStat, sameInode } from './view.js';

/** A path that is a log or a generation of one. */
export interface Entry extends Candidate {
  stat: FileStat | undefined;
  /** What the file at the path is; undefined while that is not known, or when it is nothing to read. */
  generation: Generation | undefined;
  /** The path is where the generation is read; else it is a link to it or a copy of it. */
  owner: boolean;
  /** Facts under which it was last judged. */
  stamp: string;
  error: string | null;
  /** The path was seen empty-handed since its last file. */
  wasAbsent: boolean;
}

/** How many complete generations are remembered, so that their copies are known when they turn up. */
const ENDED_KEPT = 10_000;

/** The paths, the generations, and which path holds which. */
export class Registry {
  readonly entries = new Map<string, Entry>();
  /** Everything that may still bring bytes or has something to tell. */
  readonly active = new Set<Generation>();
  readonly ended = new Set<Generation>();
  /** Folders that must be listed again. */
  readonly dirty = new Set<string>();
  private readonly ids = new Set<string>();
  private readonly byInode = new Map<string, Generation>();

  constructor(private readonly host: string) {}

  reserve(id: string): void {
    this.ids.add(id);
  }

  /** Gives the generation its id before it is first sent. */
  giveId(generation: Generation): void {
    generation.identify(this.host, this.ids);
  }

  enter(candidate: Candidate): Entry {
    const known = this.entries.get(candidate.path);
    if (known) return Object.assign(known, candidate);
    const entry: Entry = {
      ...candidate,
      stat: undefined,
      generation: undefined,
      owner: false,
      stamp: '',
      error: null,
      wasAbsent: false,
    };
    this.entries.set(entry.path, entry);
    return entry;
  }

  /** The path is where the generation is read from now on; of `file`, handle and facts are taken over. */
  own(entry: Entry, generation: Generation, now: number, file?: OpenedFile): void {
    entry.generation = generation;
    entry.owner = true;
    entry.wasAbsent = false;
    generation.enter(entry.rotated ? 'rotated' : 'live', now);
    this.active.add(generation);
    this.ended.delete(generation);
    if (!file) return;
    if (generation.handle && generation.handle !== file.handle) void file.handle.close().catch(() => {});
    else generation.handle = file.handle;
    this.setInode(generation, file.stat);
    generation.compression = file.compression;
    if (generation.head.length === 0 && generation.headPrint.length <= file.head.length)
      generation.setHead(file.head);
    generation.size = file.compression ? 0 : file.stat.size;
    generation.mtimeMs = file.stat.mtimeMs;
    generation.readToEnd = false;
    generation.headDue = true;
    generation.seenAt = now;
    if (generation.unread > 0) generation.grewAt = now;
  }

  /** The path holds nothing that is read there. */
  release(entry: Entry): void {
    entry.generation = undefined;
    entry.owner = false;
  }

  ownerOf(generation: Generation): Entry | undefined {
    for (const entry of this.entries.values())
      if (entry.owner && entry.generation === generation) return entry;
    return undefined;
  }

  /** Another watched path with the same inode. */
  linkTo(generation: Generation, except: Entry): Entry | undefined {
    for (const entry of this.entries.values()) {
      if (entry === except || entry.owner || entry.rotated || !entry.stat) continue;
      if (sameInode(entry.stat, generation) === true) return entry;
    }
    return undefined;
  }

  atInode(stat: FileStat): Generation | undefined {
    const key = inodeKey(stat);
    return key === undefined ? undefined : this.byInode.get(key);
  }

  setInode(generation: Generation, stat: FileStat): void {
    this.dropInode(generation);
    generation.inode = stat.inode;
    generation.device = stat.device;
    const key = inodeKey(stat);
    if (key !== undefined) this.byInode.set(key, generation);
  }

  dropInode(generation: Generation): void {
    const key = inodeKey(generation);
    if (key !== undefined && this.byInode.get(key) === generation) this.byInode.delete(key);
  }

  /** As if it had never been seen: nothing of it was sent. */
  async drop(generation: Generation): Promise<void> {
    this.dropInode(generation);
    this.active.delete(generation);
    await generation.closeHandle();
  }

  /** Everything of it was acknowledged, its end too. */
  async finish(generation: Generation, now: number): Promise<void> {
    await generation.closeHandle();
    generation.enter('ended', now);
    generation.forgetBytes();
    this.active.delete(generation);
    this.ended.add(generation);
    if (this.ended.size <= ENDED_KEPT) return;
    const [oldest] = this.ended;
    if (!oldest) return;
    this.ended.delete(oldest);
    this.dropInode(oldest);
  }

  async clear(): Promise<void> {
    for (const generation of this.active) await generation.closeHandle();
    this.active.clear();
    this.ended.clear();
    this.ids.clear();
    this.byInode.clear();
    this.entries.clear();
  }
}

function inodeKey(facts: { inode?: string | undefined; device?: string | undefined }): string | undefined {
  return facts.inode === undefined ? undefined : `${facts.device}:${facts.inode}`;
}
