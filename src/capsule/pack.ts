import { createHash } from 'node:crypto';
import {
  type JudgedBy,
  RECORDING_VERSION,
  type RecordingHead,
  type Witnessed,
} from '../incidents/replay/witnessed.js';
import type { Incident } from '../model/incident.js';
import type { LogRow } from '../model/log-row.js';
import type { Run } from '../model/run.js';
import { LEVELS, SIGNAL_CLASSES, TIME_KINDS } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';
import { ulid } from '../platform/ids.js';
import { packageVersion } from '../platform/package-root.js';
import type { Store } from '../store/store.js';
import { isPlausible } from '../wire/times.js';
import { Catalog } from './catalog.js';
import {
  CAPSULE_FORMAT,
  CAPSULE_LIMITS,
  CAPSULE_VERSION,
  type CapsuleGap,
  type CapsuleHead,
  type LineRow,
} from './format.js';
import { bytesOf, linesOf, type StoredStretch, stretchesOf } from './stretches.js';
import { TAR_END, tarHeader, tarPadding } from './tar.js';

export interface PackRequest {
  name: string;
  /** Event times, ms since the epoch. */
  span: { from: number; to: number };
  run?: Run;
  /** Only these; absent: all that wrote in the span. */
  agents?: ReadonlySet<string>;
}

export interface PackOptions {
  now: number;
  signal?: AbortSignal;
  /** What witnesses said in a span of the service's time, where somebody kept it. */
  witnesses?: (from: number, to: number) => Promise<Witnessed[]>;
  /** Agents and thresholds that were in force. */
  judged?: JudgedBy;
  /** Told after each page: lines packed so far. */
  onProgress?: (lines: number) => void;
}

interface Arrival {
  at: number;
  file: string;
  offset: number;
  bytes: number;
}

/** Text of an entry of `lines/`: small enough to hold, large enough to pack well. */
const PART_BYTES = 4 * 1024 * 1024;
const ROW_LINES = 1000;

/**
 * A capsule as the bytes of a tar archive, still to be compressed. Each stretch is read twice, for a tar entry begins with
 * its size: once for what was read of its lines, once for its bytes. Memory is a page of lines, whatever the run's size.
 * @throws DeadairError `not-found` when no line lies in the span
 */
export async function* packCapsule(
  store: Pick<Store, 'sources' | 'search' | 'context' | 'gaps' | 'documents'>,
  request: PackRequest,
  options: PackOptions,
): AsyncGenerator<Buffer> {
  const { span, run, agents } = request;
  const { now, signal } = options;
  const stretches = await stretchesOf(store, span, agents, signal);
  if (stretches.length === 0)
    throw new DeadairError(
      'not-found',
      `No line is stored of ${request.name}: retention may have taken them, or the time is wrong; \`deadair runs\` and \`deadair store stats\` show what there is.`,
      { subject: 'run' },
    );
  const catalog = new Catalog(store.documents);
  const incidents = await catalog.incidents(incident => belongs(incident, request));
  const alerts = await catalog.alerts(new Set(incidents.map(({ id }) => id)));
  const head: CapsuleHead = {
    format: CAPSULE_FORMAT,
    version: CAPSULE_VERSION,
    id: ulid(now),
    name: request.name,
    madeAt: now,
    madeBy: `deadair ${packageVersion}`,
    span,
    ...defined({ run }),
    stretches: stretches.map(({ stored: _, ...stretch }) => stretch),
  };
  const archive = new Archive(now);
  yield* archive.text('capsule.json', `${JSON.stringify(head, null, 1)}\n`);
  yield* archive.text('incidents.jsonl', jsonLines(incidents));
  yield* archive.text('alerts.jsonl', jsonLines(alerts));
  yield* archive.text('gaps.jsonl', jsonLines(await gapsOf(store, stretches)));
  const arrivals: Arrival[] = [];
  let packed = 0;
  for (const [index, stretch] of stretches.entries()) {
    const { stored, from, to, log } = stretch;
    const table = new LineTable(log);
    let part = 0;
    for await (const rows of linesOf(store, stored, from, to, signal)) {
      table.add(rows);
      packed += rows.length;
      options.onProgress?.(packed);
      if (table.size >= PART_BYTES) yield* archive.text(`lines/${index}-${part++}.jsonl`, table.take());
    }
    // The row under way counts, too: a log that came in one request is nothing but that row.
    const rest = table.take();
    if (rest !== '') yield* archive.text(`lines/${index}-${part}.jsonl`, rest);
    for (const arrival of table.arrivals) arrivals.push(arrival);
    if (arrivals.length > CAPSULE_LIMITS.arrivals)
      throw new DeadairError(
        'capsule.too-large',
        'This is more than a capsule holds; export a shorter span (--from, --to) or fewer agents (--agent).',
      );
    yield* archive.bytes(log, table.bytes, rawBytes(store, stretch, signal));
  }
  yield* archive.text('arrivals.jsonl', jsonLines(await recordingLines(arrivals, request, options)));
  yield* archive.text('checksums.txt', archive.checksums());
  yield TAR_END;
}

/** What arrived and what was witnessed, in order of time, as a recorded run has it. */
async function recordingLines(
  arrivals: Arrival[],
  { span, agents }: PackRequest,
  { witnesses, judged }: PackOptions,
): Promise<object[]> {
  arrivals.sort((a, b) => a.at - b.at);
  const seen = (await witnesses?.(span.from, span.to)) ?? [];
  const told = agents ? seen.filter(one => isAbout(one, agents)) : seen;
  if (told.length === 0) return arrivals;
  const until = Math.max(told.at(-1)!.at, arrivals.at(-1)?.at ?? 0);
  const head: RecordingHead = { recording: RECORDING_VERSION, until, ...judged };
  return [head, ...[...arrivals, ...told].sort((a, b) => a.at - b.at)];
}

/** A host without agents may be one whose collector follows nothing: it stays. */
function isAbout(one: Witnessed, agents: ReadonlySet<string>): boolean {
  if ('heartbeat' in one)
    return one.heartbeat.agents.length === 0 || one.heartbeat.agents.some(agent => agents.has(agent));
  if ('probe' in one) return agents.has(one.probe.agent);
  return 'away' in one || agents.has(one.attempt.agent);
}

function belongs(incident: Incident, { run, span, agents }: PackRequest): boolean {
  if (run) return incident.run === run.id;
  if (incident.openedAt < span.from || incident.openedAt >= span.to) return false;
  return !agents || incident.subjects.some(subject => agents.has(subject));
}

async function gapsOf(
  store: Pick<Store, 'gaps'>,
  stretches: readonly StoredStretch[],
): Promise<CapsuleGap[]> {
  const found: CapsuleGap[] = [];
  for (const stretch of stretches)
    for (const gap of await store.gaps({ source: stretch.stored }))
      if (gap.from >= stretch.from && gap.from <= stretch.to) {
        const { agent, from, to, reason, at } = gap;
        found.push({ source: stretch.id, agent, from, to, reason, at });
      }
  return found.sort((a, b) => a.from - b.from);
}

async function* rawBytes(
  store: Pick<Store, 'context'>,
  { stored, from, to }: StoredStretch,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  for await (const rows of linesOf(store, stored, from, to, signal)) yield Buffer.concat(rows.map(bytesOf));
}

function jsonLines(values: readonly unknown[]): string {
  return values.map(value => `${JSON.stringify(value)}\n`).join('');
}

/** What was read of a stretch's lines, in rows of lines that arrived together. */
class LineTable {
  readonly arrivals: Arrival[] = [];
  bytes = 0;
  size = 0;
  private text: string[] = [];
  private row: LineRow | undefined;
  private rowEnd = 0;

  constructor(private readonly log: string) {}

  add(rows: readonly LogRow[]): void {
    for (const line of rows) {
      let row = this.row;
      if (
        !row ||
        line.offset !== this.rowEnd ||
        row.lines.length >= ROW_LINES ||
        row.observedAt !== line.observedAt ||
        row.ingestedAt !== line.ingestedAt
      ) {
        this.flush();
        row = { from: line.offset, observedAt: line.observedAt, ingestedAt: line.ingestedAt, lines: [] };
        this.row = row;
      }
      const finding = line.exact?.finding ?? findingOf(line);
      if (finding) {
        row.findings ??= [];
        row.findings.push([row.lines.length, finding]);
      }
      // An older Deadair took any time a line named.
      const timed = isPlausible(line.time, line.ingestedAt);
      row.lines.push([
        line.length,
        timed ? line.time : line.ingestedAt,
        TIME_KINDS.indexOf(timed ? line.timeKind : 'observed'),
        LEVELS.indexOf(line.level),
        SIGNAL_CLASSES.indexOf(line.class),
        line.flags,
      ]);
      this.arrived(line);
      this.rowEnd = line.offset + line.length;
    }
  }

  take(): string {
    this.flush();
    const text = this.text.join('');
    this.text = [];
    this.size = 0;
    return text;
  }

  private flush(): void {
    if (!this.row) return;
    const text = `${JSON.stringify(this.row)}\n`;
    this.text.push(text);
    this.size += text.length;
    this.row = undefined;
  }

  /** Arrivals of a file never go back in time, though the service's clock may have. */
  private arrived({ ingestedAt, length }: LogRow): void {
    const last = this.arrivals.at(-1);
    if (last && ingestedAt <= last.at) last.bytes += length;
    else this.arrivals.push({ at: ingestedAt, file: this.log, offset: this.bytes, bytes: length });
    this.bytes += length;
  }
}

/** From a store that gives no findings with its lines. */
function findingOf(line: LogRow): { class: LogRow['class']; rule: string; event?: string } | undefined {
  if (line.rule === undefined) return undefined;
  return { class: line.class, rule: line.rule, ...defined({ event: line.event }) };
}

/** Writes entries and remembers their checksums. */
class Archive {
  private readonly sums: string[] = [];

  constructor(private readonly modifiedMs: number) {}

  async *text(name: string, text: string): AsyncGenerator<Buffer> {
    const bytes = Buffer.from(text);
    yield* this.bytes(name, bytes.length, [bytes]);
  }

  async *bytes(
    name: string,
    size: number,
    chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  ): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    let written = 0;
    yield tarHeader(name, size, this.modifiedMs);
    for await (const chunk of chunks) {
      hash.update(chunk);
      written += chunk.length;
      yield chunk;
    }
    if (written !== size)
      throw new DeadairError(
        'conflict',
        `${name} changed while it was packed (retention took lines of it): export again.`,
      );
    yield tarPadding(size);
    this.sums.push(`${hash.digest('hex')}  ${name}\n`);
  }

  checksums(): string {
    return this.sums.join('');
  }
}
