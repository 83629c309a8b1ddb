import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { asDeadairError, DeadairError } from '../platform/errors.js';
import { isoMicros } from '../records/ecs.js';
import { isPlausible } from '../wire/times.js';
import {
  CAPSULE_FORMAT,
  CAPSULE_LIMITS,
  CAPSULE_VERSION,
  CapsuleAlert,
  CapsuleGap,
  CapsuleHead,
  CapsuleIncident,
  type CapsuleSummary,
  ENTRY_NAME,
  LineRow,
} from './format.js';
import { ByteReader, type EntryBody, type TarEntry, tarEntries } from './tar.js';

/** A capsule whose every byte has been checked; its lines are read again when they are wanted. */
export interface CheckedCapsule {
  file: string;
  /** Compressed. */
  size: number;
  head: CapsuleHead;
  incidents: z.infer<typeof CapsuleIncident>[];
  alerts: CapsuleAlert[];
  gaps: CapsuleGap[];
  summary: CapsuleSummary;
}

export interface OpenOptions {
  /** Bytes after decompression; default CAPSULE_LIMITS.bytes. */
  maxBytes?: number;
  /** Compressed bytes read so far. */
  onProgress?: (bytes: number) => void;
  /** What errors call it; default: its path, which is nobody's business who sent it to a service. */
  called?: string;
  /** ms since the epoch; default: the system's clock. Nothing in a capsule is later. */
  now?: number;
}

/** The entries of a capsule's file, names and sizes within the limits. */
export async function* capsuleEntries(file: string, options: OpenOptions = {}): AsyncGenerator<TarEntry> {
  const source = createReadStream(file);
  let read = 0;
  source.on('data', chunk => {
    read += chunk.length;
    options.onProgress?.(read);
  });
  // What either stream fails with comes out of the iteration below.
  const unpacked = pipeline(source, createGunzip(), () => {});
  try {
    yield* archiveEntries(unpacked as AsyncIterable<Buffer>, options.called ?? file, options);
  } finally {
    unpacked.destroy();
    source.destroy();
  }
}

async function* archiveEntries(
  tar: AsyncIterable<Buffer>,
  file: string,
  { maxBytes = CAPSULE_LIMITS.bytes }: OpenOptions,
): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(tar, thrown => readable(file, thrown));
  let bytes = 0;
  const names = new Set<string>();
  for await (const entry of tarEntries(reader)) {
    bytes += entry.size + 512;
    if (!ENTRY_NAME.test(entry.name))
      throw damaged(file, `it holds "${entry.name.slice(0, 60)}", which has no place in a capsule`);
    // the one that was checked would not be the one that is read
    if (names.has(entry.name)) throw damaged(file, `it holds ${entry.name} twice`);
    names.add(entry.name);
    if (bytes > maxBytes || names.size > CAPSULE_LIMITS.entries)
      throw new DeadairError(
        'capsule.too-large',
        `${file} holds more than ${maxBytes} bytes or ${CAPSULE_LIMITS.entries} parts; if you trust it, raise the limit with --max-size.`,
        { subject: file },
      );
    if (!entry.name.startsWith('logs/') && entry.size > CAPSULE_LIMITS.textEntry)
      throw damaged(file, `${entry.name} is too large`);
    yield entry;
  }
}

/**
 * Reads a capsule from end to end: form, limits and checksums. Nothing of it may be used before.
 * @throws DeadairError `capsule.damaged`, `capsule.version`, `capsule.too-large`, `not-found`
 */
export async function openCapsule(file: string, options: OpenOptions = {}): Promise<CheckedCapsule> {
  const checked = await checkEntries(capsuleEntries(file, options), options.called ?? file, options);
  return { ...checked, file, size: statSync(file).size };
}

/** The same for a tar that comes as a stream. @param called what errors call it */
export function openArchive(
  tar: AsyncIterable<Buffer>,
  called: string,
  options: OpenOptions = {},
): Promise<Omit<CheckedCapsule, 'file' | 'size'>> {
  return checkEntries(archiveEntries(tar, called, options), called, options);
}

async function checkEntries(
  entries: AsyncIterable<TarEntry>,
  file: string,
  { now = Date.now() }: OpenOptions,
): Promise<Omit<CheckedCapsule, 'file' | 'size'>> {
  const sums: string[] = [];
  const texts = new Map<string, string>();
  const bytesOfLog = new Map<string, number>();
  const tables = new Tables(file, now);
  let expected: string | undefined;
  for await (const { name, size, body } of entries) {
    if (expected !== undefined) throw damaged(file, `${name} comes after the checksums`);
    const hash = createHash('sha256');
    const parts: Buffer[] = [];
    for (let part = await body.some(65_536); part; part = await body.some(65_536)) {
      hash.update(part);
      if (!name.startsWith('logs/')) parts.push(part);
    }
    const text = Buffer.concat(parts).toString('utf8');
    if (sums.length === 0 && name !== 'capsule.json')
      throw damaged(file, 'it does not begin with capsule.json');
    if (name === 'capsule.json') tables.head = readHead(file, text);
    else if (name === 'checksums.txt') expected = text;
    else if (name.startsWith('logs/')) bytesOfLog.set(name, size);
    else if (name.startsWith('lines/')) tables.count(name, text);
    else if (name !== 'arrivals.jsonl') texts.set(name, text);
    if (name !== 'checksums.txt') sums.push(`${hash.digest('hex')}  ${name}\n`);
  }
  if (expected === undefined) throw damaged(file, 'it has no checksums');
  if (expected !== sums.join('')) throw damaged(file, 'a checksum is wrong');
  const { head } = tables;
  if (!head) throw damaged(file, 'it is empty');
  for (const [index, { log }] of head.stretches.entries())
    if ((bytesOfLog.get(log) ?? 0) !== (tables.bytes.get(index) ?? 0))
      throw damaged(file, `${log} has not the size its lines have`);
  const gaps = jsonLines(file, 'gaps.jsonl', texts, CapsuleGap, CAPSULE_LIMITS.entries);
  const bytes = [...tables.bytes.values()].reduce((a, b) => a + b, 0);
  const named = gaps.reduce((sum, { from, to }) => sum + (to ?? from) - from, 0);
  const spanned = head.stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  const incidents = jsonLines(file, 'incidents.jsonl', texts, CapsuleIncident, CAPSULE_LIMITS.incidents);
  const alerts = jsonLines(file, 'alerts.jsonl', texts, CapsuleAlert, CAPSULE_LIMITS.alerts);
  checkTimes(file, now, head, { incidents, gaps, alerts });
  return {
    head,
    incidents,
    alerts,
    gaps,
    summary: {
      id: head.id,
      name: head.name,
      run: head.run?.id ?? null,
      from: isoMicros(head.span.from),
      to: isoMicros(head.span.to),
      agents: [...new Set(head.stretches.map(({ agent }) => agent))].sort(),
      lines: tables.lines,
      bytes,
      missing: Math.max(0, spanned - bytes - named),
      incidents: incidents.length,
    },
  };
}

/** Checks the rows of lines as they pass: their order, and the bytes they need. */
class Tables {
  head: CapsuleHead | undefined;
  lines = 0;
  /** By index of the stretch. */
  readonly bytes = new Map<number, number>();
  private readonly ends = new Map<number, number>();

  constructor(
    private readonly file: string,
    private readonly now: number,
  ) {}

  count(name: string, text: string): void {
    const index = stretchIndex(name);
    const stretch = this.head?.stretches[index];
    if (!stretch) throw damaged(this.file, `${name} belongs to no log`);
    for (const row of lineRows(this.file, name, text)) {
      const end = row.lines.reduce((at, [length]) => at + length, row.from);
      if (row.from < (this.ends.get(index) ?? stretch.from) || end > stretch.to)
        throw damaged(this.file, `${name} holds lines outside of their stretch`);
      const times = [row.observedAt, row.ingestedAt, ...row.lines.map(([, time]) => time)];
      if (!times.every(time => isPlausible(time, this.now)))
        throw damaged(this.file, `${name} holds a line of a time that can't be`);
      this.ends.set(index, end);
      this.bytes.set(index, (this.bytes.get(index) ?? 0) + end - row.from);
      this.lines += row.lines.length;
    }
  }
}

/** @throws DeadairError where something happened before there were computers to log it, or after today */
function checkTimes(
  file: string,
  now: number,
  { run, madeAt }: CapsuleHead,
  { incidents, gaps, alerts }: Pick<CheckedCapsule, 'incidents' | 'gaps' | 'alerts'>,
): void {
  const times = [
    madeAt,
    run?.startedAt,
    run?.endedAt,
    ...gaps.map(({ at }) => at),
    ...alerts.flatMap(({ record }) => [record.at, record.createdAt]),
    ...incidents.flatMap(one => [one.startedAt, one.openedAt, one.resolvedAt, one.updatedAt]),
    ...incidents.flatMap(one => [one.began?.from, one.began?.to, one.endedRun]),
    ...incidents.flatMap(one => [...one.evidence, ...one.consequences].map(({ at }) => at)),
  ];
  if (times.some(time => time !== undefined && !isPlausible(time, now)))
    throw damaged(file, "it tells of a time that can't be");
}

/** @param name `lines/N-M.jsonl` */
export function stretchIndex(name: string): number {
  return Number(/^lines\/(\d+)-/.exec(name)?.[1]);
}

export function* lineRows(file: string, name: string, text: string): Generator<LineRow> {
  for (const line of text.split('\n')) {
    if (line === '') continue;
    yield parsed(file, name, line, LineRow);
  }
}

/** A text entry's whole content. */
export async function readText(body: EntryBody): Promise<string> {
  const parts: Buffer[] = [];
  for (let part = await body.some(65_536); part; part = await body.some(65_536)) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function readHead(file: string, text: string): CapsuleHead {
  let data: { format?: unknown; version?: unknown };
  try {
    data = JSON.parse(text) as typeof data;
  } catch {
    throw damaged(file, 'capsule.json is no JSON');
  }
  if (data?.format !== CAPSULE_FORMAT) throw damaged(file, 'capsule.json does not say that it is one');
  if (typeof data.version === 'number' && data.version > CAPSULE_VERSION)
    throw new DeadairError(
      'capsule.version',
      `${file} has format ${data.version}; this Deadair reads up to ${CAPSULE_VERSION}: update Deadair.`,
      { subject: file },
    );
  const head = CapsuleHead.safeParse(data);
  if (!head.success)
    throw damaged(file, `capsule.json: ${z.prettifyError(head.error).replaceAll('\n', ' ')}`);
  const logs = new Set(head.data.stretches.map(({ log }) => log));
  if (logs.size < head.data.stretches.length) throw damaged(file, 'two stretches share a log');
  return head.data;
}

function jsonLines<T>(
  file: string,
  name: string,
  texts: ReadonlyMap<string, string>,
  schema: z.ZodType<T>,
  most: number,
): T[] {
  const lines = (texts.get(name) ?? '').split('\n').filter(line => line !== '');
  if (lines.length > most) throw damaged(file, `${name} has more than ${most} lines`);
  return lines.map(line => parsed(file, name, line, schema));
}

function parsed<T>(file: string, name: string, line: string, schema: z.ZodType<T>): T {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    throw damaged(file, `${name} holds a line that is no JSON`);
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw damaged(file, `${name}: ${z.prettifyError(result.error).replaceAll('\n', ' ').slice(0, 300)}`);
}

export function damaged(file: string, what: string): DeadairError {
  return new DeadairError(
    'capsule.damaged',
    `${file} is no capsule, or a damaged one (${what}): copy or export it again.`,
    { subject: file },
  );
}

/** What the file system and zlib throw, as a sentence. */
function readable(file: string, thrown: unknown): DeadairError {
  if (thrown instanceof DeadairError) return thrown;
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return new DeadairError('not-found', `There is no file ${file}.`, { subject: file, cause: thrown });
  if (code?.startsWith('Z_') || /incorrect header|unexpected end/i.test(message ?? ''))
    return damaged(file, message);
  if (code)
    return new DeadairError('usage.invalid', `${file} can't be read (${code}).`, {
      subject: file,
      cause: thrown,
    });
  return asDeadairError(thrown);
}
