import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { DeadairError } from '../../platform/errors.js';

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
  const arrivals: Arrival[] = [];
  for (const [number, line] of readFileSync(index, 'utf8').split('\n').entries()) {
    if (line.trim() === '') continue;
    const arrival = parseArrival(line, index, number + 1);
    let content = contents.get(arrival.file);
    if (!content) {
      content = readLog(path.join(folder, arrival.file));
      contents.set(arrival.file, content);
    }
    if (arrival.offset + arrival.bytes > content.length) {
      throw wrong(index, number + 1, `${arrival.file} has only ${content.length} bytes`);
    }
    const last = arrivals.at(-1);
    if (last && arrival.at < last.at) throw wrong(index, number + 1, 'arrivals must be in order of time');
    arrivals.push(arrival);
  }
  return { folder, arrivals, contents };
}

function parseArrival(line: string, index: string, number: number): Arrival {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch (cause) {
    throw wrong(index, number, `not JSON: ${(cause as Error).message}`);
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
      `The log ${file} of the recorded run can't be read: ${(cause as Error).message}`,
      { subject: file, cause },
    );
  }
}

function wrong(index: string, line: number, what: string): DeadairError {
  return new DeadairError('request.invalid', `Line ${line} of ${index} can't be used: ${what}.`, {
    subject: index,
  });
}
