import path from 'node:path';
import { LineDetector } from '../../detect/detector.js';
import { marksOf } from '../../detect/marks.js';
import type { LoadedPack } from '../../detect/pack.js';
import type { IncidentChange } from '../../model/incident.js';
import type { Attempt, ProbeResult } from '../../model/probe.js';
import type { RecordBatch } from '../../model/record-batch.js';
import type { Clock } from '../../platform/clock.js';
import { SystemClock, VirtualClock } from '../../platform/clock.js';
import { defined } from '../../platform/defined.js';
import { derivedId } from '../../platform/ids.js';
import { SourceParser } from '../../records/parser.js';
import { IncidentEngine } from '../engine.js';
import { type EngineSettings, programsOf } from '../settings.js';
import type { Arrival, Recording } from './recording.js';
import type { Witnessed } from './witnessed.js';

/**
 * So long the clock goes on after the last arrival: verdicts that wait for the other side's word (5 s), for the reaction
 * to an abort (15 s) may still fall due. Silences do not count in it: the recording ended, not the programs.
 */
export const TAIL_MS = 30_000;

export interface ReplayOptions {
  packs: readonly LoadedPack[];
  /** A detector made of the same packs, where many recordings are replayed. */
  detector?: LineDetector;
  settings?: Partial<EngineSettings>;
  /** Times faster than it was; absent: at once. */
  speed?: number | undefined;
  clock?: Clock;
  onChange?: ((change: IncidentChange) => void) | undefined;
}

/** Runs a recording through parser, detector and incident engine as it happened, on a virtual clock. */
export async function replay(recording: Recording, options: ReplayOptions): Promise<IncidentEngine> {
  const detector = options.detector ?? new LineDetector(options.packs);
  const engine = new IncidentEngine({
    ...programsOf(options.packs),
    ...settingsOf(recording),
    ...options.settings,
  });
  const feeder = new Feeder(recording, detector, engine);
  const steps = inOrder(recording);
  const clock = new VirtualClock(steps[0]?.at ?? 0);
  const pace = options.speed
    ? new Pace(options.clock ?? new SystemClock(), options.speed, clock.now())
    : undefined;
  const tell = (changes: IncidentChange[]) => {
    for (const change of changes) options.onChange?.(change);
  };
  for (const step of steps) {
    await pace?.until(step.at);
    clock.advanceTo(step.at);
    // known before anything of that time is judged, as when it happened
    if ('away' in step) takeWitness(engine, step);
    tell(engine.advance(clock.now()));
    if ('file' in step) feeder.take(step);
    else if (!('away' in step)) takeWitness(engine, step);
  }
  const last = steps.at(-1)?.at;
  if (last !== undefined) {
    const end = Math.max(last, recording.head?.until ?? last);
    feeder.finish(last);
    engine.outage(end);
    clock.advanceTo(end + TAIL_MS);
    tell(engine.advance(clock.now()));
  }
  return engine;
}

/** Thresholds and agents that were in force when it was recorded. */
function settingsOf({ head }: Recording): Partial<EngineSettings> {
  const { late, after, frozen } = head?.silence ?? {};
  return {
    ...defined({ lateAfter: late, silentAfter: after, frozenAfter: frozen }),
    ...(head?.agents
      ? { agents: head.agents.map(({ id, address }) => (address === undefined ? { id } : { id, address })) }
      : {}),
  };
}

/** What arrived and what was witnessed, each in order, as one. */
function inOrder({ arrivals, witnesses = [] }: Recording): (Arrival | Witnessed)[] {
  if (witnesses.length === 0) return arrivals;
  return [...witnesses, ...arrivals].sort((a, b) => a.at - b.at || rank(a) - rank(b));
}

function rank(step: Arrival | Witnessed): number {
  return 'away' in step ? 0 : 1;
}

/** Tells an engine what a witness said; the same for a recording, a capsule and a back-test. */
export function takeWitness(engine: IncidentEngine, witnessed: Witnessed): void {
  if ('heartbeat' in witnessed) engine.heartbeat(witnessed.heartbeat, witnessed.at);
  else if ('probe' in witnessed) engine.probe(witnessed.probe as ProbeResult);
  else if ('attempt' in witnessed) engine.attempt(witnessed.attempt as Attempt);
  else engine.outage(witnessed.away.from, witnessed.at);
}

/** The agent a log belongs to, from its file name. */
export function agentOf(file: string): string {
  return path.basename(file).replace(/\.(log|txt|out)(\.\d+)?$/i, '');
}

/** One generation of a file: a log that is truncated at a restart begins at 0 again. */
interface Source {
  file: string;
  generation: number;
  position: number;
  parser: SourceParser;
}

let feeders = 0;

/** Feeds arrivals to the engine by way of parser and detector. */
class Feeder {
  /** A detector that several recordings share knows their files apart by it. */
  private readonly id = ++feeders;
  private readonly sources = new Map<string, Source>();

  constructor(
    private readonly recording: Recording,
    private readonly detector: LineDetector,
    private readonly engine: IncidentEngine,
  ) {}

  take({ at, file, offset, bytes }: Arrival): void {
    const content = this.recording.contents.get(file);
    if (!content) return;
    const source = this.sourceOf(file, offset, at);
    source.position = offset + bytes;
    // the parser keeps the buffer
    const range = Uint8Array.from(content.subarray(offset, offset + bytes));
    this.emit(source, source.parser.push(range, offset, { observedAt: at }), at);
  }

  /** Gives out lines that never got their newline. */
  finish(at: number): void {
    for (const source of this.sources.values())
      this.emit(source, source.parser.finish({ observedAt: at }), at);
  }

  private sourceOf(file: string, offset: number, at: number): Source {
    const known = this.sources.get(file);
    if (known && offset >= known.position) return known;
    if (known) this.emit(known, known.parser.finish({ observedAt: at }), at);
    const source = {
      file,
      generation: (known?.generation ?? 0) + 1,
      position: offset,
      parser: new SourceParser(),
    };
    this.sources.set(file, source);
    return source;
  }

  private emit({ file, generation }: Source, batch: RecordBatch, at: number): void {
    if (batch.count === 0) return;
    const source = derivedId('replay', file, String(generation));
    this.detector.scan(batch, { id: `${this.id} ${source}`, log: `${this.id} ${file}`, path: file });
    const writer = this.recording.writers?.get(file);
    const agent = writer?.agent ?? agentOf(file);
    const came = { agent, host: writer?.host ?? agent, observedAt: at, ingestedAt: at };
    this.engine.activity(came);
    for (const mark of marksOf(batch, { ...came, path: file, source, seq: 0 })) this.engine.mark(mark);
  }
}

/** Holds a replay back to a multiple of real time. */
class Pace {
  private readonly begun: number;

  constructor(
    private readonly clock: Clock,
    private readonly speed: number,
    private readonly from: number,
  ) {
    this.begun = clock.monotonic();
  }

  until(at: number): Promise<void> {
    const wait = (at - this.from) / this.speed - (this.clock.monotonic() - this.begun);
    if (wait <= 1) return Promise.resolve();
    return new Promise(resolve => {
      const keepAlive = setInterval(() => {}, 60_000); // the clock's timers let the process end
      this.clock.after(wait, () => {
        clearInterval(keepAlive);
        resolve();
      });
    });
  }
}
