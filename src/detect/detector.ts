import type { Finding } from '../model/finding.js';
import type { RecordBatch } from '../model/record-batch.js';
import { SIGNAL_CLASSES, type SignalClass } from '../model/vocabulary.js';
import type { Match } from '../safe-regex/compile.js';
import { JUDGED_LENGTH } from '../safe-regex/cost.js';
import { CandidateFinder } from './candidates.js';
import { judgedText, lowered, withoutEscapes } from './line.js';
import type { LoadedPack } from './pack.js';
import { peerFields } from './peer.js';
import { type CompiledRule, compileRules, matchRule } from './rules.js';
import { whyNothingHappened } from './structure/prose.js';

/** A rule that matched a line, and why it did not count if it did not: for `deadair classify --explain`. */
export interface Judgement {
  rule: CompiledRule;
  match: Match;
  /** What the line's structure says against it. */
  dismissed?: string;
}

/** What `scan` needs of a batch. */
export type Lines = Pick<RecordBatch, 'bytes' | 'starts' | 'count' | 'classes' | 'findings'> &
  Partial<Pick<RecordBatch, 'flags'>>;

const CLASS_CODE = Object.fromEntries(SIGNAL_CLASSES.map((name, code) => [name, code])) as Record<
  SignalClass,
  number
>;

/**
 * Says of each line what it means. A pass over the batch's bytes finds the lines that hold texts some rule can't do without;
 * only those are decoded, and only those rules tried on them.
 */
export class LineDetector {
  readonly rules: readonly CompiledRule[];
  private readonly candidates: CandidateFinder;
  /** Indexes of the rules that only veto, in order of precedence. */
  private readonly vetoes: number[];

  /** @throws DeadairError rules.invalid */
  constructor(packs: readonly LoadedPack[]) {
    this.rules = compileRules(packs);
    this.candidates = new CandidateFinder(this.rules.map(rule => rule.arms));
    this.vetoes = this.rules.flatMap((rule, index) => (rule.veto ? [index] : []));
  }

  /** Fills `classes` and `findings` of the batch; findings come in the order of the lines. */
  scan(batch: Lines): void {
    batch.classes.fill(0, 0, batch.count);
    const { bytes, starts } = withoutEscapes(batch.bytes, batch.starts, batch.count, batch.flags);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.candidates.scan(bytes, starts, batch.count, line => {
      const from = starts[line]!;
      const to = starts[line + 1]!;
      let finding: Finding | undefined;
      if (to - from > JUDGED_LENGTH) finding = this.classifyLine(text.toString('utf8', from, to));
      else {
        const rules = this.candidates.of(bytes, from, to);
        if (rules.length > 0) finding = this.judge(judgedText(text.toString('utf8', from, to)), rules);
      }
      if (finding === undefined) return;
      batch.classes[line] = CLASS_CODE[finding.class];
      batch.findings.set(line, finding);
    });
  }

  /** What one line means; undefined where it means nothing. */
  classifyLine(raw: string): Finding | undefined {
    const text = judgedText(raw);
    return this.judge(text, this.candidatesOf(text));
  }

  /** Every rule that matches the line, in order of precedence. */
  explain(raw: string): Judgement[] {
    const text = judgedText(raw);
    const lower = lowered(text);
    const indexes = [...this.vetoes, ...this.candidatesOf(text)].sort((a, b) => a - b);
    return indexes.flatMap(index => this.tryRule(this.rules[index]!, text, lower) ?? []);
  }

  private candidatesOf(text: string): readonly number[] {
    const bytes = Buffer.from(text, 'utf8');
    return this.candidates.of(bytes, 0, bytes.length);
  }

  /** Rules are in order of precedence, so the first that stands decides, unless a veto stands above it. */
  private judge(text: string, candidates: readonly number[]): Finding | undefined {
    if (candidates.length === 0) return undefined;
    const lower = lowered(text);
    for (const index of candidates) {
      const judgement = this.tryRule(this.rules[index]!, text, lower);
      if (judgement === undefined || judgement.dismissed !== undefined) continue;
      for (const veto of this.vetoes) {
        if (veto > index) break;
        if (this.tryRule(this.rules[veto]!, text, lower) !== undefined) return undefined;
      }
      return toFinding(judgement.rule, judgement.match, text);
    }
    return undefined;
  }

  private tryRule(rule: CompiledRule, text: string, lower: string): Judgement | undefined {
    const match = matchRule(rule, text, lower);
    if (match === undefined) return undefined;
    const dismissed = rule.prose ? whyNothingHappened(lower, match.index, match.end) : undefined;
    return dismissed === undefined ? { rule, match } : { rule, match, dismissed };
  }
}

function toFinding(rule: CompiledRule, match: Match, text: string): Finding {
  const fields = { ...(rule.class === 'none' ? {} : peerFields(text, match.groups)), ...match.groups };
  return {
    class: rule.class,
    rule: rule.name,
    ...(rule.event === undefined ? {} : { event: rule.event }),
    ...(rule.about === undefined ? {} : { about: rule.about }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
  };
}
