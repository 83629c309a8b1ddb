import type { LogRow } from '../model/log-row.js';
import { LEVELS, SIGNAL_CLASSES, TIME_KINDS } from '../model/vocabulary.js';
import type { SourceDescriptor } from '../wire/protocol.js';
import type { BatchText } from './batch-text.js';
import { loggedLine } from './logged.js';

/** Stable for ever: where the line's first byte stands. */
export function recordId(source: string, offset: number): string {
  return `${source}:${offset}`;
}

/** What a commit adds to a batch's lines. */
export interface CommitFacts {
  source: Pick<SourceDescriptor, 'id' | 'agent' | 'host' | 'path'>;
  seq: number;
  observedAt: number;
  ingestedAt: number;
}

/** Line `i` of a batch as it is read back from a store. */
export function logRow(text: BatchText, i: number, commit: CommitFacts): LogRow {
  const { batch } = text;
  const offset = text.offset(i);
  const finding = batch.findings.get(i);
  return {
    id: recordId(commit.source.id, offset),
    seq: commit.seq,
    time: batch.times[i]!,
    timeKind: TIME_KINDS[batch.timeKinds[i]!]!,
    observedAt: commit.observedAt,
    ingestedAt: commit.ingestedAt,
    agent: commit.source.agent,
    host: commit.source.host,
    path: commit.source.path,
    source: commit.source.id,
    offset,
    length: batch.starts[i + 1]! - batch.starts[i]!,
    level: LEVELS[batch.levels[i]!]!,
    class: SIGNAL_CLASSES[batch.classes[i]!]!,
    ...(finding ? { rule: finding.rule } : {}),
    ...(finding?.event === undefined ? {} : { event: finding.event }),
    flags: batch.flags[i]!,
    ...loggedLine(batch.bytes, text.start(i), text.end(i), batch.flags[i]!, commit.source.path),
  };
}
