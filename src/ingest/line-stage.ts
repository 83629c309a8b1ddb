import { LineDetector } from '../detect/detector.js';
import { loadPacks } from '../detect/load.js';
import { tellMarks } from '../detect/marks.js';
import { MarkPacker } from '../model/mark-pack.js';
import type { RecordBatch } from '../model/record-batch.js';
import { RecordFlag } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';
import { isImported } from '../platform/ids.js';
import { releaseMemory } from '../platform/release.js';
import { Glob } from '../query/glob.js';
import { encodingNamed } from '../records/encodings.js';
import { PackedMemory, packWhole } from '../records/packed.js';
import { SourceParser } from '../records/parser.js';
import type { SourceAppend } from '../store/store.js';
import { decodeFrame } from '../wire/frame.js';
import type { EntryOutcome, RangeEntry, SourceDescriptor } from '../wire/protocol.js';
import { isPlausible } from '../wire/times.js';
import { decompress } from './decompress.js';
import { refuseTooManyLines } from './line-limit.js';
import { SourceCensus } from './source-census.js';

export interface LineStageSettings {
  maxRawBytes: number;
  /** For timestamps that name no zone. */
  zone: string;
  /** Files of rule packs beside the built-in ones. */
  packs: readonly string[];
  /** Which program a log is of, by a pattern of its path or agent (`*` stands for anything); the first that fits counts. */
  programs?: Readonly<Record<string, string>>;
}

/** Where a source stands: what a stage needs to go on with it. */
export interface SourceStanding {
  id: string;
  /** The one that began it; nobody else's lines are taken for it. */
  host: string;
  agent: string;
  /** When something of it was last taken in, ms. */
  heardAt: number;
  position: number;
  ended: boolean;
  parserState?: string;
  openBytes?: Uint8Array;
}

/** What a collector's token may ship lines of. */
export interface SourceBounds {
  hosts: readonly string[];
  /** Pattern of agents. */
  agents?: string;
}

export interface StageRequest {
  body: Uint8Array;
  encoding: string;
  /** The server's clock when the request came, ms since the epoch. */
  ingestedAt: number;
  /** Absent: of all. */
  bounds?: SourceBounds;
}

/** A request's ranges as records, ready to be stored; nothing is acknowledged before that. */
export interface StageResult {
  outcomes: EntryOutcome[];
  appends: SourceAppend[];
  /** What the incident engine is told (mark-pack.ts), without the commit sequence: it is known when they are stored. */
  marks: Uint8Array<ArrayBuffer> | undefined;
  rawBytes: number;
  lines: number;
  /** Batches that the detector failed on; their lines are stored without findings. */
  unjudged: number;
}

interface Standing {
  host: string;
  position: number;
  ended: boolean;
  parser: SourceParser | undefined;
  resume: { state: string; openBytes: Uint8Array } | undefined;
  /** Where a gap of unknown size was named: the same again, after a lost answer, is no second one. */
  unknownGapAt?: number;
}

/**
 * Decompresses a request, cuts its ranges to what is new, parses and judges the lines. Keeps a parser a source and
 * the position it has reached, which runs ahead of what is stored: `reset` takes it back when storing failed.
 */
export class LineStage {
  private readonly standings = new Map<string, Standing>();
  private readonly census = new SourceCensus();
  private readonly programs: readonly (readonly [Glob, string])[];

  constructor(
    private readonly settings: LineStageSettings,
    private detector: Pick<LineDetector, 'scan'> & Partial<Pick<LineDetector, 'sources'>> = new LineDetector(
      loadPacks(settings.packs),
    ),
  ) {
    this.programs = Object.entries(settings.programs ?? {}).map(([glob, program]) => [
      new Glob(glob),
      program,
    ]);
  }

  /**
   * Judges with these packs from now on; which program wrote which log stays known.
   * @throws DeadairError rules.invalid
   */
  judgeWith(packs: readonly string[]): void {
    const detector = new LineDetector(loadPacks(packs));
    for (const id of this.standings.keys()) {
      const program = this.detector.sources?.learnt(id);
      if (program !== undefined) detector.sources.resume(id, program);
    }
    this.detector = detector;
  }

  /** Forgets everything and goes on from here. */
  reset(sources: readonly SourceStanding[]): void {
    this.standings.clear();
    this.census.clear();
    for (const { id, host, agent, position, ended, parserState, openBytes, heardAt } of sources) {
      this.census.heard(host, agent, heardAt);
      const program = programIn(parserState);
      if (program !== undefined) this.detector.sources?.resume(id, program);
      this.standings.set(id, {
        host,
        position,
        ended,
        parser: undefined,
        resume:
          parserState === undefined || ended
            ? undefined
            : { state: parserState, openBytes: openBytes ?? new Uint8Array(0) },
      });
    }
  }

  /** @throws DeadairError for what is wrong with the request, `names.too-many`; then no position has moved */
  take({ body, encoding, ingestedAt, bounds }: StageRequest): StageResult {
    const raw = decompress(body, encoding, this.settings.maxRawBytes);
    const { head, payloads } = decodeFrame(raw);
    const marks = new MarkPacker();
    refuseTooManyLines(payloads);
    const pattern = bounds?.agents === undefined ? undefined : new Glob(bounds.agents);
    for (const source of head.sources) this.checkSource(source, bounds, pattern);
    this.census.admit(head.sources, this.standings, ingestedAt);
    const result: StageResult = {
      outcomes: [],
      appends: [],
      marks: undefined,
      rawBytes: raw.length,
      lines: 0,
      unjudged: 0,
    };
    for (const [index, sent] of head.entries.entries()) {
      const source = head.sources[sent.source]!;
      // A host whose clock was never set ships its lines all the same; when they were read is then what the server's clock says.
      const entry = isPlausible(sent.observedAt, ingestedAt) ? sent : { ...sent, observedAt: ingestedAt };
      const status = this.takeEntry(source, entry, payloads[index], ingestedAt, result, marks);
      result.outcomes.push({ source: source.id, position: this.standing(source).position, status });
    }
    result.marks = marks.bytes();
    pack(result.appends);
    if (encoding !== 'identity') releaseMemory(raw);
    return result;
  }

  /** @throws DeadairError `auth.scope`, `request.invalid`, before a position has moved */
  private checkSource(
    source: SourceDescriptor,
    bounds: SourceBounds | undefined,
    agents: Glob | undefined,
  ): void {
    const { id, host, agent } = source;
    if (isImported(id))
      throw new DeadairError('request.invalid', `${id} is the id of a source that came from a capsule.`, {
        subject: 'sources',
      });
    const known = this.standings.get(id);
    if (known && known.host !== host)
      throw new DeadairError(
        'auth.scope',
        `The source ${id} is one of the host ${known.host}, not of ${host}.`,
        {
          subject: host,
        },
      );
    if (!bounds) return;
    if (!bounds.hosts.includes(host))
      throw new DeadairError(
        'auth.scope',
        `The host ${host} is not one of this token's: a collector asks for its positions first, and makes it its own.`,
        { subject: host },
      );
    if (agents && !agents.matches(agent))
      throw new DeadairError(
        'auth.scope',
        `This token is for the agents ${bounds.agents}, not for ${agent}.`,
        {
          subject: agent,
        },
      );
  }

  private takeEntry(
    source: SourceDescriptor,
    entry: RangeEntry,
    payload: Buffer | undefined,
    ingestedAt: number,
    result: StageResult,
    marks: MarkPacker,
  ): EntryOutcome['status'] {
    const standing = this.standing(source);
    if (entry.kind === 'end') {
      if (standing.ended) return 'duplicate';
      if (entry.at > standing.position) return 'gap';
      const records = this.closeOpenLine(standing, entry.observedAt);
      standing.ended = true;
      standing.parser = undefined;
      standing.resume = undefined;
      this.add(result, marks, source, records, {
        from: standing.position,
        to: standing.position,
        observedAt: entry.observedAt,
        ingestedAt,
        end: { at: entry.at, reason: entry.reason },
      });
      return 'stored';
    }
    if (entry.from > standing.position) return 'gap';
    if (entry.kind === 'gap') {
      const to = entry.to ?? entry.from;
      if (to < standing.position || (entry.to !== null && to === standing.position)) return 'duplicate';
      if (entry.to === null && standing.unknownGapAt === to) return 'duplicate';
      if (entry.to === null) standing.unknownGapAt = to;
      const from = standing.position;
      const records = this.closeOpenLine(standing, entry.observedAt);
      standing.position = to;
      this.add(result, marks, source, records, {
        from,
        to,
        observedAt: entry.observedAt,
        ingestedAt,
        gap: { from, to: entry.to, reason: entry.reason },
        ...this.parserState(source.id, standing),
      });
      return 'stored';
    }
    // A partial line that was sent before may be asked for again; nothing else of a range that ends here is new.
    if (entry.to <= standing.position) return 'duplicate';
    const from = standing.position;
    // A view of the request; `pack` copies it.
    const bytes = payload!.subarray(from - entry.from);
    const parser = this.parser(standing, source.encoding);
    const records = parser.push(bytes, from, { observedAt: entry.observedAt, partial: entry.partial });
    standing.position = entry.to;
    this.add(result, marks, source, records, {
      from,
      to: entry.to,
      observedAt: entry.observedAt,
      ingestedAt,
      ...(entry.tail ? { tail: entry.tail } : {}),
      ...this.parserState(source.id, standing),
    });
    return 'stored';
  }

  private add(
    result: StageResult,
    marks: MarkPacker,
    source: SourceDescriptor,
    records: RecordBatch | undefined,
    append: Omit<SourceAppend, 'source' | 'records'>,
  ): void {
    if (!records) {
      result.appends.push({ source, ...append });
      return;
    }
    const program = this.judge(records, source, result);
    result.lines += records.count;
    result.appends.push({ source, records, ...defined({ program }), ...append });
    if (records.findings.size === 0) return;
    const { observedAt, ingestedAt } = append;
    const { agent, host, path } = source;
    const origin = { agent, host, path, source: source.id, observedAt, ingestedAt, seq: 0 };
    // A partial line is judged when it is whole: what it says may yet change, and it would count twice.
    const last = records.count - 1;
    const partial = last >= 0 && (records.flags[last]! & RecordFlag.partial) !== 0;
    tellMarks(records, origin, marks, partial ? last : -1);
  }

  /** A fault in a rule must not keep lines from being stored. @returns the program that wrote them, where it is known */
  private judge(
    records: RecordBatch,
    { id, path, agent, host }: SourceDescriptor,
    result: StageResult,
  ): string | undefined {
    const program = this.programs.find(([glob]) => glob.matches(path) || glob.matches(agent))?.[1];
    try {
      const log = `${host} ${agent} ${path}`;
      const asked = { id, log, path, names: [agent], ...defined({ program }) };
      this.detector.scan(records, asked);
      return this.detector.sources?.of(asked)?.program;
    } catch {
      records.classes.fill(0);
      records.findings.clear();
      result.unjudged++;
      return undefined;
    }
  }

  private standing(source: SourceDescriptor): Standing {
    let standing = this.standings.get(source.id);
    if (!standing) {
      standing = {
        host: source.host,
        position: source.start ?? 0,
        ended: false,
        parser: undefined,
        resume: undefined,
      };
      this.standings.set(source.id, standing);
    }
    return standing;
  }

  private parser(standing: Standing, encoding?: string): SourceParser {
    if (!standing.parser) {
      standing.parser = new SourceParser({
        resume: standing.resume,
        zone: this.settings.zone,
        encoding: encoding === undefined ? undefined : encodingNamed(encoding),
      });
      standing.resume = undefined;
    }
    return standing.parser;
  }

  /** The open line becomes a record: its generation ended, or its rest is lost. */
  private closeOpenLine(standing: Standing, observedAt: number): RecordBatch | undefined {
    if (!standing.parser && !standing.resume) return undefined;
    const batch = this.parser(standing).finish({ observedAt });
    return batch.count > 0 ? batch : undefined;
  }

  /** With the program the source was taken for: after a restart its next line need not tell again. */
  private parserState(id: string, { parser }: Standing): { parserState?: string } {
    if (!parser) return {};
    const program = this.detector.sources?.learnt(id);
    const state = parser.state();
    return { parserState: program === undefined ? state : JSON.stringify({ ...JSON.parse(state), program }) };
  }
}

function programIn(parserState: string | undefined): string | undefined {
  if (parserState === undefined) return undefined;
  const { program } = JSON.parse(parserState) as { program?: unknown };
  return typeof program === 'string' ? program : undefined;
}

/**
 * Copies the batches into one buffer, which goes to other threads and, in the embedded store, to the disk: views would take the
 * whole request along. One that ends in an open line, which the store keeps apart, gets memory of its own.
 */
function pack(appends: SourceAppend[]): void {
  const memory = new PackedMemory(appends.flatMap(({ records }) => records ?? []));
  for (const append of appends) {
    const { records, observedAt, ingestedAt } = append;
    if (!records) continue;
    append.records = packWhole(records, observedAt, ingestedAt, memory) ?? {
      ...records,
      bytes: new Uint8Array(records.bytes),
    };
  }
}

/** Buffers of a result that change threads without being copied. */
export function transferables(result: StageResult): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  if (result.marks) buffers.add(result.marks.buffer);
  for (const { records } of result.appends) {
    if (!records) continue;
    const { bytes, starts, times, timeKinds, levels, classes, flags } = records;
    // Empty arrays may share one buffer, which a transfer would take from the others.
    for (const column of [bytes, starts, times, timeKinds, levels, classes, flags])
      if (column.byteLength > 0) buffers.add(column.buffer as ArrayBuffer);
  }
  return [...buffers];
}
