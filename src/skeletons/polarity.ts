/**
 * Words that say how something went. Two lines that differ in one of them mean different things, however alike they
 * are otherwise, so they are never put into one template (Drain does that: "connected" and "disconnected" become one).
 * Pairs by hand; opposites made with a prefix (`un`, `dis`, `in` …) are recognised as such.
 */
const POLAR = new Set(
  `up down on off in out yes no true false ok okay nok good bad not never none without cannot
  success successful successfully failure fail fails failed failing succeeded succeed pass passed
  connect connected connecting connects reconnect reconnected reconnecting disconnected lost
  start started starting starts stop stopped stopping stops restarted restarting running
  enable enabled enabling disable disabled disabling active inactive activated deactivated
  open opened opening close closed closing closes accept accepted accepting reject rejected refused denied allowed
  online offline alive dead healthy unhealthy ready unready available unavailable reachable unreachable
  valid invalid known unknown expected unexpected supported unsupported
  joined left leaving joining attached detached mounted unmounted bound unbound registered unregistered deregistered
  acquired released locked unlocked granted revoked elected demoted promoted
  leader follower master slave primary standby secondary replica
  added removed created deleted inserted installed uninstalled loaded unloaded
  begin began begun end ended finished finish complete completed incomplete aborted abort cancelled canceled
  paused resumed suspended frozen thawed blocked unblocked
  increased decreased increasing decreasing above below higher lower exceeded
  sent received send receive read write reads writes written upload download uploaded downloaded
  timeout timed expired renewed recovered recovering restored degraded normal abnormal
  error errors warning warn info debug trace fatal critical panic crashed killed exited
  empty full first last before after with`
    .split(/\s+/)
    .filter(Boolean),
);

const PREFIX = /^(?:un|dis|in|im|ir|non|de|mis)/;

/** Whether a token (a word with its punctuation) holds a word that says how something went. */
export function isPolar(token: string): boolean {
  for (const word of token.toLowerCase().match(/[a-z]+/g) ?? [])
    if (POLAR.has(word) || POLAR.has(word.replace(PREFIX, ''))) return true;
  return false;
}

/** Whether one word is the other with a negating prefix: stable/unstable. */
export function areOpposites(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return long !== short && long.replace(PREFIX, '') === short;
}
