import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { defined } from '../../platform/defined.js';
import { DeadairError, messageOf } from '../../platform/errors.js';
import { parseWitness, type RecordingHead, type Witnessed } from './witnessed.js';

/** Bytes [offset, offset + bytes) of a file arrived at a time. */
export interface Arrival {
  at: number;
  file: string;
  offset: number;
  bytes: number;
}

/**
 * A recorded run: logs, and what of them arrived when (`arrivals.jsonl`, in order of time). Version 2 has lines for what else
 * was witnessed (witnessed.ts) and a head; a file of version 1 has arrivals only.
 */
export interface Recording {
  folder: string;
  arrivals: Arrival[];
  /** Heartbeats, probes and what else speaks of agents beside their logs, in order of time. */
  witnesses?: readonly Witnessed[];
  head?: RecordingHead;
  contents: ReadonlyMap<string, Buffer>;
  /** Who wrote a file, where that is known; else its name tells. */
  writers?: ReadonlyMap<string, { agent: string; host: string }>;
}

const ArrivalLine = z.object({
  at: z.union([z.iso.datetime({ offset: true }), z.number()]),
  file: z
    .string()
    .min(1)
    .refine(
      name => !path.isAbsolute(name) && !name.split(/[\\/]/).includes('..'),
      'must be a name within the folder',
    ),
  offset: z.int().min(0),
  bytes: z.int().min(0),
});

/** @throws DeadairError naming the file and line that can't be used */
export function readRecording(folder: string): Recording {
  const index = path.join(folder, 'arrivals.jsonl');
  if (!existsSync(index)) {
    throw new DeadairError(
      'config.unreadable',
      `${folder} is no recorded run: it has no arrivals.jsonl (what of which log arrived when).`,
      { subject: index },
    );
  }
  const contents = new Map<string, Buffer>();
  const parsed = parseRecording(readFileSync(index, 'utf8'), index, contents, file =>
    readLog(path.join(folder, file)),
  );
  const writers = writersOf(folder);
  return { folder, ...parsed, contents, ...defined({ writers }) };
}

/**
 * @param load gives a file that is not in `contents` yet
 * @throws DeadairError naming the line that can't be used
 */
export function parseRecording(
  text: string,
  index: string,
  contents: Map<string, Buffer>,
  load?: (file: string) => Buffer,
): Pick<Recording, 'arrivals' | 'witnesses' | 'head'> {
  const arrivals: Arrival[] = [];
  const witnesses: Witnessed[] = [];
  let head: RecordingHead | undefined;
  let latest = Number.NEGATIVE_INFINITY;
  for (const [number, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const fail = (what: string) => wrong(index, number + 1, what);
    const data = parseJson(line, fail);
    const witnessed = parseWitness(data, fail);
    if (witnessed && 'recording' in witnessed) {
      head = witnessed;
      continue;
    }
    const one = witnessed ?? parseArrival(data, fail);
    if (one.at < latest) throw fail('arrivals must be in order of time');
    latest = one.at;
    if (!('file' in one)) {
      witnesses.push(one);
      continue;
    }
    const content = contents.get(one.file) ?? load?.(one.file);
    if (!content) throw fail(`there is no ${one.file}`);
    contents.set(one.file, content);
    if (one.offset + one.bytes > content.length) throw fail(`${one.file} has only ${content.length} bytes`);
    arrivals.push(one);
  }
  return {
    arrivals,
    ...(witnesses.length > 0 ? { witnesses } : {}),
    ...defined({ head }),
  };
}

const CapsuleWriters = z.object({
  stretches: z.array(z.object({ log: z.string(), agent: z.string(), host: z.string() })),
});

/** An unpacked capsule (src/capsule/format.ts) says who wrote its logs. */
function writersOf(folder: string): Recording['writers'] {
  const file = path.join(folder, 'capsule.json');
  if (!existsSync(file)) return undefined;
  try {
    const { stretches } = CapsuleWriters.parse(JSON.parse(readFileSync(file, 'utf8')));
    return new Map(stretches.map(({ log, agent, host }) => [log, { agent, host }]));
  } catch (cause) {
    throw new DeadairError('config.unreadable', `${file} is no capsule's: unpack the capsule again.`, {
      subject: file,
      cause,
    });
  }
}

function parseJson(line: string, fail: (what: string) => DeadairError): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw fail(`not JSON: ${messageOf(cause)}`);
  }
}

function parseArrival(data: unknown, fail: (what: string) => DeadairError): Arrival {
  const result = ArrivalLine.safeParse(data);
  if (!result.success) throw fail(z.prettifyError(result.error).replaceAll('\n', ' '));
  const { at, ...rest } = result.data;
  return { ...rest, at: typeof at === 'number' ? at : Date.parse(at) };
}

function readLog(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new DeadairError(
      'config.unreadable',
      `The log ${file} of the recorded run can't be read: ${messageOf(cause)}`,
      { subject: file, cause },
    );
  }
}

function wrong(index: string, line: number, what: string): DeadairError {
  return new DeadairError('request.invalid', `Line ${line} of ${index} can't be used: ${what}.`, {
    subject: index,
  });
}
