import type { LogRow } from '../model/log-row.js';
import {
  ENCODING_SHIFT,
  type Level,
  RecordFlag,
  type SignalClass,
  StreamFlag,
  type TimeKind,
} from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { ENCODINGS } from './encodings.js';
import { encodingOf, type LineOrigin, streamOf } from './logged.js';
import { messageText } from './text.js';

/**
 * A line in Elastic Common Schema names, as the API, `--json` and Elasticsearch give it. What ECS has no name for is
 * below `deadair`.
 */
export interface EcsLine {
  /** RFC 3339, UTC, microseconds. */
  '@timestamp': string;
  message: string;
  event: { id: string; created: string; ingested: string; sequence: number };
  host: { name: string };
  agent: { id: string };
  log: { level?: Level; file: { path: string } };
  /** Of a line that came in a container's, service manager's or journal's envelope. */
  stream?: 'stdout' | 'stderr';
  container?: { name: string };
  kubernetes?: { pod?: { name: string }; namespace?: string };
  deadair: {
    /** Decoded line with colours and carriage returns, without the newline. */
    raw: string;
    source: string;
    offset: number;
    length: number;
    class: SignalClass;
    rule?: string;
    event?: string;
    timeKind: TimeKind;
    /** Names of RecordFlag. */
    flags?: string[];
    /** Ids of the runs it belongs to. */
    run?: string[];
  };
}

/** @param runs ids of the runs the line belongs to, where the caller knows them */
export function ecsLine(row: LogRow, runs: string[] = []): EcsLine {
  const flags = flagNames(row.flags);
  return {
    '@timestamp': isoMicros(row.time),
    message: messageText(row.raw),
    event: {
      id: row.id,
      created: isoMicros(row.observedAt),
      ingested: isoMicros(row.ingestedAt),
      sequence: row.seq,
    },
    host: { name: row.host },
    agent: { id: row.agent },
    log: { ...(row.level === 'none' ? {} : { level: row.level }), file: { path: row.path } },
    ...(row.stream === undefined ? {} : { stream: row.stream }),
    ...originNames(row),
    deadair: {
      raw: row.raw,
      source: row.source,
      offset: row.offset,
      length: row.length,
      class: row.class,
      ...(row.rule === undefined ? {} : { rule: row.rule }),
      ...(row.event === undefined ? {} : { event: row.event }),
      timeKind: row.timeKind,
      ...(flags.length > 0 ? { flags } : {}),
      ...(runs.length > 0 ? { run: runs } : {}),
    },
  };
}

/** The names that ECS has for where a line came from. */
export function originNames(origin: LineOrigin): Pick<EcsLine, 'container' | 'kubernetes'> {
  const { container, pod, namespace } = origin;
  const kubernetes = defined({ pod: pod === undefined ? undefined : { name: pod }, namespace });
  return {
    ...(container === undefined ? {} : { container: { name: container } }),
    ...(pod === undefined && namespace === undefined ? {} : { kubernetes }),
  };
}

export function originOfNames(names: Pick<EcsLine, 'container' | 'kubernetes'>): LineOrigin {
  const { container, kubernetes } = names;
  return defined({
    container: container?.name,
    pod: kubernetes?.pod?.name,
    namespace: kubernetes?.namespace,
  });
}

const FLAG_BITS: ReadonlyMap<string, number> = new Map(Object.entries(RecordFlag));

/** Names of the bits of RecordFlag that are set, of the stream, and of an encoding that isn't UTF-8. */
export function flagNames(flags: number): string[] {
  const names = [...FLAG_BITS].filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name);
  const stream = streamOf(flags);
  if (stream !== undefined) names.push(stream);
  const encoding = ENCODINGS[encodingOf(flags)];
  if (encoding !== undefined && encoding !== 'utf-8') names.push(encoding);
  return names;
}

/** The flags that `flagNames` gave the names of. */
export function flagsOf(names: readonly string[]): number {
  let flags = 0;
  for (const name of names) {
    const encoding = ENCODINGS.indexOf(name as (typeof ENCODINGS)[number]);
    if (name === 'stdout' || name === 'stderr') flags |= StreamFlag[name];
    else if (encoding > 0) flags |= encoding << ENCODING_SHIFT;
    else flags |= FLAG_BITS.get(name) ?? 0;
  }
  return flags;
}

/** The last time that has a date, ms since the epoch. */
const LAST_TIME = 8.64e15;

/** `2026-11-23T16:58:42.358384Z`, of times beyond all dates the last one; a double holds today's milliseconds to a quarter of a microsecond. */
export function isoMicros(ms: number): string {
  const micros = Math.round(Math.max(-LAST_TIME, Math.min(LAST_TIME, ms)) * 1000);
  const whole = Math.floor(micros / 1000);
  const rest = micros - whole * 1000;
  return `${new Date(whole).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}
