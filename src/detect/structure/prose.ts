import { partAfter, partBefore } from './parts.js';

/**
 * Why a prose statement that matched in a line does not say that something happened; undefined where it stands.
 *
 * A sentence about a failure is news only if it asserts it. Four things take the assertion away, and all show in the few
 * words around the statement: a negation before it, a condition before it in the same clause, being part of a name (an
 * identifier, an option, a path), or being the name of a value (a setting, a counter).
 * @param lower the line in lower case
 * @param from where the statement begins
 * @param to one past its end
 */
export function whyNothingHappened(lower: string, from: number, to: number): string | undefined {
  // A pattern may begin with the blank before the word: `is not` stands before ` dead.`, too.
  const start = lower[from] === ' ' ? from + 1 : from;
  const before = partBefore(lower, start, 60);
  const after = partAfter(lower, to, 40);
  const statement = lower.slice(start, to);
  const hyphened = HYPHEN_BEFORE.test(before) && FAILURE_WORD.test(statement) && !HAPPENED.test(statement);
  if (hyphened || PART_OF_NAME_BEFORE.test(before) || PART_OF_NAME_AFTER.test(after)) return 'part of a name';
  if ((NEGATION.test(before) && !isNumberZero(before, statement)) || NEGATED_WITHIN.test(statement))
    return 'negated';
  if (CONDITION.test(before)) return 'conditional';
  const quantity = QUANTITY.exec(before);
  if (quantity !== null && !PASSED_QUANTITY.test(quantity[0]) && !PASSED_NOW.test(`${statement}${after}`))
    return 'conditional';
  if (ZERO_OF_THEM.test(before) && !isNumberZero(before, statement)) return 'counted zero';
  if (CAPABILITIES.test(before)) return 'a capability';
  if (NOUN_OF_VALUE.test(statement)) {
    if (VALUE_AFTER.test(after) && !(REASON_BEFORE.test(before) && ERRNO_AFTER.test(after)))
      return 'a setting or a counter';
    if (ATTRIBUTE_AFTER.test(after)) return 'a setting or a counter';
    // `heartbeat.timeout 10`, `option ping-timeout 42`: a name of several parts and a bare number.
    if (DOTTED_NAME.test(statement) && statement !== 'timed-out' && /^\s+\d/.test(after))
      return 'a setting or a counter';
    if (COUNTED_ZERO.test(before)) return 'counted zero';
  }
  return undefined;
}

/** `link: 0 is down`: the thing numbered 0, not none of them. */
function isNumberZero(before: string, statement: string): boolean {
  return ZERO_BEFORE.test(before) && SAID_OF_ONE.test(statement);
}

/** Why no statement in the line tells of anything: the line as a whole is a setting, a format, source code or a test's name. */
export function whyLineTellsNothing(lower: string): string | undefined {
  if (SETTING_WITH_PROSE.test(lower) && SETTING_WITH_PROSE.test(lower.replace(PLACE_IN_CODE, '')))
    return 'a setting and what it is for';
  if (FORMAT.test(lower)) return 'a format string';
  if (LISTED_NAME.test(lower)) return 'a name in a list of source code';
  if (PASSED_TEST.test(lower)) return 'the name of a test';
  return undefined;
}

/** Why what the line says in general words tells of nothing; what the system itself said stands all the same. */
export function whyOnlyWords(lower: string): string | undefined {
  if (COMMENT.test(lower)) return 'a comment in a source or a setting';
  if (CHANGE.test(lower)) return 'an entry in a list of changes';
  return undefined;
}

/** `--`, `x_y`, `$disconnected`; `connect-timeout`, `/reset-lost`, but not `zk-server is down`: names of hosts hold hyphens. */
const PART_OF_NAME_BEFORE = /(?:--|[_$@\\])$/;
const HYPHEN_BEFORE = /[a-z0-9][-/]$/;
const FAILURE_WORD =
  /^(?:time|connect(?:ion)?[- ](?:refused|timed|reset)|disconnect|keep-?alive|heartbeat|retr|reset|refused|lost|unreachable|expired)/;
/** `local-idle-timeout expired`: a setting whose time came. */
const HAPPENED = / (?:expired|exceeded|reached|elapsed|fired|triggered|hit)$/;
const PART_OF_NAME_AFTER = /^(?:[-_]\w|\(\)|\.\w+\(|::|\.(?:html?|js|py|go|java|log|c|rs|txt|json)\b|\/\w)/;

/** `no`, `without`, `0`, with at most one word between (`no recent timeouts`). */
const NEGATION =
  /(?:\b(?:no|not|never|without|zero|neither|nor|none|avoids?|prevents?|don't|doesn't|didn't|isn't|wasn't|aren't)|(?:^|[\s(]|[a-z]:)0)\s+(?:more |any |further |new |\w+ed |(?:requests?|calls?|operations?|connections?|sessions?|links?|packets?|agents?|nodes?|hosts?|peers?|clients?|servers?|workers?) (?:has |have |was |were |is |are )?(?:been )?)?$/;

const ZERO_BEFORE = /\b0\s+$/;
const SAID_OF_ONE = /^(?:is|was|has|went|goes|became|changed) /;

/** `0 requests dropped by connection reset` */
const ZERO_OF_THEM = /(?:^|[\s(,]|[a-z]:)0 (?:[a-z]+ ){0,4}$/;

/** `peer_ping_timeout_ms: 3000 # ping RPC timeout`, `--wait=30 - seconds before a peer timed out` */
const SETTING_WITH_PROSE =
  /^\s*[a-z]\w+_\w+ *\| *\S* *\| *[a-z]|(?:^|[\s"'{,])-{0,2}[a-z][a-z0-9]*(?:[_.-][a-z0-9]+)+["']? ?[:=] ?["']?(?:-?\d[\w.%]{0,12}|true|false|yes|no|on|off|null|none)["']?,? +(?:#|\/\/|--?|–|;) ?[a-z]/;

/** `worker.py:285 - `, `org.example.net.client:101 - `: where in its code a logger was called. */
const PLACE_IN_CODE =
  /(?:[\w-]+\.(?:py|go|java|kt|scala|cc?|cpp|cxx|hh?|hpp|rs|[jt]sx?|rb|erl|exs?|cs|php|lua|pl|swift|m)|\b[a-z]\w*(?:\.\w+){2,}):\d+\b/g;

/**
 * A rate limiter or a catalogue quotes what it would have written. Of zeros before other flags only one right behind the `%` counts: with
 * `[-+ 0#]*` every number after a blank or a hyphen had a zero that told it from others.
 */
const FORMAT = /["'`][^"'`]*%(?:(?:0?[-+ #]+)?\d*(?:\.\d+)?l{0,2}[sdiuxfgv])\b[^"'`]*["'`]/;

/** `        TimeoutError,` */
const LISTED_NAME = /^\s+[\w.]+(?:error|exception|timeout)[,):]{0,2}$/;

/** `// the peer is gone`, ` * Called when the connection is lost.`, `# close the connection after a client is idle` */
const COMMENT =
  /^\s*(?:\/\/|\/\*)|^\s+\*\s+(?:@\w|[a-z'-]+ [a-z'-]+ [a-z'-]+\b)|^\s*#+\s+[a-z][a-z' -]{3,}\s|;\s*\/\/\s|^\s*<!--/;

/** `* BUGFIX: prevent …`, `- fix: …`, `… ([#12](https://…/12))` */
const CHANGE =
  /^\s*[*-] (?:\*\*|\w+(?:\([\w-]+\))?: )?(?:bugfix|feature|security|breaking|fix(?:ed|es)?|add(?:ed|s)?|prevent(?:ed|s)?|removed?|change[ds]?|support|updated?|improved?|allow(?:ed|s)?|make|do not|don't|ensure)\b|\(\[(?:#\d+|[0-9a-f]{7,12})\]\(https?:\/\//;

/** `supports: zero copy, tag match, peer failure` */
const CAPABILITIES =
  /\b(?:supports?|supported|capabilit(?:y|ies)|features?|flags|caps|options|handles|error handling)\b ?[:=][^.;]{0,100}$/;

/** `the connection was never lost` */
const NEGATED_WITHIN =
  /\b(?:never|(?:was|were|is|are|has|have)(?: not|n't)) (?:been )?(?:lost|dropped|broken|reset|interrupted|closed|disconnected|terminated|severed)$/;

/** Before the statement, in its own clause. */
const CONDITION =
  /\b(?:(?:should|wo|would|do)n't (?:\w+ )?(?:notify|alert|report|warn)|if|unless|until|whenever|should|would|might|may|in case(?: of)?|increas(?:e|ing)|decreas(?:e|ing)|rais(?:e|ing)|adjust(?:ing)?|lower(?:ing)?|in the event(?: of)?|to (?:avoid|prevent|detect|simulate|test|handle)|(?:retry|retries|retried|reconnect|fail|abort|exit|alert|notify|call|run|restart|failover|action|behaviou?r|policy|trigger(?:ed)?) (?:on|upon|after|when)|typically|usually|simulat(?:e|ed|ing)|inject(?:s|ed|ing)?)\b[^.;!?]{0,50}$/;

/** `max retries of a failed connection`; but `max retries exceeded with url: / (caused by …)` says that it happened. */
const QUANTITY = /\b(?:number of|count of|total|maximum|max|allowed|expected)\b[^.;!?]{0,50}$/;
const PASSED_QUANTITY = /\b(?:exceeded|reached|caused by)\b/;
/** `max connect timeout reached` */
const PASSED_NOW = /^.{0,40}\b(?:exceeded|reached|exhausted)\b/;

/** The statement ends in what can be the name of a value. */
const NOUN_OF_VALUE =
  /(?:time-?outs?|timed[- ]?out|heart ?beats?|keep-?alives?|retr(?:y|ies)|errors?|failures?|failed|disconnect(?:s|ed|ions?)?|resets?|losses|loss|lost|drops|dropped|expired|refused|reconnect\w*|unreachable|missed|connections?|rejected|closed)$/;
const VALUE_AFTER =
  /^(?:["']?\s*(?:=|:=)\s*\S|["']?\s*:\s*["']?(?:\d+(?:\.\d+)?\s*(?:[a-z%]{0,8}|(?:\d{1,6}[a-z]{1,2}){1,3})?["']?\s*(?:[,;}\])|]|\.\s|\.?$)|true|false|null)|\s+(?:is|was|set to|of|default(?:s to)?)\s+\d)/;
/** `sctp_recvmsg(fd 61): Connection refused:111`: a reason with its number, not a counter of a hundred and eleven. */
const REASON_BEFORE = /(?:[:,(] ?|\b(?:error|errno|err) )$/;
const ERRNO_AFTER = /^\s?:\s?(?:32|99|10[0-4]|107|108|11[0-3]|100(?:5[0-9]|6[0-5]))[)\].,;"']*\s*$/;
/** `Stream Error Window: 1800`, `connection error handler registered` */
const ATTRIBUTE_AFTER =
  /^ (?:[a-z]+ )?(?:window|limit|threshold|counts?|counter|interval|ratio|rate|policy|detection|retries|handlers?|callbacks?|handling|budget|backoff|delay|period)\b["']?\s*(?:[:=]\s*["']?(?:\d|true|false|enabled|disabled|on\b|off\b|none\b|yes\b|no\b)|(?:is |was )?(?:registered|installed|enabled|disabled|set)\b)/;
const DOTTED_NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)+$/;
const COUNTED_ZERO = /(?:^|[\s(]|[a-z]:)0\s+(?:\w+\s+)?$/;

const PASSED_TEST =
  /(?:\.\.\. ok$|^\s*(?:✓|✔|ok \d+|pass(?:ed)?:|--- pass|=== run|running test|test case)\b|\btest\w*::\w|\s(?:passed)\s*(?:\(|$))/;

/** All patterns above: which digits they tell from others is asked for. */
export const PROSE_PATTERNS: readonly RegExp[] = [
  PART_OF_NAME_BEFORE,
  HYPHEN_BEFORE,
  FAILURE_WORD,
  HAPPENED,
  PART_OF_NAME_AFTER,
  NEGATION,
  ZERO_BEFORE,
  SAID_OF_ONE,
  ZERO_OF_THEM,
  SETTING_WITH_PROSE,
  PLACE_IN_CODE,
  FORMAT,
  LISTED_NAME,
  COMMENT,
  CHANGE,
  CAPABILITIES,
  NEGATED_WITHIN,
  CONDITION,
  QUANTITY,
  PASSED_QUANTITY,
  PASSED_NOW,
  NOUN_OF_VALUE,
  VALUE_AFTER,
  REASON_BEFORE,
  ERRNO_AFTER,
  ATTRIBUTE_AFTER,
  DOTTED_NAME,
  COUNTED_ZERO,
  PASSED_TEST,
];
