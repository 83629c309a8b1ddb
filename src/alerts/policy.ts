import type { Incident, Severity } from '../model/incident.js';
import { SEVERITIES } from '../model/incident.js';
import { durationWords } from '../wording/duration.js';
import { timeWords } from '../wording/time.js';
import { maintenanceUntil } from './maintenance.js';
import { matches } from './matcher.js';
import type { AlertState, Silence, Stored, SuppressionReason } from './records.js';
import type { AlertSettings } from './settings.js';

export interface Hold {
  reason: SuppressionReason;
  until: number;
  /** One sentence for `deadair explain`. */
  detail: string;
}

/** Channels an incident goes to, in the order of the routes. */
export function channelsFor(
  settings: AlertSettings,
  incident: Incident,
  runName: string | undefined,
): string[] {
  if (settings.routes.length === 0) return settings.channels.map(channel => channel.name);
  const names = new Set<string>();
  for (const route of settings.routes) {
    if (!matches(route, incident, runName, 'any')) continue;
    for (const name of route.channels) names.add(name);
    if (!route.continue) break;
  }
  return [...names];
}

/** Why an open incident is not told now; undefined when nothing holds it. Silences and maintenance, one evaluator. */
export function quietHold(
  settings: AlertSettings,
  silences: readonly Stored<Silence>[],
  state: AlertState,
  now: number,
): Hold | undefined {
  let longest: Hold | undefined;
  for (const silence of silences) {
    if (now < silence.from || now >= silence.until) continue;
    if (!matches(silence.match, state.incident, state.runName, 'all')) continue;
    longest = later(longest, {
      reason: 'silence',
      until: silence.until,
      detail: `Silence ${silence.id} of ${silence.by} ("${silence.comment}") holds it until ${timeWords(silence.until)}.`,
    });
  }
  for (const window of settings.maintenance) {
    const until = maintenanceUntil(window, now);
    if (until === undefined || !matches(window.match, state.incident, state.runName, 'all')) continue;
    longest = later(longest, {
      reason: 'maintenance',
      until,
      detail: `The maintenance window "${window.name}" holds it until ${timeWords(until)}.`,
    });
  }
  return longest;
}

/** The last message on a channel about a fault of the same kind on the same agents. */
export interface LastTold {
  at: number;
  severity: Severity;
  incident: string;
}

export function coolDownHold(
  settings: AlertSettings,
  last: LastTold | undefined,
  incident: Incident,
  now: number,
): Hold | undefined {
  if (!last || last.incident === incident.id) return undefined;
  // A heavier fault passes.
  if (SEVERITIES.indexOf(incident.severity) > SEVERITIES.indexOf(last.severity)) return undefined;
  const until = last.at + settings.coolDown;
  if (now >= until) return undefined;
  return {
    reason: 'cool-down',
    until,
    detail: `The same fault was told ${durationWords(now - last.at)} before; the cool-down holds it until ${timeWords(until)}.`,
  };
}

/** Faults that count as the same for the cool-down. */
export function faultKey(channel: string, incident: Incident): string {
  return [channel, incident.kind, ...[...incident.subjects].sort()].join('\n');
}

export function groupKey(settings: AlertSettings, state: AlertState): string {
  const { incident } = state;
  const parts = {
    run: incident.run ?? '',
    kind: incident.kind,
    severity: incident.severity,
    incident: incident.id,
  };
  return settings.group.by.map(name => `${name}=${parts[name]}`).join(' ');
}

/** Until the reminder after `sent` ones; undefined when there are no more. */
export function reminderDelayMs(settings: AlertSettings, sent: number): number | undefined {
  const { first, factor, max, limit } = settings.reminders;
  if (sent >= limit) return undefined;
  return Math.min(max, first * factor ** sent);
}

function later(a: Hold | undefined, b: Hold): Hold {
  return a && a.until >= b.until ? a : b;
}
