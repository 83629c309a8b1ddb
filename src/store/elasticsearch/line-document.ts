import type { Mark } from '../../model/finding.js';
import type { LogRow } from '../../model/log-row.js';
import type { RecordBatch } from '../../model/record-batch.js';
import {
  ALTERED,
  isFault,
  LEVELS,
  RecordFlag,
  SIGNAL_CLASSES,
  type SignalClass,
  TIME_KINDS,
  type TimeKind,
} from '../../model/vocabulary.js';
import { defined } from '../../platform/defined.js';
import { BatchText } from '../../records/batch-text.js';
import { type EcsLine, flagNames, flagsOf, originNames, originOfNames } from '../../records/ecs.js';
import { type CommitFacts, recordId } from '../../records/log-row.js';
import { originOf, streamOf } from '../../records/logged.js';
import { earlierStates } from '../../records/states.js';
import { displayText, messageText } from '../../records/text.js';

/**
 * A line as it lies in Elasticsearch, in ECS names like the API's (records/ecs.ts), with two differences: `message` is the
 * whole line as people see it, since that is what the query language searches, and `deadair.raw` is there only where
 * the bytes differ from it (colours, progress bars), which saves a second copy of most lines.
 */
export interface LineDocument extends Omit<EcsLine, 'deadair'> {
  deadair: {
    raw?: string;
    /** What a progress bar showed before: searched, too. A field beside `message`, which Kibana shows: the last state. */
    states?: string[];
    source: string;
    offset: number;
    length: number;
    class: SignalClass;
    timeKind: TimeKind;
    rule?: string;
    event?: string;
    about?: 'self';
    fields?: Record<string, string>;
    flags?: string[];
    /** Of a fault: its message without head, as a keyword, so that Kibana can show an agent's first one. */
    fault?: string;
    /** Why the data stream did not take it (lines set aside). */
    refused?: string;
  };
}

/** What date_nanos can hold: 1970 to April 2262. */
const LAST_TIME = 9_223_372_036_000;

/** As much of a line as a mark keeps (incidents/marks.ts). */
const MARK_TEXT = 2048;

/**
 * Writes lines of a batch as JSON by hand: three quarters of a document are the same for all lines of a range, and
 * building objects for JSON.stringify took twice the time (bench/elasticsearch).
 */
export class LineWriter {
  private readonly text: BatchText;
  private readonly clock = new MicroClock();
  private readonly idStart: string;
  private readonly created: string;
  private readonly origin: string;
  private readonly pathPart: string;
  private readonly sourcePart: string;
  private readonly path: string;

  constructor(
    private readonly batch: RecordBatch,
    commit: CommitFacts,
  ) {
    this.text = new BatchText(batch);
    const { source, seq, observedAt, ingestedAt } = commit;
    this.idStart = `${source.id}:`;
    this.created = `","created":"${this.clock.text(observedAt)}","ingested":"${this.clock.text(ingestedAt)}","sequence":${seq}}`;
    this.origin = `,"host":{"name":${JSON.stringify(source.host)}},"agent":{"id":${JSON.stringify(source.agent)}}`;
    this.pathPart = `"file":{"path":${JSON.stringify(source.path)}}}`;
    this.path = source.path;
    this.sourcePart = `,"deadair":{"source":"${source.id}","offset":`;
  }

  id(i: number): string {
    return this.idStart + this.text.offset(i);
  }

  /** The document of line `i`, without a newline. */
  json(i: number): string {
    const { batch, text } = this;
    const raw = text.raw(i);
    const flags = batch.flags[i]!;
    const shown = (flags & ALTERED) === 0 ? raw : displayText(raw);
    const offset = text.offset(i);
    const level = batch.levels[i]!;
    const envelope = (flags & RecordFlag.enveloped) === 0 ? '' : this.envelope(i, flags);
    let json = `{"@timestamp":"${this.clock.text(batch.times[i]!)}","message":${JSON.stringify(shown)},"event":{"id":"${this.idStart}${offset}${this.created}${this.origin},"log":{`;
    if (level > 0) json += `"level":"${LEVELS[level]}",`;
    json += `${this.pathPart}${envelope}${this.sourcePart}${offset},"length":${batch.starts[i + 1]! - batch.starts[i]!},"class":"${SIGNAL_CLASSES[batch.classes[i]!]}","timeKind":"${TIME_KINDS[batch.timeKinds[i]!]}"`;
    if (shown !== raw) json += `,"raw":${JSON.stringify(raw)}`;
    if ((flags & RecordFlag.carriageReturn) !== 0) {
      const states = earlierStates(raw);
      if (states.length > 0) json += `,"states":${JSON.stringify(states)}`;
    }
    if (flags !== 0) json += `,"flags":${JSON.stringify(flagNames(flags))}`;
    const finding = batch.findings.size > 0 ? batch.findings.get(i) : undefined;
    if (finding) {
      const { rule, event, about, fields } = finding;
      json += `,"rule":${JSON.stringify(rule)}`;
      if (event !== undefined) json += `,"event":${JSON.stringify(event)}`;
      if (about !== undefined) json += `,"about":"${about}"`;
      if (fields !== undefined) json += `,"fields":${JSON.stringify(fields)}`;
      if (isFault(finding.class)) json += `,"fault":${JSON.stringify(faultText(shown, finding.fields))}`;
    }
    return `${json}}}`;
  }

  /** What an envelope tells, as further names. */
  private envelope(i: number, flags: number): string {
    const { text } = this;
    const origin = originOf(this.batch.bytes, text.start(i), text.end(i), flags, this.path);
    const names = JSON.stringify({ stream: streamOf(flags), ...originNames(origin) });
    return names === '{}' ? '' : `,${names.slice(1, -1)}`;
  }
}

/** The document of a line that comes from another store, with its number there; `mark` has what a row leaves out. */
export function documentOf(row: LogRow, mark: Pick<Mark, 'about' | 'fields'> | undefined): LineDocument {
  const message = (row.flags & ALTERED) === 0 ? row.raw : displayText(row.raw);
  const states = (row.flags & RecordFlag.carriageReturn) === 0 ? [] : earlierStates(row.raw);
  return {
    '@timestamp': microTime(row.time),
    message,
    event: {
      id: row.id,
      created: microTime(row.observedAt),
      ingested: microTime(row.ingestedAt),
      sequence: row.seq,
    },
    host: { name: row.host },
    agent: { id: row.agent },
    log: { ...(row.level === 'none' ? {} : { level: row.level }), file: { path: row.path } },
    ...(row.stream === undefined ? {} : { stream: row.stream }),
    ...originNames(row),
    deadair: {
      ...(message === row.raw ? {} : { raw: row.raw }),
      ...(states.length === 0 ? {} : { states }),
      source: row.source,
      offset: row.offset,
      length: row.length,
      class: row.class,
      timeKind: row.timeKind,
      ...defined({ rule: row.rule, event: row.event }),
      ...(mark?.about === undefined ? {} : { about: mark.about }),
      ...(mark?.fields === undefined ? {} : { fields: mark.fields }),
      ...(isFault(row.class) ? { fault: faultText(message, mark?.fields) } : {}),
      ...(row.flags === 0 ? {} : { flags: flagNames(row.flags) }),
    },
  };
}

/** Longer ones would be no keyword of Lucene's. */
const FAULT_TEXT = 300;

/** @param fields of its finding: a state that was written over may have said it */
function faultText(shown: string, fields: Record<string, string> | undefined): string {
  return (fields?.said ?? messageText(shown)).slice(0, FAULT_TEXT);
}

/** RFC 3339 with microseconds; lines follow each other within a second, so most of the text is the last one's. */
class MicroClock {
  private second = Number.NaN;
  private prefix = '';

  text(ms: number): string {
    const micros = Math.round(Math.min(Math.max(ms, 0), LAST_TIME) * 1000);
    const second = Math.floor(micros / 1_000_000);
    if (second !== this.second) {
      this.second = second;
      this.prefix = new Date(second * 1000).toISOString().slice(0, 20);
    }
    return `${this.prefix}${String(micros - second * 1_000_000).padStart(6, '0')}Z`;
  }
}

export function microTime(ms: number): string {
  return new MicroClock().text(ms);
}

/** ms with fraction of an RFC 3339 time with microseconds. */
export function timeOf(text: string): number {
  const whole = Date.parse(`${text.slice(0, 19)}Z`);
  const fraction = text.slice(20, -1);
  return fraction === '' ? whole : whole + Number(fraction.padEnd(6, '0').slice(0, 6)) / 1000;
}

export function rowOf(line: LineDocument): LogRow {
  const own = line.deadair;
  return {
    id: recordId(own.source, own.offset),
    seq: line.event.sequence,
    time: timeOf(line['@timestamp']),
    timeKind: own.timeKind,
    observedAt: timeOf(line.event.created),
    ingestedAt: timeOf(line.event.ingested),
    agent: line.agent.id,
    host: line.host.name,
    path: line.log.file.path,
    source: own.source,
    offset: own.offset,
    length: own.length,
    level: line.log.level ?? 'none',
    class: own.class,
    ...defined({ rule: own.rule, event: own.event }),
    flags: flagsOf(own.flags ?? []),
    raw: own.raw ?? line.message,
    ...(line.stream === undefined ? {} : { stream: line.stream }),
    ...originOfNames(line),
  };
}

export function markOf(line: LineDocument): Mark {
  const own = line.deadair;
  return {
    class: own.class,
    rule: own.rule ?? '',
    ...defined({ event: own.event, about: own.about, fields: own.fields }),
    seq: line.event.sequence,
    agent: line.agent.id,
    host: line.host.name,
    path: line.log.file.path,
    source: own.source,
    offset: own.offset,
    time: timeOf(line['@timestamp']),
    timeKind: own.timeKind,
    observedAt: timeOf(line.event.created),
    ingestedAt: timeOf(line.event.ingested),
    level: LEVELS.indexOf(line.log.level ?? 'none'),
    text: (own.fields?.said ?? messageText(line.message)).slice(0, MARK_TEXT),
  };
}
