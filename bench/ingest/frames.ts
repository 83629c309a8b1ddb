import { createHash } from 'node:crypto';
import { Compressor, type Encoding } from '../../collectors/delivery/codec.js';
import { derivedId } from '../../src/platform/ids.js';
import { encodeFrame } from '../../src/wire/frame-out.js';
import type { RangeEntry, SourceDescriptor } from '../../src/wire/protocol.js';
import { WIRE_VERSION } from '../../src/wire/version.js';
import { AGENTS, FILE_NAMES, type GeneratedLine, generateLines } from '../store/lines.js';

const compressor = new Compressor();

/** A request as a collector sends it: new ranges of one agent's files, compressed. */
export interface ReadyFrame {
  agent: number;
  body: Buffer;
  lines: number;
  /** ms after the first line: when the last of its lines was written, so when it is to be sent in a paced run. */
  due: number;
}

export interface FramePlan {
  lines: number;
  /** Time of the first line, ms since the epoch. */
  start: number;
  /** ms over which the lines are spread. */
  span: number;
  encoding: Encoding;
  /** Rare words, by line number. */
  needles?: Map<number, string>;
  /** When an agent's request is cut: by raw bytes, or by the time its lines cover. */
  cut: { bytes: number } | { ms: number };
  /** Tells the sources of one plan from another's. */
  name: string;
}

/** Ready requests of all agents, in the order in which they would be sent. Each agent is a host with four files. */
export async function makeFrames(plan: FramePlan): Promise<ReadyFrame[]> {
  const { lines: total, start, span, cut } = plan;
  const agents = Array.from({ length: AGENTS }, (_, agent) => new AgentFrames(agent, plan));
  const frames: ReadyFrame[] = [];
  for (const line of generateLines(total, start, 1, plan.needles, span)) {
    const agent = agents[line.file >> 2]!;
    const due = 'ms' in cut && line.time - start >= agent.begun + cut.ms;
    if (due || ('bytes' in cut && agent.bytes >= cut.bytes)) frames.push(await agent.cut(line.time - start));
    agent.add(line);
  }
  for (const agent of agents) if (agent.bytes > 0) frames.push(await agent.cut(span));
  return frames.sort((a, b) => a.due - b.due);
}

class AgentFrames {
  bytes = 0;
  begun = 0;
  private readonly sources: SourceDescriptor[];
  private readonly positions = new Float64Array(FILE_NAMES.length);
  private held: GeneratedLine[][] = FILE_NAMES.map(() => []);

  constructor(
    private readonly agent: number,
    private readonly plan: FramePlan,
  ) {
    const name = `agent-${agent + 1}`;
    this.sources = FILE_NAMES.map((file, index) => ({
      id: derivedId(plan.name, `${agent}.${index}`),
      agent: name,
      host: `host-${name}`,
      path: `/home/ubuntu/logs/${plan.name}/${file}`,
      head: { length: 1024, hash: digest(`${name} ${file}`) },
    }));
  }

  add(line: GeneratedLine): void {
    this.held[line.file & 3]!.push(line);
    this.bytes += line.text.length + 1;
  }

  /** @param due ms after the first line of all */
  async cut(due: number): Promise<ReadyFrame> {
    const { plan, sources, positions, held } = this;
    const entries: RangeEntry[] = [];
    const payloads: Buffer[] = [];
    let lines = 0;
    for (const [file, own] of held.entries()) {
      if (own.length === 0) continue;
      const payload = Buffer.from(`${own.map(line => line.text).join('\n')}\n`, 'latin1');
      const from = positions[file]!;
      const to = from + payload.length;
      const tail = { length: 1024, hash: digest(payload.subarray(-64)) };
      entries.push({ kind: 'bytes', source: file, from, to, observedAt: plan.start + due, tail });
      payloads.push(payload);
      positions[file] = to;
      lines += own.length;
    }
    const frame = encodeFrame(
      { version: WIRE_VERSION, collector: 'bench', sentAt: plan.start + due, sources, entries },
      payloads,
    );
    this.held = FILE_NAMES.map(() => []);
    this.bytes = 0;
    this.begun = due;
    return {
      agent: this.agent,
      body: Buffer.concat(await compressor.compress(frame, plan.encoding)),
      lines,
      due,
    };
  }
}

function digest(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
