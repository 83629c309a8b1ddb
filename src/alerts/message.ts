import type { Evidence, Incident, Severity } from '../model/incident.js';
import { SEVERITIES } from '../model/incident.js';
import { defined } from '../platform/defined.js';
import { adviceFor } from '../wording/advice.js';
import { plural } from '../wording/amount.js';
import { type CareEntry, careWords } from '../wording/care.js';
import { durationWords } from '../wording/duration.js';
import { incidentHeadline, pastHeadline, placeWords } from '../wording/incident.js';
import { timeWords } from '../wording/time.js';
import type { AlertLinks } from './links.js';

/** Why an incident is in a message. */
export type AlertChange = 'opened' | 'worsened' | 'resolved' | 'reminder' | 'test';

/** One incident of a message: redacted, and small enough for any channel. */
export interface AlertItem {
  change: AlertChange;
  incident: Omit<Incident, 'evidence' | 'consequences' | 'updatedAt'>;
  /** The severity last told, where it has changed since. */
  previousSeverity?: Severity;
  runName?: string;
  /** The first lines, cause before symptom before consequence. */
  evidence: Evidence[];
  moreEvidence: number;
  consequenceCount: number;
  links: AlertLinks;
  /** What people did about it until now, oldest first. */
  care?: CareEntry[];
  /** Earlier occurrences held back by the cool-down since the last message. */
  repeated?: number;
}

/** What goes through a channel; version 1 of the webhook's JSON. */
export interface AlertMessage {
  version: 1;
  /** Stays the same over retries and restarts: a receiver that remembers it sees each message once. */
  id: string;
  createdAt: number;
  status: 'open' | 'resolved' | 'test';
  severity: Severity;
  /** One line. */
  title: string;
  /** Plain text of several lines, without the title. */
  text: string;
  items: AlertItem[];
}

const CHANGE_WORDS: Record<AlertChange, string> = {
  opened: 'NEW',
  worsened: 'WORSE',
  resolved: 'RESOLVED',
  reminder: 'STILL OPEN',
  test: 'TEST',
};

const ROLE_ORDER: Evidence['role'][] = ['cause', 'symptom', 'recovery', 'consequence'];

export function buildItem(
  change: AlertChange,
  incident: Incident,
  extra: {
    links: AlertLinks;
    evidenceLines: number;
    runName?: string;
    previousSeverity?: Severity;
    repeated?: number;
    care?: CareEntry[] | undefined;
  },
): AlertItem {
  const { evidence, consequences, updatedAt: _, ...rest } = incident;
  const sorted = [...evidence].sort(
    (a, b) => ROLE_ORDER.indexOf(a.role) - ROLE_ORDER.indexOf(b.role) || a.at - b.at,
  );
  const shown = sorted.slice(0, extra.evidenceLines);
  return {
    change,
    incident: rest,
    ...defined({ previousSeverity: extra.previousSeverity }),
    ...defined({ runName: extra.runName }),
    evidence: shown,
    moreEvidence: sorted.length - shown.length,
    consequenceCount: consequences.length,
    links: extra.links,
    ...(extra.care?.length ? { care: extra.care } : {}),
    ...(extra.repeated ? { repeated: extra.repeated } : {}),
  };
}

/** @param items at least one; all for one channel */
export function buildMessage(id: string, createdAt: number, items: AlertItem[]): AlertMessage {
  const open = items.filter(item => item.change !== 'resolved');
  const relevant = open.length > 0 ? open : items;
  const severity = relevant.reduce<Severity>(
    (worst, item) =>
      SEVERITIES.indexOf(item.incident.severity) > SEVERITIES.indexOf(worst) ? item.incident.severity : worst,
    'info',
  );
  return {
    version: 1,
    id,
    createdAt,
    status: items[0]!.change === 'test' ? 'test' : open.length > 0 ? 'open' : 'resolved',
    severity,
    title: title(relevant, items.length, severity),
    text: items.map(itemText).join('\n\n'),
    items,
  };
}

/** Worse is what weighs more now; anything else that is new is an update. */
function changeWord({ change, previousSeverity, incident }: AlertItem): string {
  const heavier =
    previousSeverity !== undefined &&
    SEVERITIES.indexOf(incident.severity) > SEVERITIES.indexOf(previousSeverity);
  return change === 'worsened' && !heavier ? 'UPDATE' : CHANGE_WORDS[change];
}

function title(relevant: AlertItem[], total: number, severity: Severity): string {
  const first = relevant[0]!;
  const { incident } = first;
  const more = total > 1 ? ` (+${total - 1} more)` : '';
  const run = first.runName ? ` in run ${first.runName}` : '';
  const weight = first.change === 'resolved' || first.change === 'test' ? '' : `${severity}: `;
  const over = incident.resolvedAt !== undefined;
  const failed =
    incident.endedRun !== undefined &&
    incident.cause !== 'interrupted' &&
    /^agent-(?:lost|stopped)$/.test(incident.kind)
      ? '; the run failed because of it'
      : '';
  const headline = over ? pastHeadline(incident) : incidentHeadline(incident);
  return `[${changeWord(first)}] ${weight}${headline}${failed}${run}${more}`;
}

/** `agent-3 on node3 (10.96.1.3)`. */
function whereWords(incident: AlertItem['incident']): string {
  const words = placeWords(incident);
  return incident.subjects.length === 1 && words !== incident.subjects[0]
    ? `${incident.subjects[0]} on ${words}`
    : words;
}

function itemText(item: AlertItem): string {
  const { incident } = item;
  const lines = [incident.explanation];
  if (incident.places && incident.places.length > 0) lines.push(`Where: ${whereWords(incident)}.`);
  const advice = item.change === 'resolved' ? undefined : adviceFor(incident);
  if (advice) lines.push(advice);
  if (item.change === 'resolved' && incident.resolvedAt !== undefined)
    lines.push(
      `Resolved at ${timeWords(incident.resolvedAt)}; it lasted ${durationWords(incident.resolvedAt - incident.startedAt)}.`,
    );
  else
    lines.push(`Since ${timeWords(incident.startedAt)}; known at ${timeWords(incident.openedAt, 'clock')}.`);
  if (item.repeated) lines.push(`Happened ${plural(item.repeated, 'more time')} since the last message.`);
  for (const line of item.evidence) lines.push(`  ${timeWords(line.at, 'clock')} ${line.by}: ${line.text}`);
  for (const entry of item.care ?? []) lines.push(`  ${careWords(entry)}`);
  const rest: string[] = [];
  if (item.moreEvidence > 0) rest.push(`${item.moreEvidence} more evidence lines`);
  if (item.consequenceCount > 0)
    rest.push(
      item.consequenceCount === 1
        ? 'one line of others is only a consequence'
        : `${item.consequenceCount} lines of others are only consequences`,
    );
  if (rest.length > 0) lines.push(`  (${rest.join('; ')})`);
  if (item.links.page) lines.push(`Page: ${item.links.page}`);
  if (item.links.kibana) lines.push(`Kibana: ${item.links.kibana}`);
  if (item.links.surrounding) lines.push(`Around the first line: ${item.links.surrounding}`);
  if (item.links.postmortem && item.change === 'resolved')
    lines.push(`Post-mortem: ${item.links.postmortem}`);
  return lines.join('\n');
}
