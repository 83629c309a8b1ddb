import type {
  EntryOutcome,
  HeartbeatReply,
  KnownSource,
  PositionsReply,
  RangesReply,
} from '../../src/wire/protocol.js';
import { TransportError } from './transport.js';

/**
 * Looks whether an answer is what the protocol says (wire/protocol.ts), as far as the collector relies on it. Written out: the
 * library that checks the same at the service takes 15 MB, beside a program under test. A property test holds both together.
 */
type Json = Record<string, unknown>;

const ENCODINGS: unknown[] = ['zstd', 'br', 'gzip', 'identity'] satisfies PositionsReply['encodings'];

export function rangesReply(json: unknown): RangesReply {
  const reply = anObject(json, 'ranges');
  anInteger(reply, 'version');
  aNumber(reply, 'now');
  for (const outcome of aList(reply, 'outcomes')) {
    aText(outcome, 'source');
    aCount(outcome, 'position');
    oneOf(outcome, 'status', ['stored', 'duplicate', 'gap'] satisfies EntryOutcome['status'][]);
  }
  return reply as RangesReply;
}

export function positionsReply(json: unknown): PositionsReply {
  const reply = anObject(json, 'positions');
  for (const name of ['version', 'maxBodyBytes', 'maxRawBytes']) anInteger(reply, name);
  for (const name of ['now', 'heartbeatSeconds']) aNumber(reply, name);
  if (reply.batchBytes !== undefined) {
    anInteger(reply, 'batchBytes');
    if ((reply.batchBytes as number) < 1) throw wrong('batchBytes');
  }
  if (!Array.isArray(reply.encodings) || !reply.encodings.every(one => ENCODINGS.includes(one)))
    throw wrong('encodings');
  for (const source of aList(reply, 'sources')) knownSource(source);
  return reply as PositionsReply;
}

export function heartbeatReply(json: unknown): HeartbeatReply {
  const reply = anObject(json, 'heartbeat');
  anInteger(reply, 'version');
  for (const name of ['now', 'heartbeatSeconds']) aNumber(reply, name);
  return reply as HeartbeatReply;
}

function knownSource(source: Json): asserts source is Json & KnownSource {
  for (const name of ['id', 'agent', 'host', 'path']) aText(source, name);
  aCount(source, 'position');
  aFingerprint(source.head, 'head');
  if (source.tail !== undefined) aFingerprint(source.tail, 'tail');
  if (typeof source.ended !== 'boolean') throw wrong('ended');
  for (const name of ['inode', 'device']) if (source[name] !== undefined) aText(source, name);
  if (source.compression !== undefined) oneOf(source, 'compression', ['gzip', 'zstd']);
  if (source.start !== undefined) aCount(source, 'start');
  if (source.quietMs !== undefined) {
    aNumber(source, 'quietMs');
    if ((source.quietMs as number) < 0) throw wrong('quietMs');
  }
}

function aFingerprint(value: unknown, name: string): void {
  const print = anObject(value, name);
  aCount(print, 'length');
  aText(print, 'hash');
}

function anObject(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name);
  return value as Json;
}

function aList(of: Json, name: string): Json[] {
  const list = of[name];
  if (!Array.isArray(list)) throw wrong(name);
  return list.map(item => anObject(item, name));
}

function aNumber(of: Json, name: string): void {
  if (typeof of[name] !== 'number' || !Number.isFinite(of[name])) throw wrong(name);
}

function anInteger(of: Json, name: string): void {
  if (!Number.isSafeInteger(of[name])) throw wrong(name);
}

function aCount(of: Json, name: string): void {
  if (!Number.isSafeInteger(of[name]) || (of[name] as number) < 0) throw wrong(name);
}

function aText(of: Json, name: string): void {
  if (typeof of[name] !== 'string') throw wrong(name);
}

function oneOf(of: Json, name: string, values: readonly string[]): void {
  if (!values.includes(of[name] as string)) throw wrong(name);
}

function wrong(name: string): TransportError {
  return new TransportError(
    'refused',
    `the answer is not one of the position protocol (\`${name}\`): is this the address of a Deadair service?`,
  );
}
