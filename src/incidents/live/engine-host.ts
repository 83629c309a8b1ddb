import zlib from 'node:zlib';
import { unpackMarks } from '../../model/mark-pack.js';
import type { Run } from '../../model/run.js';
import { messageOf } from '../../platform/errors.js';
import { isImported } from '../../platform/ids.js';
import { IncidentEngine } from '../engine.js';
import type { Answer, Question } from '../explain.js';
import type { EngineSettings } from '../settings.js';
import type { Advanced, EngineCalls, EngineInput } from './engine-client.js';

/** The engine behind the calls that a thread answers. */
export class EngineHost implements EngineCalls {
  private engine = new IncidentEngine();
  /** Of each run, what was told of it last. */
  private told = new Map<string, Run>();

  begin(settings: Partial<EngineSettings>, saved: string | undefined): { unreadable?: string } {
    this.told.clear();
    try {
      this.engine = new IncidentEngine(settings, saved === undefined ? undefined : unpacked(saved));
      return {};
    } catch (thrown) {
      this.engine = new IncidentEngine(settings);
      return { unreadable: messageOf(thrown) };
    }
  }

  feed(inputs: EngineInput[]): void {
    for (const input of inputs) this.take(input);
  }

  advance(now: number): Advanced {
    return {
      changes: this.engine.advance(now),
      runs: this.changedRuns(),
      wanted: this.engine.takeWanted(),
    };
  }

  explain(question: Question): Answer {
    return this.engine.explain(question);
  }

  /** A tenth of the text: signs of life of a thousand hosts are megabytes, and the main thread writes them into a document. */
  save(): string {
    return zlib.deflateRawSync(this.engine.snapshot(), { level: 1 }).toString('base64');
  }

  private take(input: EngineInput): void {
    const { engine } = this;
    if ('marks' in input)
      for (const mark of unpackMarks(input.marks)) {
        // What a capsule brought happened elsewhere, and was judged there.
        if (isImported(mark.source)) continue;
        engine.mark(mark);
      }
    else if ('activity' in input) engine.activity(input.activity);
    else if ('heartbeat' in input) engine.heartbeat(input.heartbeat, input.at);
    else if ('probe' in input) engine.probe(input.probe);
    else if ('attempt' in input) engine.attempt(input.attempt);
    else if ('gap' in input) engine.gap(input.gap);
    else if ('outage' in input) engine.outage(input.outage.from, input.outage.to);
    else if ('setBack' in input) engine.setBack(input.setBack.to);
    else engine.retire(input.retire.agent, input.retire.retired);
  }

  private changedRuns(): Run[] {
    const { told } = this;
    this.told = new Map();
    const changed: Run[] = [];
    for (const run of this.engine.liveRuns()) {
      let now = told.get(run.id);
      if (!now || !isSame(now, run)) {
        now = { ...run };
        changed.push(now);
      }
      this.told.set(run.id, now);
    }
    return changed;
  }
}

/** Lists are compared as objects: a run's agents are replaced, not changed. */
function isSame(before: Run, run: Run): boolean {
  const keys = Object.keys(run) as (keyof Run)[];
  return keys.length === Object.keys(before).length && keys.every(key => before[key] === run[key]);
}

function unpacked(saved: string): string {
  return zlib.inflateRawSync(Buffer.from(saved, 'base64')).toString('utf8');
}
