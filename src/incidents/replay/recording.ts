import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { DeadairError, messageOf } from '../../platform/errors.js';

/** Bytes [offset, offset + bytes) of a file arrived at a time. */
export interface Arrival {
  at: number;
  file: string;
  offset: number;
  bytes: number;
}

/** A recorded run: logs, and what of them arrived when (`arrivals.jsonl`, in order of time). */
export interface Recording {
  folder: string;
  arrivals: Arrival[];
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
  const arrivals = parseArrivals(readFileSync(index, 'utf8'), index, contents, file =>
    readLog(path.join(folder, file)),
  );
  const writers = writersOf(folder);
  return { folder, arrivals, contents, ...(writers ? { writers } : {}) };
}

/**
 * @param load gives a file that is not in `contents` yet
 * @throws DeadairError naming the line that can't be used
 */
export function parseArrivals(
  text: string,
  index: string,
  contents: Map<string, Buffer>,
  load?: (file: string) => Buffer,
): Arrival[] {
  const arrivals: Arrival[] = [];
  for (const [number, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const arrival = parseArrival(line, index, number + 1);
    let content = contents.get(arrival.file);
    if (!content && load) {
      content = load(arrival.file);
      contents.set(arrival.file, content);
    }
    if (!content) throw wrong(index, number + 1, `there is no ${arrival.file}`);
    if (arrival.offset + arrival.bytes > content.length) {
      throw wrong(index, number + 1, `${arrival.file} has only ${content.length} bytes`);
    }
    const last = arrivals.at(-1);
    if (last && arrival.at < last.at) throw wrong(index, number + 1, 'arrivals must be in order of time');
    arrivals.push(arrival);
  }
  return arrivals;
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

function parseArrival(line: string, index: string, number: number): Arrival {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch (cause) {
    throw wrong(index, number, `not JSON: ${messageOf(cause)}`);
  }
  const result = ArrivalLine.safeParse(data);
  if (!result.success) throw wrong(index, number, z.prettifyError(result.error).replaceAll('\n', ' '));
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
