import { parseRecording, type Recording } from '../incidents/replay/recording.js';
import { DeadairError } from '../platform/errors.js';
import { capsuleEntries, openCapsule, readText } from './open.js';

/** Logs are held in memory, as those of a recorded run are. */
const MAX_LOG_BYTES = 1024 ** 3;

/** A capsule as a recorded run, for `deadair replay`. */
export async function recordingOf(file: string): Promise<Recording> {
  const { head, summary } = await openCapsule(file);
  if (summary.bytes > MAX_LOG_BYTES)
    throw new DeadairError(
      'capsule.too-large',
      `${file} holds ${summary.bytes} bytes of logs; replay takes ${MAX_LOG_BYTES}: export a shorter span.`,
      { subject: file },
    );
  const contents = new Map<string, Buffer>();
  let parsed: Pick<Recording, 'arrivals' | 'witnesses' | 'head'> = { arrivals: [] };
  for await (const { name, size, body } of capsuleEntries(file)) {
    if (name.startsWith('logs/')) contents.set(name, Buffer.from(await body.exactly(size)));
    if (name === 'arrivals.jsonl') parsed = parseRecording(await readText(body), file, contents);
  }
  const writers = new Map(head.stretches.map(({ log, agent, host }) => [log, { agent, host }]));
  return { folder: file, ...parsed, contents, writers };
}
