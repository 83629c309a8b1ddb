import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * A file system as a power cut leaves it: every write is held back until its file is synced. Names (create, rename, delete)
 * take effect at once, as journalling file systems order them.
 */
class CautiousFile {
  content: Buffer = Buffer.alloc(0);
  private pending: ((content: Buffer) => Buffer)[] = [];

  write(data: Buffer, at: number): void {
    this.pending.push(content => {
      const grown =
        content.length >= at + data.length
          ? content
          : Buffer.concat([content, Buffer.alloc(at + data.length - content.length)]);
      data.copy(grown, at);
      return grown;
    });
  }

  truncate(size: number): void {
    this.pending.push(content =>
      Buffer.from(
        size <= content.length
          ? content.subarray(0, size)
          : Buffer.concat([content, Buffer.alloc(size - content.length)]),
      ),
    );
  }

  /** What was written when the sync began is safe when it ends. */
  beginSync(): () => void {
    const safe = this.pending.length;
    return () => {
      for (const apply of this.pending.splice(0, safe)) this.content = apply(this.content);
    };
  }
}

export interface Moment {
  /** Lines acknowledged by then. */
  lines: number;
  files: Map<string, Buffer>;
}

/** Reads a trace of strace (-f -y -xx) and gives the synced files at each acknowledgement. */
export function* momentsOf(trace: string, folder: string): Generator<Moment> {
  const files = new Map<string, CautiousFile>();
  const unfinished = new Map<string, string>();
  const syncs = new Map<string, () => void>();
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
        yield { lines: Number(lines), files: new Map([...files].map(([at, { content }]) => [at, content])) };
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
export function restore(moment: Moment, from: string, into: string): void {
  for (const [name, content] of moment.files) {
    const target = path.join(into, path.relative(from, name));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}
