/**
 * How common a text is in the lines of healthy programs: a guess on which only speed depends. Of all texts a rule can't do
 * without, the rarest are looked for (literals.ts).
 */

/** Words of every tenth line or so of busy services, whatever they do. */
const EVERYDAY = new Set(
  (
    'a after agent all and any are at be been by change changed client close closed cluster code config connect ' +
    'connection connections data for from get has have host hosts http https in info is leader master message messages ' +
    'name network no node none not now of on open os peer port ready received request requests response send sent ' +
    'server service session set socket state status stream task the thread time to up update was with worker write read'
  ).split(' '),
);

/** Words of every fiftieth: they stand in settings, counters and progress lines as well as in complaints. */
const FREQUENT = new Set(
  (
    'active address attempt available barrier bytes channel completed connected container controller count critical ' +
    'deadline default done err error errors established event exception executor fail failed failure fatal finished full group ' +
    'heartbeat heartbeats idle init initialized interface key keepalive make member phase ping pool process queue reached resolved ' +
    'resolving retries retry running ssl start started starting stop stopped stopping success target timeout timeouts tls unknown ' +
    'version waiting warn warning within while certificate ms seconds interval value 100 101 104 110 111 113 32'
  ).split(' '),
);

const shares = new Map<string, number>();

/** @returns about the share of lines that hold the text, between 0 and 1 */
export function commonness(text: string, startsWord: boolean, endsWord: boolean): number {
  const words = text.split(/[^a-z0-9]+/);
  // What stands at an end may be part of a longer word unless the text says that the word ends there.
  const openStart = !startsWord && words[0] !== '';
  const openEnd = !endsWord && words.at(-1) !== '';
  const each: number[] = [];
  for (const [index, word] of words.entries()) {
    if (word === '') continue;
    const partly = (index === 0 && openStart) || (index === words.length - 1 && openEnd);
    each.push(partly ? sharePart(word) : shareOf(word));
  }
  if (each.length === 0) return 0.01;
  each.sort((a, b) => a - b);
  // Signs other than those between the words of a sentence.
  if (/[^\w\s'-]|->/.test(text)) each.push(0.1);
  // Words that stand side by side are not independent.
  return each.reduce((product, share, index) => product * (index === 0 ? share : Math.sqrt(share)), 1);
}

function shareOf(word: string): number {
  if (EVERYDAY.has(word)) return 0.1;
  if (FREQUENT.has(word)) return 0.02;
  return word.length <= 2 ? 0.02 : 0.01 * 0.6 ** Math.min(word.length, 8);
}

/** Of a word that may be the beginning, end or middle of others. */
function sharePart(part: string): number {
  let share = shares.get(part);
  if (share === undefined) {
    share = shareOf(part);
    if (part.length <= 3) share = Math.max(share, 0.05);
    for (const word of EVERYDAY) if (word.includes(part)) share = Math.max(share, 0.1);
    for (const word of FREQUENT) if (word.includes(part)) share = Math.max(share, 0.02);
    shares.set(part, share);
  }
  return share;
}
