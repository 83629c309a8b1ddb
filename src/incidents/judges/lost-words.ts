import type { Cause, Evidence } from '../../model/incident.js';
import { naturalOrder } from '../../platform/natural-order.js';
import { plural, theOther } from '../../wording/amount.js';
import { durationWords, within } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';
import { brief, list } from '../../wording/words.js';
import { evidenceOf, type Fact, type Interval, observation } from '../facts.js';
import { orderWords, whenWords } from './began.js';
import { agentsOf, type Context, causes } from './context.js';
import type { Loss } from './loss.js';
import { causeByExit, isUnread, livedOn, noticedItself } from './lost-cause.js';

/** Between a complaint and the moment it is about: less is no silence worth telling. */
const WORTH_TELLING = 1000;

/** What proves it first: the complaint, that the port refused or did not answer, what witnesses saw; then what the agent last wrote. */
export function evidenceFor(context: Context, loss: Loss): Evidence[] {
  const { agent, fact, unheard, refused } = loss;
  const state = context.agents[agent.id];
  const own: Evidence[] = [];
  const before = [agent.started, agent.joined, agent.ready].filter(
    line => line && line.at <= fact.at,
  ) as Fact[];
  const last = before.sort((a, b) => b.at - a.at)[0];
  if (last) own.push(evidenceOf(last, 'symptom'));
  if (state) {
    const heard = state.heardAt.filter(at => at < fact.at - 500).at(-1);
    if (heard !== undefined)
      own.push(observation(heard, `${agent.id}: last line of its own log before the loss`));
  } else own.push(observation(fact.at, `${agent.id}: no log of it is followed`));
  const lines = unheard
    ? [observation(fact.at, `${agent.id}: does not react when the run is stopped`, 'cause')]
    : causes(fact);
  const port = agent.unreachable ?? refused;
  return [
    ...lines,
    ...causes(agent.failed === fact ? undefined : agent.failed, port === fact ? undefined : port),
    ...context.hosts.evidenceFor(agent.id, (loss.began.from + loss.began.to) / 2),
    ...own,
  ];
}

export interface Told {
  losses: Loss[];
  /** With those whom witnesses lost together with them. */
  subjects: string[];
  all: Loss[];
  /** When the run was given up because of one of them. */
  endedRun: number | undefined;
  isBack: boolean;
}

/** One sentence: who, how, when, how long, and what was only a consequence. */
export function explain(context: Context, told: Told): string {
  const { losses, all } = told;
  const heard = losses.filter(loss => !loss.unheard);
  const missing = losses.filter(loss => loss.unheard);
  const parts = [
    ...(heard.length > 0 ? [lostWords(context, heard, told)] : []),
    ...(missing.length > 0 ? [unheardWords(missing)] : []),
  ];
  const order = orderWords(beginningsOf(all, losses));
  if (order) parts.push(order);
  parts.push(...endWords(context, told));
  return sentence(parts.join('; '));
}

function lostWords(context: Context, heard: Loss[], { subjects, all }: Told): string {
  const first = heard[0] as Loss;
  const unheard = all.filter(loss => loss.unheard).map(loss => loss.agent.id);
  const names = list(
    [...new Set([...namesOf(heard), ...subjects])].filter(one => !unheard.includes(one)).sort(naturalOrder),
  );
  const many = heard.length > 1;
  const its = many ? 'their' : 'its';
  const at = clock(first.fact.at);
  const why = first.fact.reason ? ` (“${brief(first.fact.reason)}”)` : '';
  const when = heard.length > 1 ? eachWhen(heard) : whenWords(first.began);
  const spread = (heard.at(-1)?.fact.at ?? 0) - first.fact.at;
  const noticed = `the controller lost the connection at ${at}${why}`;
  const byCause: Partial<Record<Cause, () => string>> = {
    crashed: () => `${names} died at ${many ? when : at} during the run: ${deathWords(context, heard, why)}`,
    reset: () =>
      `${names} lost the connection with the controller at ${at}${why}, but ${resetWords(context, first, many)}`,
    frozen: () =>
      `${names} stood still (process stopped, or blocked by storage that hangs) from ${when} on; ${noticed}`,
    'host-unreachable': () =>
      `the ${many ? 'hosts' : 'host'} of ${names} ${many ? 'were' : 'was'} down or cut off from ${when} on: ${many ? 'neither their collectors nor their ports answered' : 'neither its collector nor its port answered'}, and ${noticed}`,
    timeout: () =>
      `the way to the port of ${names} was cut or filtered from ${when} on: ${its} collector was heard and ${its} process ran, but the port did not answer from here; ${noticed}`,
    partition: () =>
      `all ${heard.length} agents were cut off together, ${when}: at ${at} the controller lost the connection to ${names} ${within(spread)}, after its keepalive went unanswered; one link or switch on the controller's side, not ${plural(heard.length, 'failure')}`,
  };
  const otherwise = () => silentWords(context, heard, names, when, why);
  return (byCause[first.cause] ?? otherwise)();
}

function deathWords(context: Context, heard: Loss[], why: string): string {
  const many = heard.length > 1;
  const its = many ? 'their' : 'its';
  const refused = heard.some(loss => loss.agent.unreachable ?? loss.refused);
  const gone = heard.some(({ agent, fact }) =>
    context.hosts.agents[agent.id]?.process.some(
      ({ value, since }) => value === 'gone' && Math.abs(since - fact.at) <= 30_000,
    ),
  );
  const proof = [
    ...(refused
      ? [`${many ? 'the hosts answer' : 'its host answers'} but nobody listens on ${its} port any more`]
      : []),
    ...(gone ? [`${its} ${many ? 'collectors see' : 'collector sees'} that the process is gone`] : []),
    ...(refused || gone ? [] : ['without any silence before']),
  ];
  const followed = heard.every(
    ({ agent, fact }) => context.agents[agent.id] && !isUnread(context, agent.id, fact.at),
  );
  const log =
    followed && !heard.some(loss => livedOn(context, loss))
      ? `, and ${many ? 'their own logs just end' : 'its own log just ends'}`
      : '';
  return `the connection broke at once${why}, ${proof.join(', ')}${log}`;
}

function resetWords(context: Context, loss: Loss, many: boolean): string {
  const noticed = noticedItself(context, loss)
    ? 'the process lived on and noticed the break too'
    : `${many ? 'their processes live' : 'its process lives'} on`;
  return `${noticed}, so the connection was reset and nobody died`;
}

function silentWords(context: Context, heard: Loss[], names: string, when: string, why: string): string {
  const first = heard[0] as Loss;
  const silence = first.fact.at - first.startedAt;
  const after =
    silence >= WORTH_TELLING
      ? ` when its keepalive had gone unanswered (${durationWords(silence)} of silence)`
      : '';
  const witness = context.hosts.agents[first.agent.id];
  const answers = witness?.port.some(
    ({ value, last }) => value === 'open' && last > first.fact.at - Math.min(silence, 10_000),
  );
  const deaf = isUnread(context, first.agent.id, first.fact.at);
  const guess = answers
    ? `its port answers from here all the same, so host and program are there${deaf ? ' and its collector is not heard either: short packets pass and longer ones do not (MTU, lossy link)' : ': the program hangs, or short packets pass and longer ones do not (MTU, lossy link)'}`
    : causeByExit(context, first) === 'unresponsive'
      ? 'the host did not answer the order to stop either (frozen host, cut link or dropped packets)'
      : 'frozen host, cut link or dropped packets';
  return `${names} stopped answering ${when}: the controller noticed at ${clock(first.fact.at)}${why}${after}; ${guess}`;
}

/** That the run ended because of it is what most want to know; then what was only a consequence. */
function endWords(context: Context, { losses, all, subjects, endedRun, isBack }: Told): string[] {
  const { run } = context;
  const parts: string[] = [];
  const named = namesOf(losses);
  const many = named.length > 1;
  const restarted = named.filter(id => wasRestarted(context, id, losses));
  if (isBack)
    parts.push(
      restarted.length > 0
        ? `${list(restarted)} ${restarted.length > 1 ? 'were' : 'was'} started anew and ${restarted.length > 1 ? 'are' : 'is'} back`
        : `${many ? 'they are' : 'it is'} back`,
    );
  const lost = new Set([...all.map(loss => loss.agent.id), ...subjects]);
  const others = agentsOf(run).filter(agent => !lost.has(agent.id)).length;
  const first = losses[0] as Loss;
  const stopped =
    run.aborting && run.aborting.at >= first.fact.at - 1000 && others > 0
      ? `stopped ${theOther(others, 'agent')}, whose errors are only a consequence`
      : undefined;
  if (endedRun !== undefined)
    parts.push(
      `the run failed because of ${many ? 'this' : 'it'}: at ${clock(endedRun)} the controller gave up${stopped ? ` and ${stopped}` : ''}`,
    );
  else if (stopped && !all.some(loss => !losses.includes(loss)))
    parts.push(`the controller gave up and ${stopped}`);
  return parts;
}

/** Its host or its process began anew after the loss. */
function wasRestarted(context: Context, id: string, losses: Loss[]): boolean {
  const loss = losses.find(one => one.agent.id === id);
  return context.agents[id]?.births?.some(at => at > (loss?.began.from ?? 0)) === true;
}

/** Those of a verdict are one event for the order unless each has a time of its own. */
function beginningsOf(all: Loss[], mine: Loss[]): { names: string[]; began: Interval }[] {
  const dated = all.filter(loss => !loss.unheard || mine.includes(loss));
  if (dated.length < 2) return [];
  // a cut of all at once, or deaths in the same second: nobody asks who was first
  const spread =
    Math.max(...dated.map(loss => loss.began.to)) - Math.min(...dated.map(loss => loss.began.from));
  if (mine.length === dated.length && (mine[0]?.cause === 'partition' || spread <= 2 * WORTH_TELLING))
    return [];
  return dated.map(loss => ({ names: [loss.agent.id], began: loss.began }));
}

function eachWhen(losses: Loss[]): string {
  const words = losses.map(loss => whenWords(loss.began));
  if (new Set(words).size === 1) return words[0] as string;
  if (losses.length > 4) {
    const sorted = [...losses].sort((a, b) => a.began.from - b.began.from);
    return `from ${whenWords((sorted[0] as Loss).began)} to ${whenWords((sorted.at(-1) as Loss).began)}`;
  }
  return list(losses.map((loss, index) => `${words[index]} (${loss.agent.id})`));
}

function unheardWords(losses: Loss[]): string {
  const many = losses.length > 1;
  const [it, was, its] = many ? ['they', 'were', 'their logs show'] : ['it', 'was', 'its log shows'];
  return `${list(namesOf(losses))} did not react when the run was stopped at ${clock(losses[0]?.fact.at ?? 0)}: ${it} ${was} at work, the others were told to stop, and ${its} nothing (frozen host, cut link, dropped packets or a process that died)`;
}

function namesOf(losses: Loss[]): string[] {
  return losses.map(loss => loss.agent.id).sort(naturalOrder);
}

function sentence(text: string): string {
  return `${/^(all|the) /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text}.`;
}
