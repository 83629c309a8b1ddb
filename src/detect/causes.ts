import type { Match } from '../safe-regex/compile.js';
import type { Judgement } from './rules.js';

/**
 * What a line says is a chain: what was tried, with whom, how it failed, why. The class is that of the innermost network
 * cause the line names, whatever verb, state or prefix stands before it:
 *
 *   timed out waiting for db: failed to connect: dial tcp 10.0.0.4:5432: connect: connection refused      → refused
 *
 * Programs write the reason behind the deed (`A: B: C`, `caused by`, `(…)`, `error=`, `last error`), so the innermost
 * cause is the one that ends last; of two that end together the longer one knows more (`lookup x: i/o timeout` is a
 * look-up). What the system itself said (`strong`) stands before a cause told in general words (`weak`): "timed out" is
 * often only how long somebody waited, "cannot reach" what came of it. A weak cause decides over verbs and states, but not
 * over a program's own rule; of several, a time-out decides.
 *
 * @param first the rule that decides by precedence
 * @param others what else matches, in order of precedence
 * @param text the line as judged
 */
export function decidingCause(first: Judgement, others: readonly Judgement[], text: string): Judgement {
  const cause = innermostCause(first, others, text);
  // Of one class the rule that stood first knows more: who, and for how long.
  return cause.rule.class === first.rule.class ? first : cause;
}

function innermostCause(first: Judgement, others: readonly Judgement[], text: string): Judgement {
  const strong = [first, ...others].filter(one => isCause(one, 'strong'));
  if (strong.length > 1 && strong.some(({ rule }) => rule.class !== strong[0]!.rule.class)) {
    const last = strong.map(one => ({ ...one, match: lastMatch(one, text) }));
    const inner = last.reduce((inner, one) => (isInner(one, inner) ? one : inner));
    // A look-up can run out of time, but nothing runs out of time into a look-up: `could not be resolved (110: timed out)`.
    if (inner.rule.class === 'timeout') return last.find(({ rule }) => rule.class === 'dns') ?? inner;
    // A handshake can be cut off: `TLS handshake error from 10.0.0.4:35814: EOF`.
    if (inner.rule.class === 'disconnect') return last.find(one => isHandshake(one, text)) ?? inner;
    return inner;
  }
  if (strong.length > 0) return strong[0]!;
  if (knowsItsProgram(first)) return first;
  const weak = [first, ...others].filter(other => isCause(other, 'weak'));
  return (
    weak.find(({ rule }) => rule.class === 'timeout') ??
    weak.reduce<Judgement | undefined>(
      (inner, one) => (inner === undefined || isInner(one, inner) ? one : inner),
      undefined,
    ) ??
    first
  );
}

function isCause({ rule }: Judgement, strength: 'strong' | 'weak'): boolean {
  return rule.cause === strength && rule.class !== 'none';
}

function isHandshake({ rule, match }: Judgement, text: string): boolean {
  return rule.class === 'tls' && HANDSHAKE.test(text.slice(match.index, match.end));
}

/** Said to have failed; that it was going on (`TLS handshaking: SSL_accept(): reset by peer`) says only when the tie was lost. */
const HANDSHAKE = /handshake (?:error|fail)|(?:error|fail)\w*\b.{0,20}\bhandshake\b/i;

function isInner(one: Judgement, other: Judgement): boolean {
  const after = one.match.end - other.match.end;
  return after !== 0 ? after > 0 : one.match.index < other.match.index;
}

/** A cause is often told twice (`Connection reset by peer … SSL_accept() failed: Connection reset by peer`). */
function lastMatch({ rule, match }: Judgement, text: string): Match {
  let last = match;
  // A pattern tied to the beginning or end of the line has no second place.
  if (rule.pattern === undefined || /(?:^|[^[\\])[\^$]/.test(rule.pattern.source)) return last;
  for (let times = 0; times < MOST_TIMES; times++) {
    const from = last.end;
    const next = rule.pattern.match(text, from);
    if (next === undefined || next.end === from) break;
    last = { ...next, from };
  }
  return last;
}

const MOST_TIMES = 8;

/** A rule of a program's pack, not of the general grammar. */
function knowsItsProgram({ rule }: Judgement): boolean {
  return rule.priority > GENERAL;
}

/** Rules of the general packs have lower priorities than this. */
const GENERAL = -10;
