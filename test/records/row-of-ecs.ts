import type { LogRow } from '../../src/model/log-row.js';
import { type EcsLine, flagsOf } from '../../src/records/ecs.js';

/** The row an ECS line was made from; times come back to the microsecond. */
export function rowOfEcs(line: EcsLine): LogRow {
  const own = line.deadair;
  return {
    id: line.event.id,
    seq: line.event.sequence,
    time: parseMicros(line['@timestamp']),
    timeKind: own.timeKind,
    observedAt: parseMicros(line.event.created),
    ingestedAt: parseMicros(line.event.ingested),
    agent: line.agent.id,
    host: line.host.name,
    path: line.log.file.path,
    source: own.source,
    offset: own.offset,
    length: own.length,
    level: line.log.level ?? 'none',
    class: own.class,
    ...(own.rule === undefined ? {} : { rule: own.rule }),
    ...(own.event === undefined ? {} : { event: own.event }),
    flags: flagsOf(own.flags ?? []),
    raw: own.raw,
    ...(line.stream === undefined ? {} : { stream: line.stream }),
    ...(line.container === undefined ? {} : { container: line.container.name }),
  };
}

function parseMicros(text: string): number {
  const whole = Date.parse(`${text.slice(0, 23)}Z`);
  return whole + Number(text.slice(23, -1)) / 1000;
}
