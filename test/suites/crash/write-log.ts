import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * A file system as a power cut leaves it: every write is held back until its file is synced. Names (create, rename, delete)
 * take effect at once, as journalling file systems order them.
 */
class CautiousFile {
  content: Buffer = Buffer.alloc(0);
  private pending: { apply: (content: Buffer) => Buffer; data?: Buffer; at: number }[] = [];

  write(data: Buffer, at: number): void {
    this.pending.push({ apply: content => written(content, data, at), data, at });
  }

  truncate(size: number): void {
    const apply = (content: Buffer) =>
      Buffer.from(
        size <= content.length
          ? content.subarray(0, size)
          : Buffer.concat([content, Buffer.alloc(size - content.length)]),
      );
    this.pending.push({ apply, at: 0 });
  }

  /** As a disk leaves it that wrote some of what was not synced, in any order, and one write only in part. */
  torn(random: () => number): Buffer {
    let content: Buffer = Buffer.from(this.content);
    // Half of the time nearly all of it arrives: a batch is many writes, and one that is missing undoes it.
    const loss = random() < 0.5 ? 0.4 : 0.02;
    for (const { apply, data, at } of this.pending) {
      const luck = random();
      if (luck < loss) continue;
      if (luck < loss * 1.5 && data) {
        const sectors = Math.floor((random() * data.length) / SECTOR) * SECTOR;
        content = written(content, data.subarray(0, sectors), at);
      } else content = apply(content);
    }
    return content;
  }

  /** What was written when the sync began is safe when it ends. */
  beginSync(): () => void {
    const safe = this.pending.length;
    return () => {
      for (const { apply } of this.pending.splice(0, safe)) this.content = apply(this.content);
    };
  }
}

function written(content: Buffer, data: Buffer, at: number): Buffer {
  const grown =
    content.length >= at + data.length
      ? content
      : Buffer.concat([content, Buffer.alloc(at + data.length - content.length)]);
  data.copy(grown, at);
  return grown;
}

/** What a disk writes whole or not at all. */
const SECTOR = 512;

export interface Moment {
  /** An acknowledgement was just given, or a sync is about to begin: then most is in the balance. */
  when: 'acknowledged' | 'before a sync';
  /** Lines acknowledged by then. */
  lines: number;
  /** Only what was synced. */
  files: Map<string, Buffer>;
  /** That, and some of the rest. */
  torn: Map<string, Buffer>;
}

/** Reads a trace of strace (-f -y -xx) and gives what a power cut leaves, at each acknowledgement and before each sync. */
export function* momentsOf(trace: string, folder: string, random: () => number): Generator<Moment> {
  const files = new Map<string, CautiousFile>();
  const unfinished = new Map<string, string>();
  const syncs = new Map<string, () => void>();
  let acknowledged = 0;
  const moment = (when: Moment['when']): Moment => ({
    when,
    lines: acknowledged,
    files: new Map([...files].map(([at, { content }]) => [at, content])),
    torn: new Map([...files].map(([at, one]) => [at, one.torn(random)])),
  });
  const file = (name: string) => {
    let known = files.get(name);
    if (!known) {
      known = new CautiousFile();
      files.set(name, known);
    }
    return known;
  };
  for (const raw of trace.split('\n')) {
    const [, thread = '', said = ''] = /^(\d+) +(.*)$/.exec(raw) ?? [];
    const resumed = said.startsWith('<... ');
    const call = resumed ? (unfinished.get(thread) ?? '') : said;
    const open = said.endsWith('<unfinished ...>');
    if (open) unfinished.set(thread, said);
    const name = /^(\w+)\(/.exec(call)?.[1] ?? '';
    const target = unescaped(/^\w+\(\d+<([^>]*)>/.exec(call)?.[1] ?? '').toString();
    const inside = target.startsWith(folder) && !target.endsWith('-shm');
    switch (name) {
      case 'pwrite64': {
        const [, data = '', at = '0'] = /, "((?:\\x[0-9a-f]{2})*)", \d+, (\d+)/.exec(call) ?? [];
        if (inside && !resumed) file(target).write(unescaped(data), Number(at));
        break;
      }
      case 'ftruncate':
        if (inside && !resumed) file(target).truncate(Number(/>, (\d+)/.exec(call)?.[1]));
        break;
      case 'fsync':
      case 'fdatasync':
        if (!inside) break;
        if (!resumed && files.has(target)) yield moment('before a sync');
        // Folders are synced too; names count at once here.
        if (!resumed) syncs.set(thread, files.get(target)?.beginSync() ?? (() => {}));
        if (!open) syncs.get(thread)?.();
        break;
      case 'rename': {
        const [from, to] = [...call.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(match =>
          unescaped(match[1]!).toString(),
        );
        const moved = files.get(from ?? '');
        if (!moved || resumed) break;
        files.set(to!, moved);
        files.delete(from!);
        break;
      }
      case 'unlink':
        if (!resumed) files.delete(unescaped(/"((?:\\x[0-9a-f]{2})*)"/.exec(call)?.[1] ?? '').toString());
        break;
      case 'write': {
        const text = unescaped(/, "((?:\\x[0-9a-f]{2})*)"/.exec(call)?.[1] ?? '').toString();
        const lines = /^acked (\d+)\n$/.exec(text)?.[1];
        if (lines === undefined || resumed) break;
        acknowledged = Number(lines);
        yield moment('acknowledged');
      }
    }
  }
}

function unescaped(text: string): Buffer {
  return /^(?:\\x[0-9a-f]{2})*$/.test(text)
    ? Buffer.from(text.replaceAll('\\x', ''), 'hex')
    : Buffer.from(text);
}

/** Writes a moment's files into another folder. */
export function restore(files: ReadonlyMap<string, Buffer>, from: string, into: string): void {
  for (const [name, content] of files) {
    const target = path.join(into, path.relative(from, name));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}
