import type { RecordBatch } from '../records/batch.js';
import { SIGNAL_CLASSES, type SignalClass } from '../records/vocabulary.js';
import { CandidateFinder } from './candidates.js';
import type { Finding } from './finding.js';
import { judgedText, lowered } from './line.js';
import type { LoadedPack } from './load.js';
import type { Match } from './pattern/compile.js';
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

const CLASS_CODE = Object.fromEntries(SIGNAL_CLASSES.map((name, code) => [name, code])) as Record<
  SignalClass,
  number
>;

/**
 * Says of each line what it means. One pass of the prefilter over the batch's bytes finds the lines that hold a text
 * some rule can't do without; only those are decoded, and only those rules tried on them.
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

  /** Fills `classes` and `findings` of the batch. */
  scan(batch: RecordBatch): void {
    batch.classes.fill(0, 0, batch.count);
    this.candidates.scan(batch.bytes, batch.starts, batch.count, (line, rules) => {
      const from = batch.starts[line]!;
      const length = batch.starts[line + 1]! - from;
      const raw = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset + from, length).toString('utf8');
      const finding = this.judge(judgedText(raw), rules);
      if (finding === undefined) return;
      batch.classes[line] = CLASS_CODE[finding.class];
      batch.findings.set(line, finding);
    });
  }

  /** What one line means; undefined where it means nothing. */
  classifyLine(raw: string): Finding | undefined {
    const text = judgedText(raw);
    return this.judge(text, this.candidates.of(text));
  }

  /** Every rule that matches the line, in order of precedence. */
  explain(raw: string): Judgement[] {
    const text = judgedText(raw);
    const lower = lowered(text);
    const indexes = [...this.vetoes, ...this.candidates.of(text)].sort((a, b) => a - b);
    return indexes.flatMap(index => this.tryRule(this.rules[index]!, text, lower) ?? []);
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
