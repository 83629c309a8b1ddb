import { DeadairError } from '../../platform/errors.js';
import { baseOf } from '../../records/packed.js';
import type { SourceDescriptor } from '../../wire/protocol.js';
import { asBytes, type Connection, type Statement } from './driver.js';
import type { EncodedAppend } from './messages.js';

interface Position {
  id: number;
  position: number;
  origin: number;
  /** The descriptor as stored, so that an unchanged one is not written again. */
  descriptor: string;
  /** Where the open line begins that lies in `open_lines`, or null. */
  openFrom: number | null;
}

/**
 * The exactly-once ledger: where each source stands. Kept in memory by the one writer, written in the transaction of
 * the batch; after a failed transaction it is read anew.
 */
export class SourceLedger {
  private readonly positions = new Map<string, Position>();
  private readonly origins = new Map<string, number>();
  private readonly insertSource: Statement;
  private readonly updateSource: Statement;
  private readonly insertOrigin: Statement;

  constructor(private readonly main: Connection) {
    this.insertSource = main.prepare(
      `INSERT INTO sources (source, host, descriptor, origin, position, first_seen, last_ingested, lines)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0) RETURNING id`,
    );
    this.updateSource = main.prepare(
      `UPDATE sources SET position = ?, tail = coalesce(?, tail), parser = coalesce(?, parser), ended = coalesce(?, ended),
       last_ingested = ?, lines = lines + ?, descriptor = ?, origin = ?, host = ? WHERE id = ?`,
    );
    this.insertOrigin = main.prepare(
      'INSERT INTO origins (source, agent, host, path) VALUES (?, ?, ?, ?) RETURNING id',
    );
    this.load();
  }

  load(): void {
    this.positions.clear();
    this.origins.clear();
    const open = new Map<number, number>();
    for (const row of this.main.prepare('SELECT source, body FROM open_lines').all()) {
      open.set(Number(row.source), baseOf(asBytes(row.body)));
    }
    for (const row of this.main.prepare('SELECT id, source, position, origin, descriptor FROM sources').all())
      this.positions.set(String(row.source), {
        id: Number(row.id),
        position: Number(row.position),
        origin: Number(row.origin),
        descriptor: String(row.descriptor),
        openFrom: open.get(Number(row.id)) ?? null,
      });
    for (const row of this.main.prepare('SELECT id, source, agent, host, path FROM origins').all())
      this.origins.set(originKey(row as unknown as SourceDescriptor & { source: string }), Number(row.id));
  }

  /**
   * Checks a call's appends against the positions, several of one source one after the other.
   * @throws DeadairError `conflict` before anything is written
   */
  check(appends: EncodedAppend[], ahead: Map<string, number>): void {
    const next = new Map<string, number>();
    for (const append of appends) {
      const { id } = append.source;
      const position = next.get(id) ?? ahead.get(id) ?? this.positions.get(id)?.position;
      const expected = position ?? append.source.start ?? append.from;
      if (append.from !== expected || append.to < append.from)
        throw new DeadairError(
          'conflict',
          `Source ${id} (${append.source.path}) stands at byte ${expected}; a range from ${append.from} to ${append.to} can't be stored: send from there.`,
          { subject: append.source.path },
        );
      next.set(id, append.to);
    }
    for (const [id, position] of next) ahead.set(id, position);
  }

  /** The source's row, made when it is new. */
  entry(append: EncodedAppend): Position {
    const { source } = append;
    const known = this.positions.get(source.id);
    if (known) return known;
    const origin = this.origin(source);
    const descriptor = JSON.stringify(source);
    const id = Number(
      this.insertSource.get(
        source.id,
        source.host,
        descriptor,
        origin,
        append.from,
        append.ingestedAt,
        append.ingestedAt,
      )?.id,
    );
    const made: Position = { id, position: append.from, origin, descriptor, openFrom: null };
    this.positions.set(source.id, made);
    return made;
  }

  /** Writes the new position and what came with it. The path may have changed by a rename: that makes a new origin. */
  advance(entry: Position, append: EncodedAppend, lines: number): void {
    const { source } = append;
    entry.position = append.to;
    this.updateSource.run(
      append.to,
      append.tail ? JSON.stringify(append.tail) : null,
      append.parserState ?? null,
      append.end ? JSON.stringify(append.end) : null,
      append.ingestedAt,
      lines,
      entry.descriptor,
      entry.origin,
      source.host,
      entry.id,
    );
  }

  /** Takes over a changed descriptor (head grown, path renamed) before the batch is written. */
  describe(entry: Position, source: SourceDescriptor): void {
    const descriptor = JSON.stringify(source);
    if (descriptor === entry.descriptor) return;
    entry.descriptor = descriptor;
    entry.origin = this.origin(source);
  }

  forget(source: string): void {
    this.positions.delete(source);
  }

  private origin(source: SourceDescriptor): number {
    const key = originKey({ ...source, source: source.id });
    let id = this.origins.get(key);
    if (id === undefined) {
      id = Number(this.insertOrigin.get(source.id, source.agent, source.host, source.path)?.id);
      this.origins.set(key, id);
    }
    return id;
  }
}

function originKey(of: { source: string; agent: string; host: string; path: string }): string {
  return JSON.stringify([of.source, of.agent, of.host, of.path]);
}
