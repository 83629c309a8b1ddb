import { FAULT_CLASSES, LEVELS, type Level, SIGNAL_CLASSES, type SignalClass } from '../model/vocabulary.js';
import { levelNamed } from '../records/level-words.js';
import type { Query } from './ast.js';
import { queryError } from './errors.js';

export type FieldName = Extract<Query, { kind: 'field' }>['field'];
export type QueryField = FieldName | 'level' | 'class' | 'run' | 'time' | 'message';

/** Those that an envelope tells; a line may have fields of these names itself. */
const ENVELOPE_FIELDS = ['stream', 'container', 'pod', 'namespace'] as const;
export type EnvelopeField = (typeof ENVELOPE_FIELDS)[number];

export function isEnvelopeField(field: FieldName): field is EnvelopeField {
  return (ENVELOPE_FIELDS as readonly string[]).includes(field);
}

/** Names as people type them, and their ECS names as Kibana users do. */
const ALIASES = new Map<string, QueryField>([
  ['agent', 'agent'],
  ['agent.id', 'agent'],
  ['host', 'host'],
  ['host.name', 'host'],
  ['path', 'path'],
  ['file', 'path'],
  ['log.file.path', 'path'],
  ['source', 'source'],
  ['deadair.source', 'source'],
  ['rule', 'rule'],
  ['deadair.rule', 'rule'],
  ['event', 'event'],
  ['deadair.event', 'event'],
  ['stream', 'stream'],
  ['container', 'container'],
  ['container.name', 'container'],
  ['unit', 'container'],
  ['pod', 'pod'],
  ['kubernetes.pod.name', 'pod'],
  ['namespace', 'namespace'],
  ['kubernetes.namespace', 'namespace'],
  ['level', 'level'],
  ['log.level', 'level'],
  ['class', 'class'],
  ['deadair.class', 'class'],
  ['run', 'run'],
  ['deadair.run', 'run'],
  ['time', 'time'],
  ['@timestamp', 'time'],
  ['message', 'message'],
]);

export const FIELD_HELP =
  'agent, host, path, source, level, class, rule, event, run, time, message, stream, container, pod, namespace';

export function fieldNamed(name: string): QueryField | undefined {
  return ALIASES.get(name.toLowerCase());
}

/** ` Did you mean level?`, or nothing. */
export function fieldHint(name: string): string {
  const folded = name.toLowerCase();
  const close = [...ALIASES.keys()].find(known => distance(known, folded) <= (known.length > 4 ? 2 : 1));
  return close === undefined ? '' : ` Did you mean ${close}?`;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}

export function levelValue(text: string, at: number): Level {
  const level = levelNamed(text);
  if (level === undefined) throw queryError(`"${text}" is not a level; levels are ${LEVELS.join(', ')}`, at);
  return level;
}

/** `timeout`, `fault` (every class that is one), `any` or `*` (every class but none). */
export function classValue(text: string, at: number): SignalClass[] {
  const folded = text.toLowerCase();
  if (folded === 'fault' || folded === 'faults') return [...FAULT_CLASSES];
  if (folded === 'any' || folded === '*') return SIGNAL_CLASSES.filter(name => name !== 'none');
  const known = SIGNAL_CLASSES.find(name => name === folded);
  if (known === undefined)
    throw queryError(
      `"${text}" is not a class; classes are ${SIGNAL_CLASSES.join(', ')}, and fault for all that are faults`,
      at,
    );
  return [known];
}
