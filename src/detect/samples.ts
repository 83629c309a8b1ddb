import type { LineDetector } from './detector.js';
import { judgedText, lowered } from './line.js';
import type { LoadedPack } from './pack.js';
import { matchRule } from './rules.js';
import type { LineSource } from './sources.js';

/** What came of one sample line of a rule. */
export interface SampleFailure {
  rule: string;
  line: string;
  expected: 'match' | 'no match';
  /** In words for a person: what happened instead. */
  happened: string;
}

export interface SampleReport {
  pack: string;
  title: string;
  rules: number;
  samples: number;
  failures: SampleFailure[];
}

/**
 * Runs every rule's own samples. A `match` line must be matched by the rule *and* end with the rule's class when all packs
 * have had their say (a look-alike of another pack may not swallow it). A `not` line must not be decided by the rule.
 */
export function runSamples(detector: LineDetector, packs: readonly LoadedPack[]): SampleReport[] {
  const compiled = new Map(detector.rules.map(rule => [rule.name, rule]));
  return packs.map(pack => {
    const failures: SampleFailure[] = [];
    let samples = 0;
    for (const { id, samples: own } of pack.rules) {
      const rule = compiled.get(`${pack.pack}/${id}`)!;
      for (const line of own.match) {
        samples++;
        const happened = whyNotMatched(detector, rule, line);
        if (happened !== undefined) failures.push({ rule: rule.name, line, expected: 'match', happened });
      }
      for (const line of own.not) {
        samples++;
        const decided = detector
          .explain(line, ownSource(rule))
          .find(judgement => judgement.dismissed === undefined);
        if (decided?.rule === rule) {
          failures.push({ rule: rule.name, line, expected: 'no match', happened: 'it matched' });
        }
      }
    }
    return { pack: pack.pack, title: pack.title, rules: pack.rules.length, samples, failures };
  });
}

/** The rule's samples are lines of its own program. */
function ownSource({ of }: LineDetector['rules'][number]): LineSource | undefined {
  return of === undefined ? undefined : { id: `samples of ${of}`, path: '', program: of };
}

function whyNotMatched(
  detector: LineDetector,
  rule: LineDetector['rules'][number],
  line: string,
): string | undefined {
  const judgements = detector.explain(line, ownSource(rule));
  // A veto's business is that the line means nothing in the end.
  const own = judgements.find(judgement => judgement.rule === rule);
  if (own === undefined) {
    const text = judgedText(line);
    return matchRule(rule, text, lowered(text)) === undefined
      ? 'it did not match'
      : 'the rule matches, but the prefilter did not find its text in the line';
  }
  if (own.dismissed !== undefined) return `dismissed as ${own.dismissed}`;
  const decided = judgements.find(judgement => judgement.dismissed === undefined)!.rule;
  if (decided.class !== rule.class) return `${decided.name} decided: ${decided.class}`;
  if (rule.event !== undefined && decided.event !== rule.event) return `${decided.name} took its event`;
  return undefined;
}
