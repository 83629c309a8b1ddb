import type { Finding } from '../model/finding.js';
import type { RecordBatch } from '../model/record-batch.js';
import { FAULT_CLASSES, SIGNAL_CLASSES, type SignalClass } from '../model/vocabulary.js';
import type { Match } from '../safe-regex/compile.js';
import { JUDGED_LENGTH } from '../safe-regex/cost.js';
import { CandidateFinder } from './candidates.js';
import { decidingCause } from './causes.js';
import { hasStates, judgedStatesOf, judgedText, lowered, saidOf, withoutEscapes } from './line.js';
import type { LoadedPack } from './pack.js';
import { peerFields } from './peer.js';
import { Programs } from './programs.js';
import { type CompiledRule, compileRules, type Judgement, matchRule } from './rules.js';
import { type LineSource, SourcePrograms } from './sources.js';
import { whyOrderlyOrLocal } from './structure/orderly.js';
import { whyLineTellsNothing, whyNothingHappened } from './structure/prose.js';

/** What `scan` needs of a batch. */
export type Lines = Pick<RecordBatch, 'bytes' | 'starts' | 'count' | 'classes' | 'findings'> &
  Partial<Pick<RecordBatch, 'flags'>>;

const CLASS_CODE = Object.fromEntries(SIGNAL_CLASSES.map((name, code) => [name, code])) as Record<
  SignalClass,
  number
>;

/**
 * Says of each line what it means. A pass over the batch's bytes finds the lines that hold texts some rule can't do without;
 * only those are decoded, and only those rules tried on them. Rules of a program's pack count in that program's lines alone.
 */
export class LineDetector {
  readonly rules: readonly CompiledRule[];
  readonly programs: Programs;
  /** Which program each source of `scan` is taken for. */
  readonly sources: SourcePrograms;
  private readonly candidates: CandidateFinder;
  /** Indexes of the rules that only veto, in order of precedence. */
  private readonly vetoes: number[];

  /** @throws DeadairError rules.invalid */
  constructor(packs: readonly LoadedPack[]) {
    this.rules = compileRules(packs);
    this.programs = new Programs(packs);
    this.sources = new SourcePrograms(this.programs);
    this.vetoes = this.rules.flatMap((rule, index) => (rule.veto ? [index] : []));
    this.candidates = new CandidateFinder(
      this.rules.map(rule => rule.arms),
      this.vetoes.map(index => this.rules[index]!.guard),
    );
  }

  /**
   * Fills `classes` and `findings` of the batch; findings come in the order of the lines.
   * @param source of all the batch's lines; absent: each is judged by the marks in it
   */
  scan(batch: Lines, source?: LineSource): void {
    batch.classes.fill(0, 0, batch.count);
    const { bytes, starts } = withoutEscapes(batch.bytes, batch.starts, batch.count, batch.flags);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.candidates.scan(bytes, starts, batch.count, line => {
      const from = starts[line]!;
      const to = starts[line + 1]!;
      const finding = hasStates(bytes, from, to)
        ? this.classifyLine(text.toString('utf8', from, to), source)
        : this.judgeBytes(bytes, text, from, to, source);
      if (finding === undefined) return;
      batch.classes[line] = CLASS_CODE[finding.class];
      batch.findings.set(line, finding);
    });
  }

  private judgeBytes(
    bytes: Uint8Array,
    text: Buffer,
    from: number,
    to: number,
    source: LineSource | undefined,
  ): Finding | undefined {
    const long = to - from > JUDGED_LENGTH;
    const rules = long ? NONE : this.candidates.of(bytes, from, to);
    if (!long && rules.length === 0) return undefined;
    const judged = judgedText(text.toString('utf8', from, to));
    return this.judge(judged, long ? this.candidatesOf(judged) : rules, source);
  }

  /** What one line means; undefined where it means nothing. */
  classifyLine(raw: string, source?: LineSource): Finding | undefined {
    const states = judgedStatesOf(raw);
    if (states.length > 1) return this.judgeStates(states, source);
    const text = judgedText(raw);
    return this.judge(text, this.candidatesOf(text), source);
  }

  /** Of a line with several states: the last fault or event; where there is none, the last state that means something. */
  private judgeStates(states: readonly string[], source: LineSource | undefined): Finding | undefined {
    let weak: Finding | undefined;
    for (let i = states.length - 1; i >= 0; i--) {
      const text = states[i]!;
      let finding = this.judge(text, this.candidatesOf(text), source);
      if (finding === undefined) continue;
      if (i < states.length - 1) finding = { ...finding, fields: { ...finding.fields, said: saidOf(text) } };
      if (finding.event !== undefined || isFault(finding.class)) return finding;
      weak ??= finding;
    }
    return weak;
  }

  /** Every rule that matches the line: the one that decides first, then the others in order of precedence. */
  explain(raw: string, source?: LineSource): Judgement[] {
    const text = this.decidingState(raw, source);
    const line = new Line(text, source, this);
    const indexes = [...this.vetoes, ...this.candidatesOf(text)].sort((a, b) => a - b);
    const all = indexes.flatMap(index => line.try(this.rules[index]!) ?? []);
    const standing = all.filter(one => one.dismissed === undefined);
    const [first] = standing;
    if (first === undefined || first.rule.veto || first.rule.class === 'none') return all;
    const veto = standing.findIndex(one => one.rule.veto);
    const decides = this.decide(first, veto < 0 ? standing : standing.slice(0, veto), text);
    return [decides, ...all.filter(one => one.rule !== decides.rule)];
  }

  private decidingState(raw: string, source: LineSource | undefined): string {
    const states = judgedStatesOf(raw);
    const said = states.length > 1 ? this.judgeStates(states, source)?.fields?.said : undefined;
    return states.find(text => said !== undefined && saidOf(text) === said) ?? judgedText(raw);
  }

  private candidatesOf(text: string): readonly number[] {
    const bytes = Buffer.from(text, 'utf8');
    return this.candidates.of(bytes, 0, bytes.length);
  }

  /** Rules are in order of precedence: the first that stands is where the search for the cause begins, unless a veto stands above it. */
  private judge(text: string, candidates: readonly number[], source?: LineSource): Finding | undefined {
    if (candidates.length === 0) return undefined;
    const line = new Line(text, source, this);
    const standing: Judgement[] = [];
    for (const index of candidates) {
      const rule = this.rules[index]!;
      if (standing.length > 0 && rule.cause === undefined) continue;
      const judgement = line.try(rule);
      if (judgement === undefined || judgement.dismissed !== undefined) continue;
      if (this.vetoed(line, index)) break;
      standing.push(judgement);
      // Events are a program's exact words, and look-alikes with one mean no fault.
      if (rule.event !== undefined || rule.class === 'none' || rule.priority >= FINAL) break;
    }
    const [first] = standing;
    return first === undefined ? undefined : toFinding(this.decide(first, standing, text), text);
  }

  private decide(first: Judgement, standing: readonly Judgement[], text: string): Judgement {
    if (first.rule.event !== undefined || first.rule.priority >= FINAL) return first;
    if (first.rule.class === 'recovered') {
      // `marked as unreachable (last state: Up)`: what is said first is what happened.
      const before = standing.filter(
        ({ rule, match }) => rule.cause !== undefined && match.index < first.match.index,
      );
      return first.rule.priority > STATES || before.length === 0
        ? first
        : decidingCause(before[0]!, before.slice(1), text);
    }
    return decidingCause(first, standing.slice(standing.indexOf(first) + 1), text);
  }

  /** Whether a rule above the one with this index says that nothing happened. The line is the one candidates were found for. */
  private vetoed(line: Line, index: number): boolean {
    for (; line.vetoesTried < this.vetoes.length; line.vetoesTried++) {
      const veto = this.vetoes[line.vetoesTried]!;
      if (veto > index) return false;
      if (!this.candidates.mayHold(line.vetoesTried)) continue;
      const judgement = line.try(this.rules[veto]!);
      if (judgement !== undefined && judgement.dismissed === undefined) return true;
    }
    return false;
  }
}

/** Whose statements may speak of an orderly end or of a part of the same host. */
const TIE_CLASSES: ReadonlySet<SignalClass> = new Set(['disconnect', 'refused']);

/** A rule of this priority or a higher one decides whatever cause the line names: somebody who knows said so. */
export const FINAL = 50;

/** Rules that read a state, not a sentence about a recovery, have this priority or a lower one. */
const STATES = -50;

const NONE: readonly number[] = [];

function isFault(name: SignalClass): boolean {
  return (FAULT_CLASSES as readonly SignalClass[]).includes(name);
}

/** A line that is being judged: what was worked out of it for one rule serves the next. */
class Line {
  /** How many of the vetoes have been tried in vain. */
  vetoesTried = 0;
  private readonly lower: string;
  private readonly spoken = new Map<string, boolean>();
  /** null: not worked out yet. */
  private tellsNothing: string | undefined | null = null;

  constructor(
    private readonly text: string,
    private readonly source: LineSource | undefined,
    private readonly detector: Pick<LineDetector, 'programs' | 'sources'>,
  ) {
    this.lower = lowered(text);
  }

  try(rule: CompiledRule): Judgement | undefined {
    const match = matchRule(rule, this.text, this.lower);
    if (match === undefined) return undefined;
    if (rule.of !== undefined && !this.isOf(rule.of))
      return { rule, match, dismissed: `a rule for ${rule.of}, which is not known to have written this` };
    const dismissed = rule.prose ? this.whyNot(rule, match) : undefined;
    return dismissed === undefined ? { rule, match } : { rule, match, dismissed };
  }

  private whyNot(rule: CompiledRule, { index, end }: Match): string | undefined {
    if (this.tellsNothing === null) this.tellsNothing = whyLineTellsNothing(this.lower);
    const nothing = this.tellsNothing ?? whyNothingHappened(this.lower, index, end);
    if (nothing !== undefined || rule.cause === 'strong' || !TIE_CLASSES.has(rule.class)) return nothing;
    return whyOrderlyOrLocal(this.lower, index, end);
  }

  /** Whether the line is of that program: its source is known to be, or the line holds a mark of it. */
  private isOf(program: string): boolean {
    const known = this.spoken.get(program);
    if (known !== undefined) return known;
    const { source, text } = this;
    const { programs, sources } = this.detector;
    let is = source !== undefined && sources.of(source)?.program === program;
    if (!is && programs.speaks(program, text)) {
      is = true;
      if (source !== undefined) sources.learn(source, program, text);
    }
    this.spoken.set(program, is);
    return is;
  }
}

function toFinding({ rule, match }: Judgement, text: string): Finding {
  const fields = { ...(rule.class === 'none' ? {} : peerFields(text, match.groups)), ...match.groups };
  return {
    class: rule.class,
    rule: rule.name,
    ...(rule.event === undefined ? {} : { event: rule.event }),
    ...(rule.about === undefined ? {} : { about: rule.about }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
  };
}
