import type { LogRow } from '../model/log-row.js';
import { LEVELS, SIGNAL_CLASSES } from '../model/vocabulary.js';
import { displayText } from '../records/text.js';
import { type Tally, TallyMaker } from './tally.js';

/** Counts rows by skeleton. */
export class RowTally {
  private readonly maker: TallyMaker;
  private readonly agents: string[] = [];
  private readonly numbers = new Map<string, number>();

  /** @param span the asked event time [from, to), ms since the epoch */
  constructor({ from, to }: { from: number; to: number }) {
    this.maker = new TallyMaker(from, to);
  }

  add(row: LogRow): void {
    let number = this.numbers.get(row.agent);
    if (number === undefined) {
      number = this.agents.push(row.agent) - 1;
      this.numbers.set(row.agent, number);
    }
    const bytes = Buffer.from(displayText(row.raw), 'utf8');
    const signal = SIGNAL_CLASSES.indexOf(row.class);
    this.maker.add(bytes, 0, bytes.length, row.time, number, LEVELS.indexOf(row.level), signal, row.flags);
  }

  result(): Tally {
    return this.maker.result(at => this.agents[at]!);
  }
}
