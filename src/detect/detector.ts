import type { Finding } from '../model/finding.js';
import type { RecordBatch } from '../model/record-batch.js';
import { isFault, SIGNAL_CLASSES, type SignalClass } from '../model/vocabulary.js';
import type { Match } from '../safe-regex/compile.js';
import { JUDGED_LENGTH } from '../safe-regex/cost.js';
import { CandidateFinder } from './candidates.js';
import { decidingCause } from './causes.js';
import { hasStates, judgedStatesOf, judgedText, lowered, saidOf, withoutEscapes } from './line.js';
import { LAST_RESORT, type LoadedPack } from './pack.js';
import { peerFields, peerPlaces } from './peer.js';
import { Programs } from './programs.js';
import { type CompiledRule, compileRules, type Judgement, matchRule, takesAway } from './rules.js';
import { type LineSource, SourcePrograms } from './sources.js';
import { whyOrderlyOrLocal } from './structure/orderly.js';
import { whyHarmlessPlace } from './structure/places.js';
import { whyLineTellsNothing, whyNothingHappened, whyOnlyWords } from './structure/prose.js';
import { ToldDigits } from './told-digits.js';
import { NOTHING, tellsNothing, type Verdict, Verdicts } from './verdicts.js';

/** What `scan` needs of a batch. */
export type Lines = Pick<RecordBatch, 'bytes' | 'starts' | 'count' | 'classes' | 'findings'> &
  Partial<Pick<RecordBatch, 'flags'>>;

/** A batch on its way through the detector. */
interface Scanned {
  bytes: Uint8Array;
  starts: Uint32Array;
  /** The same bytes. */
  text: Buffer;
  source: LineSource | undefined;
  /** The program the source is taken for, and its number. */
  program: string | undefined;
  about: number;
}

const CLASS_CODE = Object.fromEntries(SIGNAL_CLASSES.map((name, code) => [name, code])) as Record<
  SignalClass,
  number
>;

/**
 * Says of each line what it means. A pass over the batch's bytes finds the lines that hold texts some rule can't do without;
 * of those, what a line of the same shape meant is remembered (verdicts.ts), and only others are decoded and only the rules
 * whose texts they hold tried on them. Rules of a program's pack count in that program's lines alone.
 */
export class LineDetector {
  readonly rules: readonly CompiledRule[];
  readonly programs: Programs;
  /** Which program each source of `scan` is taken for. */
  readonly sources: SourcePrograms;
  private readonly candidates: CandidateFinder;
  /** Indexes of the rules that only veto, in order of precedence. */
  private readonly vetoes: number[];
  private readonly verdicts = new Verdicts();
  private readonly told: ToldDigits;
  /** Programs that sources were taken for, by number: a verdict depends on it. */
  private readonly programNumbers = new Map<string | undefined, number>([[undefined, 0]]);

  /** @throws DeadairError rules.invalid */
  constructor(packs: readonly LoadedPack[]) {
    this.rules = compileRules(packs);
    this.programs = new Programs(packs);
    this.sources = new SourcePrograms(this.programs);
    this.told = new ToldDigits(this.rules, this.programs);
    this.vetoes = this.rules.flatMap((rule, index) => (rule.veto ? [index] : []));
    this.candidates = new CandidateFinder(
      this.rules.map(rule => rule.arms),
      [...this.vetoes.map(index => this.rules[index]!.guard), ...this.told.guards],
    );
  }

  /**
   * Fills `classes` and `findings` of the batch; findings come in the order of the lines.
   * @param source of all the batch's lines; absent: each is judged by the marks in it
   */
  scan(batch: Lines, source?: LineSource): void {
    batch.classes.fill(0, 0, batch.count);
    const { bytes, starts } = withoutEscapes(batch.bytes, batch.starts, batch.count, batch.flags);
    const { verdicts } = this;
    verdicts.of(bytes);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const scanned: Scanned = { bytes, starts, text, source, program: undefined, about: 0 };
    this.learnt(scanned);
    // Of two lines in three that come this far it is known that they mean nothing: no closure is made before that is asked.
    this.candidates.scan(bytes, starts, batch.count, line => {
      const verdict = verdicts.find(starts[line]!, starts[line + 1]!, scanned.about);
      if (verdict !== undefined && tellsNothing(verdict)) return;
      const finding = this.meaning(scanned, line, verdict);
      if (finding === undefined) return;
      batch.classes[line] = CLASS_CODE[finding.class];
      batch.findings.set(line, finding);
    });
  }

  /** What the line means that was just looked up. @param known the verdict on it */
  private meaning(scanned: Scanned, line: number, known: Verdict | undefined): Finding | undefined {
    const { bytes, starts, source } = scanned;
    const from = starts[line]!;
    const to = starts[line + 1]!;
    const raw = () => scanned.text.toString('utf8', from, to);
    if (known === undefined && hasStates(bytes, from, to)) {
      // Such lines have no shape, so that nothing is known of one.
      const finding = this.classifyLine(raw(), source);
      this.learnt(scanned);
      return finding;
    }
    let text: string | undefined;
    let verdict = known;
    if (verdict === undefined) {
      const long = to - from > JUDGED_LENGTH;
      const rules = long ? NONE : this.candidates.of(bytes, from, to);
      if (long || rules.length > 0) text = judgedText(raw());
      verdict =
        text === undefined
          ? NOTHING
          : this.judge(text, long ? this.candidatesOf(text) : rules, scanned.program);
      const tried = rules.length > 0;
      this.verdicts.keep(from, verdict, () => this.told.readerFor(bytes, from, to, this.mayTell, tried));
      if (tellsNothing(verdict)) return undefined;
    }
    const finding = this.concluded(verdict, source, () => (text ??= judgedText(raw())));
    if (verdict.spoken.length > 0) this.learnt(scanned);
    return finding;
  }

  /** The source may be taken for another program since the last line. */
  private learnt(scanned: Scanned): void {
    const program = this.programOf(scanned.source);
    if (program === scanned.program) return;
    scanned.program = program;
    scanned.about = this.numberOf(program);
  }

  /** What one line means; undefined where it means nothing. */
  classifyLine(raw: string, source?: LineSource): Finding | undefined {
    const states = judgedStatesOf(raw);
    if (states.length > 1) return this.judgeStates(states, source);
    return this.judgeText(judgedText(raw), source);
  }

  private judgeText(text: string, source: LineSource | undefined): Finding | undefined {
    const verdict = this.judge(text, this.candidatesOf(text), this.programOf(source));
    return this.concluded(verdict, source, () => text);
  }

  /** Learns which program the source is of, too. @param textOf the line, which most verdicts need not see again */
  private concluded(
    verdict: Verdict,
    source: LineSource | undefined,
    textOf: () => string,
  ): Finding | undefined {
    if (source !== undefined)
      for (const program of verdict.spoken) this.sources.learn(source, program, textOf);
    return verdict.decided && toFinding(verdict, verdict.decided, textOf());
  }

  /** Of a line with several states: the last fault or event; where there is none, the last state that means something. */
  private judgeStates(states: readonly string[], source: LineSource | undefined): Finding | undefined {
    let weak: Finding | undefined;
    for (let i = states.length - 1; i >= 0; i--) {
      const text = states[i]!;
      let finding = this.judgeText(text, source);
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
    const line = new Line(text, this.programOf(source), this.programs);
    const indexes = [...this.vetoes, ...this.candidatesOf(text)].sort((a, b) => a - b);
    const all = indexes.flatMap(index => line.try(this.rules[index]!) ?? []);
    const standing = all.filter(one => one.dismissed === undefined);
    const left = standing.filter(
      (one, at) =>
        !one.rule.veto && !standing.slice(0, at).some(above => above.rule.veto && takesAway(above, one)),
    );
    const [first] = left;
    if (first === undefined || first.rule.class === 'none') return all;
    const decides = this.decide(first, left, text);
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
  private judge(text: string, candidates: readonly number[], program: string | undefined): Verdict {
    if (candidates.length === 0) return NOTHING;
    const line = new Line(text, program, this.programs);
    const standing: Judgement[] = [];
    for (const index of candidates) {
      const rule = this.rules[index]!;
      if (standing.length > 0 && rule.cause === undefined) continue;
      const judgement = line.try(rule);
      if (judgement === undefined || judgement.dismissed !== undefined) continue;
      if (this.vetoed(line, index, judgement)) {
        if (line.silenced) break;
        continue;
      }
      standing.push(judgement);
      // Events are a program's exact words, and look-alikes with one mean no fault.
      if (rule.event !== undefined || rule.class === 'none' || rule.priority >= FINAL) break;
    }
    const [first] = standing;
    return {
      decided: first === undefined ? undefined : this.decide(first, standing, text),
      spoken: line.spokenFor(),
    };
  }

  private readonly mayTell = (guard: number): boolean => this.candidates.mayHold(this.vetoes.length + guard);

  private programOf(source: LineSource | undefined): string | undefined {
    return source && this.sources.of(source)?.program;
  }

  private numberOf(program: string | undefined): number {
    const number = this.programNumbers.get(program) ?? this.programNumbers.size;
    this.programNumbers.set(program, number);
    return number;
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

  /** Whether a rule above the judgement's, which has this index, says that nothing happened. */
  private vetoed(line: Line, index: number, judgement: Judgement): boolean {
    for (; line.vetoesTried < this.vetoes.length; line.vetoesTried++) {
      const at = this.vetoes[line.vetoesTried]!;
      if (at > index) break;
      // The line is the one candidates were found for.
      if (!this.candidates.mayHold(line.vetoesTried)) continue;
      const veto = line.try(this.rules[at]!);
      if (veto !== undefined && veto.dismissed === undefined) line.vetoes.push(veto);
    }
    return line.vetoes.some(veto => takesAway(veto, judgement));
  }
}

/** Whose statements may speak of an orderly end or of a part of the same host. */
const TIE_CLASSES: ReadonlySet<SignalClass> = new Set(['disconnect', 'refused']);

/** A rule of this priority or a higher one decides whatever cause the line names: somebody who knows said so. */
export const FINAL = 50;

/** Rules that read a state, not a sentence about a recovery, have this priority or a lower one. */
const STATES = -50;

const NONE: readonly number[] = [];

/** A line that is being judged: what was worked out of it for one rule serves the next. */
class Line {
  /** How many of the vetoes have been tried. */
  vetoesTried = 0;
  /** Those that hold. */
  readonly vetoes: Judgement[] = [];
  private readonly lower: string;
  private readonly spoken = new Map<string, boolean>();
  /** null: not worked out yet. */
  private tellsNothing: string | undefined | null = null;
  private onlyWords: string | undefined | null = null;

  /** @param program whose log it stands in, where that is known */
  constructor(
    private readonly text: string,
    private readonly program: string | undefined,
    private readonly programs: Programs,
  ) {
    this.lower = lowered(text);
  }

  /** Whether one of the vetoes takes all away that stands below it. */
  get silenced(): boolean {
    return this.vetoes.some(({ rule }) => !rule.sparesCauses);
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
    if (nothing !== undefined || rule.cause === 'strong') return nothing;
    if (rule.priority <= LAST_RESORT) {
      const place = whyHarmlessPlace(this.lower, index, end);
      if (place !== undefined) return place;
    }
    if (this.onlyWords === null) this.onlyWords = whyOnlyWords(this.lower);
    if (this.onlyWords !== undefined || !TIE_CLASSES.has(rule.class)) return this.onlyWords;
    return whyOrderlyOrLocal(this.lower, index, end);
  }

  /** Whether the line is of that program: its source is known to be, or the line holds a mark of it. */
  private isOf(program: string): boolean {
    if (program === this.program) return true;
    const known = this.spoken.get(program);
    if (known !== undefined) return known;
    const speaks = this.programs.speaks(program, this.text);
    this.spoken.set(program, speaks);
    return speaks;
  }

  /** Programs that were asked about and whose marks it holds. */
  spokenFor(): string[] {
    return [...this.spoken].flatMap(([program, speaks]) => (speaks ? [program] : []));
  }
}

/** @param text the line that was judged, or one of the same shape */
function toFinding(verdict: Verdict, { rule, match }: Judgement, text: string): Finding {
  const groups = match.groups && rule.pattern?.match(text, match.from)?.groups;
  if (verdict.peer === undefined)
    verdict.peer = rule.class === 'none' ? null : (peerPlaces(text, groups) ?? null);
  const fields = { ...(verdict.peer && peerFields(text, verdict.peer)), ...groups };
  return {
    class: rule.class,
    rule: rule.name,
    ...(rule.event === undefined ? {} : { event: rule.event }),
    ...(rule.about === undefined ? {} : { about: rule.about }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
  };
}
