import type { IncidentChange } from '../model/incident.js';
import type { Verdict } from './facts.js';
import type { HostWatch } from './hosts.js';

/** What can be told so soon is worth waiting for. */
const IN_SIGHT = 5000;
/** Troubles so close together are seldom all. */
const CLOSE_TOGETHER = 10_000;

/** What is known when changes are told. */
export interface Surroundings {
  now: number;
  /** All that hold, those that can't be told yet, too. */
  verdicts: readonly Verdict[];
  hosts: Pick<HostWatch, 'hosts' | 'isOverdue'>;
  /** When something was opened or grew before; -Infinity: never. */
  newsAt: number;
}

/**
 * Marks what nothing else is in sight of: no suspicion that can soon be told, no host whose heartbeat stays away, no other trouble
 * just before. Whoever tells of it need not wait for more to share the message. What is no emergency may pass while it waits.
 */
export function markAlone(changes: readonly IncidentChange[], around: Surroundings): void {
  const news = changes.filter(isNews);
  const [first] = news;
  if (
    first?.incident.severity !== 'critical' ||
    news.some(({ incident }) => incident.id !== first.incident.id)
  )
    return;
  if (isInCompany(first, around)) return;
  for (const change of news) change.alone = true;
}

export function isNews({ change }: IncidentChange): boolean {
  return change === 'opened' || change === 'worsened';
}

function isInCompany({ incident }: IncidentChange, { now, verdicts, hosts, newsAt }: Surroundings): boolean {
  const told = new Set(incident.subjects);
  const suspected = verdicts.some(
    ({ subjects, knowableAt, moreAt }) =>
      (isSoon(knowableAt, now) && subjects.some(subject => !told.has(subject))) ||
      (moreAt !== undefined && isSoon(moreAt, now)),
  );
  if (suspected || now - newsAt < CLOSE_TOGETHER) return true;
  return Object.values(hosts.hosts).some(
    host => host.agents.some(agent => !told.has(agent)) && hosts.isOverdue(host, now),
  );
}

function isSoon(at: number, now: number): boolean {
  return at > now && at - now <= IN_SIGHT;
}
