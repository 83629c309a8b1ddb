import type { Mark } from '../../model/finding.js';
import type { LogRow } from '../../model/log-row.js';
import type { RecordBatch } from '../../model/record-batch.js';
import {
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
import { messageText } from '../../records/text.js';
import { lineText } from './line-text.js';

/**
 * A line as it lies in Elasticsearch, in the names of ECS (docs/reference/elasticsearch-fields.md). `message` is without timestamp and
 * level, which stand in `deadair.head` for searches; the line as it came is `event.original` where it is not its message. Lines of
 * older indices have the whole shown line as `message` and what differed from it as `deadair.raw`: both are read.
 */
export interface LineDocument extends Omit<EcsLine, 'deadair' | 'event'> {
  /** Its id is the document's. */
  event: Omit<EcsLine['event'], 'id'> & { original?: string };
  /** The program that wrote it, where it was recognised when the line came. */
  service?: { name: string };
  /** Name of its run, where that was known when it came. */
  labels?: { run: string };
  deadair: {
    head?: string;
    raw?: string;
    /** What a progress bar showed before: searched, too. A field beside `message`, which Kibana shows: the last state. */
    states?: string[];
    source: string;
    offset: number;
    length: number;
    class: SignalClass;
    /** Absent: its own. */
    timeKind?: TimeKind;
    /** The kind of line it is, as patterns count them; absent in old lines. */
    skeleton?: string;
    /** Its words can't tell every text inside them (line-text.ts). */
    odd?: true;
    rule?: string;
    event?: string;
    about?: 'self';
    /** What its finding told, if only that there is one; absent in old lines, where it is `fields`. */
    finding?: Record<string, string>;
    /** A JSON line's own fields; of old lines, what the finding told. */
    fields?: Record<string, string>;
    flags?: string[];
    /** Of a fault: its message without head, as a keyword, so that Kibana can show an agent's first one. */
    fault?: string;
    /** Ids of its run. */
    run?: string[];
    /** Why the data stream did not take it (lines set aside). */
    refused?: string;
  };
}

/** The run a line belongs to, as far as that is known when the line comes. */
export type RunOf = (agent: string, time: number) => { id: string; name: string } | undefined;

/** What nearly all lines have is not written. */
const OWN_TIME: TimeKind = 'own';

const NO_RUN: RunOf = () => undefined;

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
  private readonly agent: string;

  constructor(
    private readonly batch: RecordBatch,
    commit: CommitFacts,
    private readonly runOf: RunOf = NO_RUN,
    program?: string,
  ) {
    this.text = new BatchText(batch);
    const { source, seq, observedAt, ingestedAt } = commit;
    this.idStart = `${source.id}:`;
    this.agent = source.agent;
    this.created = `"created":"${this.clock.text(observedAt)}","ingested":"${this.clock.text(ingestedAt)}","sequence":${seq}}`;
    this.origin = `,"host":{"name":${JSON.stringify(source.host)}},"agent":{"id":${JSON.stringify(source.agent)}}`;
    this.pathPart = `"file":{"path":${JSON.stringify(source.path)}}}`;
    this.path = source.path;
    const service = program === undefined ? '' : `,"service":{"name":${JSON.stringify(program)}}`;
    this.sourcePart = `${service},"deadair":{"source":"${source.id}","offset":`;
  }

  id(i: number): string {
    return this.idStart + this.text.offset(i);
  }

  /** The document of line `i`, without a newline. */
  json(i: number): string {
    const { batch, text } = this;
    const raw = text.raw(i);
    const flags = batch.flags[i]!;
    const { message, head, original, states, skeleton, odd, fields, shown } = lineText(raw, flags);
    const offset = text.offset(i);
    const level = batch.levels[i]!;
    const envelope = (flags & RecordFlag.enveloped) === 0 ? '' : this.envelope(i, flags);
    const run = this.runOf(this.agent, batch.times[i]!);
    let json = `{"@timestamp":"${this.clock.text(batch.times[i]!)}","message":${JSON.stringify(message)},"event":{`;
    if (original !== undefined) json += `"original":${JSON.stringify(original)},`;
    json += `${this.created}${this.origin},"log":{`;
    if (level > 0) json += `"level":"${LEVELS[level]}",`;
    json += this.pathPart + envelope;
    if (run) json += `,"labels":{"run":${JSON.stringify(run.name)}}`;
    json += `${this.sourcePart}${offset},"length":${batch.starts[i + 1]! - batch.starts[i]!},"class":"${SIGNAL_CLASSES[batch.classes[i]!]}","skeleton":${skeleton}`;
    const timeKind = TIME_KINDS[batch.timeKinds[i]!]!;
    if (timeKind !== OWN_TIME) json += `,"timeKind":"${timeKind}"`;
    if (head !== undefined) json += `,"head":${JSON.stringify(head)}`;
    if (odd) json += ',"odd":true';
    if (fields !== undefined) json += `,"fields":${fields}`;
    if (states.length > 0) json += `,"states":${JSON.stringify(states)}`;
    if (flags !== 0) json += `,"flags":${JSON.stringify(flagNames(flags))}`;
    if (run) json += `,"run":[${JSON.stringify(run.id)}]`;
    const finding = batch.findings.size > 0 ? batch.findings.get(i) : undefined;
    if (finding) {
      const { rule, event, about } = finding;
      json += `,"rule":${JSON.stringify(rule)},"finding":${JSON.stringify(finding.fields ?? {})}`;
      if (event !== undefined) json += `,"event":${JSON.stringify(event)}`;
      if (about !== undefined) json += `,"about":"${about}"`;
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
  const { message, head, original, states, skeleton, odd, fields, shown } = lineText(row.raw, row.flags);
  return {
    '@timestamp': microTime(row.time),
    message,
    event: {
      ...defined({ original }),
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
      source: row.source,
      offset: row.offset,
      length: row.length,
      class: row.class,
      ...(row.timeKind === OWN_TIME ? {} : { timeKind: row.timeKind }),
      ...defined({ head }),
      skeleton: JSON.parse(skeleton) as string,
      ...(odd ? { odd } : {}),
      ...(fields === undefined ? {} : { fields: JSON.parse(fields) as Record<string, string> }),
      ...(states.length === 0 ? {} : { states }),
      ...(row.flags === 0 ? {} : { flags: flagNames(row.flags) }),
      ...(row.rule === undefined ? {} : { rule: row.rule, finding: mark?.fields ?? {} }),
      ...defined({ event: row.event }),
      ...(mark?.about === undefined ? {} : { about: mark.about }),
      ...(isFault(row.class) ? { fault: faultText(shown, mark?.fields) } : {}),
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

/** The line as it came. */
function rawOf({ message, event, deadair }: LineDocument): string {
  return event.original ?? deadair.raw ?? message;
}

export function rowOf(line: LineDocument): LogRow {
  const own = line.deadair;
  return {
    id: recordId(own.source, own.offset),
    seq: line.event.sequence,
    time: timeOf(line['@timestamp']),
    timeKind: own.timeKind ?? OWN_TIME,
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
    raw: rawOf(line),
    ...(line.stream === undefined ? {} : { stream: line.stream }),
    ...originOfNames(line),
  };
}

export function markOf(line: LineDocument): Mark {
  const own = line.deadair;
  const fields = own.finding ?? own.fields;
  const told = fields && Object.keys(fields).length > 0 ? fields : undefined;
  return {
    class: own.class,
    rule: own.rule ?? '',
    ...defined({ event: own.event, about: own.about, fields: told }),
    seq: line.event.sequence,
    agent: line.agent.id,
    host: line.host.name,
    path: line.log.file.path,
    source: own.source,
    offset: own.offset,
    time: timeOf(line['@timestamp']),
    timeKind: own.timeKind ?? OWN_TIME,
    observedAt: timeOf(line.event.created),
    ingestedAt: timeOf(line.event.ingested),
    level: LEVELS.indexOf(line.log.level ?? 'none'),
    text: (told?.said ?? messageText(rawOf(line))).slice(0, MARK_TEXT),
  };
}
