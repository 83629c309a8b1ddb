import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import { listAll } from '../model/documents.js';
import type { Incident } from '../model/incident.js';
import type { RecordBatch } from '../model/record-batch.js';
import type { Run } from '../model/run.js';
import { RecordFlag } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { derivedId, importedId } from '../platform/ids.js';
import type { SourceAppend, SourceState, Store } from '../store/store.js';
import { Catalog } from './catalog.js';
import type { CapsuleGap, CapsuleSummary, LineRow, Stretch } from './format.js';
import { type CapsuleLines, capsuleLines } from './line-reader.js';
import type { CheckedCapsule } from './open.js';
import type { ImportedSource } from './stretches.js';

export interface ImportResult extends CapsuleSummary {
  /** The run it is found under here. */
  runHere: string;
  /** Lines stored now, and those that were here already. */
  stored: number;
  present: number;
}

export interface ImportOptions {
  now: number;
  signal?: AbortSignal;
  /** Lines looked at so far. */
  onProgress?: (lines: number) => void;
}

type ImportStore = Pick<Store, 'append' | 'sources' | 'context' | 'documents'>;

/** Lines looked up at once; and appended with one commit. */
const GROUP_LINES = 4000;
const GROUP_BYTES = 8 * 1024 * 1024;

/**
 * Stores what a capsule holds, each line once: lines that are here, from their collector or from a capsule, are passed over,
 * so that an import can be repeated, resumed after a crash, and may overlap another. The sources get ids of their own
 * (`importedId`): no collector takes them for its files, no verdict and no alert comes of them.
 * @throws DeadairError `store.full` and whatever else the store says; what was stored until then stays, import again
 */
export async function importCapsule(
  capsule: CheckedCapsule,
  store: ImportStore,
  options: ImportOptions,
): Promise<ImportResult> {
  const places = await Places.open(capsule, store);
  let group: CapsuleLines[] = [];
  let [lines, bytes, seen, stored] = [0, 0, 0, 0];
  const flush = async () => {
    const last = group.at(-1);
    if (!last) return;
    stored += await places.store(group);
    seen += lines;
    options.onProgress?.(seen);
    [lines, bytes, group] = [0, 0, []];
  };
  for await (const part of capsuleLines(capsule)) {
    options.signal?.throwIfAborted();
    if (group[0] && group[0].stretch !== part.stretch) await flush();
    group.push(part);
    lines += part.row.lines.length;
    bytes += part.bytes.length;
    if (lines >= GROUP_LINES || bytes >= GROUP_BYTES) await flush();
  }
  await flush();
  await places.end();
  const runHere = await remember(capsule, places, store, options.now);
  return { ...capsule.summary, runHere, stored, present: seen - stored };
}

/** A source that takes lines of a stretch here. */
interface Target {
  id: string;
  position: number;
  ended: boolean;
}

/** Where the lines of a capsule's sources lie in this store, or are to go. */
class Places {
  /** Ids here, by the id of the source where it was collected. */
  private readonly ids = new Map<string, Set<string>>();
  private readonly states = new Map<string, SourceState | Target>();
  private target: { stretch: number; to: Target } | undefined;

  private constructor(
    private readonly capsule: CheckedCapsule,
    private readonly sink: ImportStore,
  ) {}

  static async open(capsule: CheckedCapsule, store: ImportStore): Promise<Places> {
    const places = new Places(capsule, store);
    for (const state of await store.sources()) places.states.set(state.id, state);
    for (const { id } of capsule.head.stretches) places.ids.set(id, new Set([id]));
    for (const { id, doc } of await listAll<ImportedSource>(store.documents, DOCUMENT_KINDS.importedSource))
      places.ids.get(doc.source)?.add(id);
    return places;
  }

  /** @returns lines stored */
  async store(group: readonly CapsuleLines[]): Promise<number> {
    const index = group[0]!.stretch;
    const stretch = this.capsule.head.stretches[index]!;
    if (this.target && this.target.stretch !== index) await this.end();
    const present = await this.present(stretch, group);
    const appends: SourceAppend[] = [];
    let stored = 0;
    for (const part of group)
      for (const piece of missingPieces(part, present)) {
        const target = await this.targetAt(index, stretch, piece.from, appends);
        appends.push(appendOf(target, stretch, piece));
        target.position = piece.from + piece.bytes.length;
        stored += piece.lines.length;
      }
    if (appends.length > 0) await this.sink.append(appends);
    return stored;
  }

  /** The stretch under way is complete: nothing more will come of its source. */
  async end(): Promise<void> {
    if (!this.target) return;
    const { stretch: index, to } = this.target;
    const stretch = this.capsule.head.stretches[index]!;
    const appends = this.gaps(stretch, to, Infinity);
    const at = to.position;
    const now = this.capsule.head.madeAt;
    appends.push({
      source: descriptorOf(to, stretch),
      from: at,
      to: at,
      observedAt: now,
      ingestedAt: now,
      end: { at, reason: 'imported' },
    });
    await this.sink.append(appends);
    this.target = undefined;
  }

  /** Id here of the source that holds a line, for the evidence of incidents. */
  async find(source: string, offset: number): Promise<string | undefined> {
    for (const id of this.known(source)) {
      const page = await this.sink.context({ source: id, offset, before: 0, after: 0 });
      if (page.at >= 0) return id;
    }
    return undefined;
  }

  private known(source: string): string[] {
    return [...(this.ids.get(source) ?? [])].filter(id => this.states.has(id));
  }

  /** Offsets of the group's lines that are here. */
  private async present(stretch: Stretch, group: readonly CapsuleLines[]): Promise<Set<number>> {
    const offsets = new Set<number>();
    const from = group[0]!.row.from;
    const last = group.at(-1)!;
    const to = last.row.from + last.bytes.length;
    for (const id of this.known(stretch.id))
      for (let next = from; next < to; ) {
        const { rows } = await this.sink.context({ source: id, offset: next, before: 0, after: GROUP_LINES });
        const fresh = rows.filter(row => row.offset >= next && row.offset < to);
        const end = fresh.at(-1);
        if (!end) break;
        for (const row of fresh) offsets.add(row.offset);
        next = end.offset + end.length;
      }
    return offsets;
  }

  /** The source whose next byte is `from`: the one under way, across a named gap if need be, else a new one. */
  private async targetAt(
    index: number,
    stretch: Stretch,
    from: number,
    appends: SourceAppend[],
  ): Promise<Target> {
    if (this.target?.stretch === index) {
      const { to } = this.target;
      appends.push(...this.gaps(stretch, to, from));
      if (to.position === from) return to;
    }
    const going = this.known(stretch.id)
      .map(id => this.states.get(id)!)
      .find(state => state.id !== stretch.id && state.position === from);
    const to = going ? { id: going.id, position: from, ended: false } : await this.make(stretch, from);
    this.target = { stretch: index, to };
    this.states.set(to.id, to);
    return to;
  }

  private async make(stretch: Stretch, from: number): Promise<Target> {
    for (let n = 0; ; n++) {
      const id = importedId(stretch.id, String(from), String(n));
      if (this.states.has(id)) continue;
      // On record before its first line: without it, a second import would not know whose lines these are.
      const doc: ImportedSource = { source: stretch.id, capsule: this.capsule.head.id };
      await this.sink.documents.put(DOCUMENT_KINDS.importedSource, id, doc);
      this.ids.get(stretch.id)!.add(id);
      return { id, position: from, ended: false };
    }
  }

  /** Named gaps between where the target stands and an offset; they move it on. */
  private gaps(stretch: Stretch, target: Target, before: number): SourceAppend[] {
    const named = this.capsule.gaps.filter(
      gap => gap.source === stretch.id && gap.from >= target.position && gap.from < before,
    );
    const appends: SourceAppend[] = [];
    for (const { from, to, reason, at } of named as CapsuleGap[]) {
      if (from !== target.position || (to ?? from) > before) break;
      const position = to ?? from;
      appends.push({
        source: descriptorOf(target, stretch),
        from,
        to: position,
        observedAt: at,
        ingestedAt: at,
        gap: { from, to, reason },
      });
      target.position = position;
    }
    return appends;
  }
}

/** Consecutive lines of a row that are not here. */
interface Piece {
  from: number;
  lines: LineRow['lines'];
  findings: NonNullable<LineRow['findings']>;
  bytes: Buffer;
  observedAt: number;
  ingestedAt: number;
}

function* missingPieces({ row, bytes }: CapsuleLines, present: ReadonlySet<number>): Generator<Piece> {
  let piece: { first: number; from: number; start: number } | undefined;
  let at = 0;
  const cut = (end: number, endByte: number): Piece => ({
    from: piece!.from,
    lines: row.lines.slice(piece!.first, end),
    findings: (row.findings ?? [])
      .filter(([line]) => line >= piece!.first && line < end)
      .map(([line, finding]) => [line - piece!.first, finding]),
    bytes: bytes.subarray(piece!.start, endByte),
    observedAt: row.observedAt,
    ingestedAt: row.ingestedAt,
  });
  for (const [index, [length]] of row.lines.entries()) {
    const missing = !present.has(row.from + at);
    if (missing) piece ??= { first: index, from: row.from + at, start: at };
    else if (piece) {
      yield cut(index, at);
      piece = undefined;
    }
    at += length;
  }
  if (piece) yield cut(row.lines.length, at);
}

function appendOf(target: Target, stretch: Stretch, piece: Piece): SourceAppend {
  const { from, observedAt, ingestedAt } = piece;
  const records = batchOf(piece);
  const to = from + piece.bytes.length;
  const open = (records.flags[records.count - 1]! & RecordFlag.partial) !== 0;
  return {
    source: descriptorOf(target, stretch),
    from,
    to,
    observedAt,
    ingestedAt,
    records,
    // A last line without a newline stays as it is.
    ...(open ? { end: { at: to, reason: 'imported' } } : {}),
  };
}

function descriptorOf(
  { id }: Target,
  { agent, host, path, head, compression }: Stretch,
): SourceAppend['source'] {
  return { id, agent, host, path, head, ...defined({ compression }) };
}

function batchOf({ from, lines, findings, bytes }: Piece): RecordBatch {
  const count = lines.length;
  const starts = new Uint32Array(count + 1);
  const column = (index: 2 | 3 | 4) => Uint8Array.from(lines, line => line[index]);
  lines.forEach(([length], line) => {
    starts[line + 1] = starts[line]! + length;
  });
  return {
    bytes: Uint8Array.from(bytes),
    base: from,
    count,
    starts,
    times: Float64Array.from(lines, line => line[1]),
    timeKinds: column(2),
    levels: column(3),
    classes: column(4),
    flags: Uint16Array.from(lines, line => line[5]),
    findings: new Map(findings) as RecordBatch['findings'],
  };
}

/**
 * Days of an imported run may be older than retention allows: they stay until somebody unpins it. One that says it went on for
 * longer would keep retention from ever dropping anything; it can be pinned by hand.
 */
const LONGEST_PIN_MS = 31 * 86_400_000;

/** Writes down the run, its incidents and what was told of them, unless they are here. @returns the run's id */
async function remember(
  { head, incidents, alerts, summary }: CheckedCapsule,
  places: Places,
  store: ImportStore,
  now: number,
): Promise<string> {
  const catalog = new Catalog(store.documents);
  const span = head.run ? { from: head.run.startedAt, to: head.run.endedAt ?? now } : head.span;
  const run: Run = {
    ...((head.run as Run | undefined) ?? {
      id: derivedId('capsule-run', head.id),
      name: head.name,
      startedAt: head.span.from,
      endedAt: head.span.to,
      startedBy: 'hand',
      agents: summary.agents,
    }),
    pinned: span.to - span.from <= LONGEST_PIN_MS,
  };
  const writes: { kind: string; id: string; doc: unknown }[] = [
    { kind: DOCUMENT_KINDS.capsule, id: head.id, doc: { ...summary, importedAt: now } },
  ];
  const runs = new Set((await catalog.runs()).map(({ id }) => id));
  if (!runs.has(run.id)) {
    writes.push({ kind: DOCUMENT_KINDS.importedRun, id: run.id, doc: run });
    if (run.pinned) writes.push({ kind: DOCUMENT_KINDS.pinnedRun, id: run.id, doc: { at: now } });
  }
  const known = new Set((await catalog.incidents(() => true)).map(({ id }) => id));
  for (const incident of incidents as Incident[])
    if (!known.has(incident.id))
      writes.push({
        kind: DOCUMENT_KINDS.importedIncident,
        id: incident.id,
        doc: { ...(await relinked(incident, places)), run: run.id },
      });
  const told = new Set((await catalog.alerts(new Set(incidents.map(({ id }) => id)))).map(({ id }) => id));
  for (const { type, id, record } of alerts) {
    if (told.has(id)) continue;
    // Nobody waits for it here.
    const doc = record.status === 'pending' ? { ...record, status: 'dropped' } : record;
    const kind =
      type === 'notification' ? DOCUMENT_KINDS.importedNotification : DOCUMENT_KINDS.importedSuppression;
    writes.push({ kind, id, doc });
  }
  await store.documents.putMany(writes);
  return run.id;
}

/** Evidence points at lines by source: here they lie under another. */
async function relinked(incident: Incident, places: Places): Promise<Incident> {
  const relink = async (evidence: Incident['evidence']) => {
    const linked: Incident['evidence'] = [];
    for (const item of evidence) {
      const [, source = '', offset = ''] = /^(\w+):(\d+)$/.exec(item.record ?? '') ?? [];
      const here = source === '' ? undefined : await places.find(source, Number(offset));
      linked.push(here === undefined ? item : { ...item, record: `${here}:${offset}` });
    }
    return linked;
  };
  return {
    ...incident,
    evidence: await relink(incident.evidence),
    consequences: await relink(incident.consequences),
  };
}
