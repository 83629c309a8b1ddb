import { partAfter, partBefore } from './parts.js';

/**
 * Where a strong word of its own (`timeout`, `offline`, `EOF`) tells of nothing; undefined where it is an event.
 *
 * For rules of the last resort (packs/defaults.yaml), which know no sentence: a word that stands in none of these places
 * happened. They are what programs have such words for when all is well: a value, an option, somebody's setting it, a
 * plan, an identifier of source code.
 * @param lower the line in lower case
 * @param from where the word begins
 * @param to one past its end
 */
export function whyHarmlessPlace(lower: string, from: number, to: number): string | undefined {
  const before = partBefore(lower, from, 60);
  const after = partAfter(lower, to, 60);
  const word = lower.slice(from, to);
  if (SOURCE_CODE.test(lower)) return 'source code or a setting';
  if (!word.includes(' ') && VALUE.test(after) && !CAUSE_BEFORE.test(before)) return 'the name of a value';
  if (QUOTED_BEFORE.test(before) && QUOTED_AFTER.test(after) && !REASON_BEFORE.test(before))
    return 'a name that is spoken of';
  if (NAMED_AFTER.test(after)) return 'the name of a part or of a setting';
  if (OPTION_BEFORE.test(before)) return 'an option';
  if (MANAGED_BEFORE.test(before)) return 'what somebody sets or uses';
  if (JUDGED_AFTER.test(after)) return 'a value that is judged';
  if (OWN_END_AFTER.test(after)) return 'a part of an orderly end';
  if (PLAN_BEFORE.test(before) || PLAN_AFTER.test(after)) return 'what is planned';
  if (IDENTIFIER.test(word) && !REASON_BEFORE.test(before)) return 'an identifier';
  return undefined;
}

/** `timeout = 30`, `timeout: 5s`, `timeout 300 ms`, `timeout of 5 s`, `(timeout=none)` */
const VALUE =
  /^s?["'`)\]]{0,2}\s{0,8}(?:(?::?=|=>|:)\s{0,4}["'`([{<]{0,2}(?:[-+]?\.?\d|true\b|false\b|null\b|none\b|undefined\b|nil\b|yes\b|on\b|off\b|infinite|never|disabled|enabled|[$%{<])|(?:=|=>)\s{0,2}\w|\(?\d[\d.]{0,8}(?: ?(?:m?s|us|ns|secs?|seconds?|msecs?|millis\w{0,9}|min(?:ute)?s?|h(?:ours?)?))?(?:[\s,;.)\]]{0,3}$|[,;)\]]|\s(?:for|on|to|[a-z]\w{0,20}=))|(?:of|is|was|were|will be|to|from|has been|set to|equals?|in|=|about|at least|at most|up to|between) (?:a |an |about )?[-+]?\.?\d)/;

/** `returned due to timeout 3000 ms` */
const CAUSE_BEFORE = /\b(?:due to|because of|caused by|failed by|on|after) (?:an? |the )?$/;
/** `'timeout' is deprecated`, not `error="timeout"` */
const QUOTED_BEFORE = /(?:^|[^=:\s]\s)["'`]$/;
const QUOTED_AFTER = /^s?["'`]/;

/** `timeout policy`, `timeout handler`, `timeout_ms`, `timeout()`, `offline mode` */
const NAMED_AFTER =
  /^s?(?:["'`)\]]?\s(?:policy|policies|values?|handlers?|callbacks?|threads?|tasks?|options?|settings?|parameters?|params?|flags?|fields?|config\w{0,10}|propert(?:y|ies)|variables?|attributes?|intervals?|timers?|caches?|functions?|methods?|supports?|features?|counters?|metrics?|stat(?:s|istics)?|modes?|ticks?|limits?|ranges?|seconds|milliseconds|ms|minutes|input|splits|msgs?|extension|list|table|queue|test|tests)\b|[_:]\w|-\w{3,}|\.\w|\(\w{0,20}\)|<|\[\])/;

/** `--timeout`, `-Dx.timeout`, `[timeout]`, `<timeout>`, `ms-timeout`, `$timeout` */
const OPTION_BEFORE = /(?:--?|[$@%&]|\.|::|\/|<|\*|\bopt(?:ion)? ['"`]?|\b-?\w=)$|\[-{1,2}$/;

/** Whoever sets, uses, parses or forgets it. */
const MANAGED_BEFORE =
  /\b(?:set(?:s|ting)?|us(?:e|es|ed|ing)|config\w{0,10}|default\w{0,3}|negotiated|specif\w{1,6}|chang\w{1,4}|increas\w{1,4}|decreas\w{1,4}|reduc\w{1,4}|extend\w{0,3}|adjust\w{0,4}|updat\w{1,4}|appl(?:y|ied|ies|ying)|invalid|illegal|bad|missing|pars(?:e|ed|ing)|ignor\w{1,4}|unknown|unsupported|support\w{0,3}|enabl\w{1,4}|disabl\w{1,4}|no|without|with(?: an?)?(?: [\d.]{1,8} ?\w{0,8})?|add\w{0,3}|remov\w{1,4}|clear\w{0,3}|clean\w{0,3}|cancel\w{0,5}|schedul\w{1,4}|tak(?:e|ing)|bring(?:ing)?|start\w{0,3}|arm\w{0,3}|reset\w{0,4}|running|register\w{0,3}|associat\w{1,4}|wakeup due to|maximum|minimum|max|min|new|current|requested|expected|returns?|expir(?:e|es|y)|test\w{0,3}|simulat\w{1,4}|command|method|function|policy|intercept|please|check|try|value of|than|its|longer|within|waits?|waiting) (?:(?:the|a|an|any|its|your|this|that|of|for|on|to|static|[\w./-]{1,24}) ){0,3}["'`(]{0,2}$/;

/** `timeout is not a float`, `timeout must be`, `timeout cannot be negative`, `timeout too high` */
const JUDGED_AFTER =
  /^s?["'`)]{0,2} (?:value )?(?:(?:is|are|was|were|has|have|to|be|been) ){0,2}(?:not (?:a|an|set|valid|supported|allowed|specified|given|yet)|must|should|cannot|can not|can't|may|needs?|invalid|too (?:high|low|small|large|short|long|big)|less|lower|greater|higher|bigger|smaller|larger|longer|shorter|below|above|changed|increased|reduced|disabled|enabled|deprecated|obsolete|renamed|ignored|expected|recommended|configured|set|in use|infinite|negative|positive|already|an? (?:positive|bad))\b/;

/** `timeout disconnecting from x`, `idle timeout 33s exceeded, initiating graceful shutdown`, `timeout (31s > 30s), killing` */
const OWN_END_AFTER =
  /^s? (?:(?:while|when|during|on) )?(?:disconnecting|closing|stopping|shutting|terminating|draining)\b|\bgraceful|\bkill(?:ed|ing)\b/;

const PLAN_BEFORE =
  /\b(?:will|would|shall|going to|about to|until|till|before|prior to|in order to|next|remaining|left) (?:[\w-]{1,16} ){0,3}$/;
const PLAN_AFTER = /^s? (?:in|after|at|every|for) (?:\d|the next)/;

/** A name with underscores or of several words in one, as settings have. */
const IDENTIFIER = /\w_|_\w|^\w{3,}(?:time[-_]?out)s?$/;
/** Where a name stands as the reason: `due to keepalive_timeout`, `(error gatewaytimeout)`, `error={read_timeout`. */
const REASON_BEFORE =
  /(?:\b(?:due to|because of|caused by|by|after|on|for|got|error|err|reason|cause|code|status|exception|failed|failure|failing)[\s:="'({[<]{1,4}|[:,]\s{1,2}["'({[]{0,2}|[{(]\w{2,12},\s?|\] )$/;

/** The line as a whole is code or a listing. */
const SOURCE_CODE =
  /^\s*(?:const|let|var|public|private|protected|static|func|function|fn|pub|class|import|export|this\.|self\.|@\w|#\s?\w|\/\/|\*|\/\*|-{1,2}\w|def|type|struct|enum|case|switch|return)\b|[\w)\]'" ][;{]\s*$|^\s*[\w)\]'";,]{0,40}\}\s*$|=>\s*[{(]|\bset ?timeout\(|\w\((?:\w+, ?)*\w*\)\s*[;{]\s*$/;

/** All patterns above: which digits they tell from others is asked for. */
export const PLACE_PATTERNS: readonly RegExp[] = [
  VALUE,
  CAUSE_BEFORE,
  QUOTED_BEFORE,
  QUOTED_AFTER,
  NAMED_AFTER,
  OPTION_BEFORE,
  MANAGED_BEFORE,
  JUDGED_AFTER,
  OWN_END_AFTER,
  PLAN_BEFORE,
  PLAN_AFTER,
  IDENTIFIER,
  REASON_BEFORE,
  SOURCE_CODE,
];
