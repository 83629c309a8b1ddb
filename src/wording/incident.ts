import type { Cause, Incident, IncidentKind } from '../model/incident.js';
import { naturalOrder } from '../platform/natural-order.js';

/** What happened to whom, in the words of somebody who has not read the manual. */
const KIND_WORDS: Record<IncidentKind, string> = {
  'agent-lost': 'lost',
  'agent-not-ready': 'never became ready',
  'agent-stalled': 'stalled',
  'agent-stopped': 'was stopped in the middle of the run',
  'agent-restarted': 'restarted during the run',
  'controller-lost': 'lost',
  'controller-stalled': 'stalled',
  'startup-timeout': 'did not get started in time',
  'workload-failing': 'failing operations',
  'port-conflict': 'found its port taken',
  'clock-skew': 'has a wrong clock',
  overdue: 'should have ended by now',
  'collector-lost': 'sends no more logs (its collector is silent, the agent is not)',
  'log-gap': 'is missing log lines',
  'network-fault': 'in network trouble',
  'store-unreachable': 'out of reach, lines wait at the collectors',
};

const CAUSE_WORDS: Record<Cause, string> = {
  crashed: 'its process died',
  reset: 'the connection was reset',
  unresponsive: 'the host stopped answering',
  partition: 'the network was cut for all at once',
  'host-unreachable': 'the host can not be reached',
  frozen: 'its process stands still',
  refused: 'nothing listens on its port',
  dns: 'its name does not resolve',
  tls: 'the TLS handshake fails',
  'disk-full': 'its disk is full',
  permission: 'it may not write where it should',
  credentials: 'its credentials are missing or wrong',
  'port-taken': 'another process holds its port',
  timeout: 'it did not answer in time',
  'wrong-address': 'the controller has another address for it',
  busy: 'it is at work for another run',
  interrupted: 'it was interrupted',
  truncated: 'its log was truncated before it was read',
  unknown: 'cause unknown',
};

/** The same of several; what is not here is said of one and of many alike. */
const CAUSE_WORDS_OF_MANY: Partial<Record<Cause, string>> = {
  crashed: 'their processes died',
  reset: 'their connections were reset',
  unresponsive: 'their hosts stopped answering',
  'host-unreachable': 'their hosts can not be reached',
  frozen: 'their processes stand still',
  refused: 'nothing listens on their ports',
  dns: 'their names do not resolve',
  'disk-full': 'their disks are full',
  permission: 'they may not write where they should',
  credentials: 'their credentials are missing or wrong',
  'port-taken': 'other processes hold their ports',
  timeout: 'they did not answer in time',
  'wrong-address': 'the controller has other addresses for them',
  busy: 'they are at work for another run',
  truncated: 'their logs were truncated before they were read',
};
const KIND_WORDS_OF_MANY: Partial<Record<IncidentKind, string>> = {
  'agent-stopped': 'were stopped in the middle of the run',
  'port-conflict': 'found their ports taken',
  'clock-skew': 'have wrong clocks',
  'collector-lost': 'send no more logs (their collectors are silent, the agents are not)',
  'log-gap': 'are missing log lines',
};

/** Of a network fault, which is the peer's or the way's, not theirs who complain of it. */
const CAUSE_WORDS_OF_PEERS: Partial<Record<Cause, string>> = {
  timeout: 'a peer does not answer',
  reset: 'connections break',
  refused: 'a peer refuses connections',
  dns: 'a name does not resolve',
};

/** @param many of several subjects */
export function causeWords(cause: Cause | undefined, many = false): string {
  return (many ? CAUSE_WORDS_OF_MANY[cause ?? 'unknown'] : undefined) ?? CAUSE_WORDS[cause ?? 'unknown'];
}

export function kindWords(kind: IncidentKind): string {
  return KIND_WORDS[kind];
}

/** `agent-4`, `agent-1 and agent-2`, `agent-1 to agent-3 and agent-5 to agent-8`; at most five pieces. */
export function subjectWords(subjects: readonly string[]): string {
  if (subjects.length === 0) return 'the run';
  const sorted = [...subjects].sort(naturalOrder);
  const ranges = numberRanges(sorted).flatMap(range =>
    range.length > 2 ? [`${range[0]} to ${range.at(-1)}`] : range,
  );
  if (ranges.length > 5) return `${ranges.slice(0, 4).join(', ')} … (${subjects.length} in all)`;
  return ranges.length === 1 ? ranges[0]! : `${ranges.slice(0, -1).join(', ')} and ${ranges.at(-1)}`;
}

/** Consecutively numbered names together. @param sorted by name and number */
function numberRanges(sorted: string[]): string[][] {
  const ranges: string[][] = [];
  let before: { stem: string; number: number } | undefined;
  for (const name of sorted) {
    const match = /^(.*?)(\d{1,15})$/.exec(name);
    const here = match ? { stem: match[1]!, number: Number(match[2]) } : undefined;
    const follows = before && here && before.stem === here.stem && here.number === before.number + 1;
    if (follows) ranges.at(-1)!.push(name);
    else ranges.push([name]);
    before = here;
  }
  return ranges;
}

/** Where to go for them: `node3 (10.96.1.3)`, of several agents `agent-1 on node1, agent-2 on node2`; the agents where no host is known. */
export function placeWords({ subjects, places = [] }: Pick<Incident, 'subjects' | 'places'>): string {
  const known = places.filter(({ host, address }) => host !== undefined || address !== undefined);
  if (known.length === 0 || known.length > 5) return subjectWords(subjects);
  const words = known.map(({ agent, host, address }) => {
    const at = address?.replace(/:\d+$/, '');
    const place = host === undefined ? at : at === undefined || at === host ? host : `${host} (${at})`;
    return { agent, place };
  });
  const [only] = words;
  if (words.length === 1 && only) return only.place ?? only.agent;
  return words.map(({ agent, place }) => (place === agent ? agent : `${agent} on ${place}`)).join(', ');
}

/** `agent-4 was lost: the host stopped answering`: of what is told afterwards. */
export function pastHeadline(incident: Pick<Incident, 'kind' | 'subjects' | 'cause'>): string {
  const was = incident.subjects.length > 1 ? 'were' : 'was';
  return incidentHeadline(incident)
    .replace(/ (lost|interrupted|in network trouble)(?=:|$)/, ` ${was} $1`)
    .replace(/ stalled(?=:|$)/, ' had stalled')
    .replace(/ failing operations(?=:|$)/, ' had failing operations')
    .replace(/ should have ended by now(?=:|$)/, ' ended late')
    .replace(/ (its process) stands still$| (their processes) stand still$/, ' $1$2 stood still')
    .replace(/ has a wrong clock(?=:|$)/, ' had a wrong clock')
    .replace(/ have wrong clocks(?=:|$)/, ' had wrong clocks')
    .replace(/ sends? no more logs(?= |:|$)/, ' sent no logs for a while');
}

/** `agent-4 lost: the host stopped answering`. */
export function incidentHeadline(incident: Pick<Incident, 'kind' | 'subjects' | 'cause'>): string {
  if (incident.cause === 'interrupted') return 'run interrupted';
  // of a controller or collector "its process died" would be said of whom?
  const many = incident.subjects.length > 1;
  const peers =
    incident.kind === 'network-fault' ? CAUSE_WORDS_OF_PEERS[incident.cause ?? 'unknown'] : undefined;
  const whose = incident.kind === 'collector-lost' && incident.cause === 'crashed';
  const cause =
    incident.cause && incident.cause !== 'unknown' && !whose
      ? `: ${peers ?? causeWords(incident.cause, many)}`
      : '';
  const kind = (many ? KIND_WORDS_OF_MANY[incident.kind] : undefined) ?? KIND_WORDS[incident.kind];
  return `${subjectWords(incident.subjects)} ${kind}${cause}`;
}
