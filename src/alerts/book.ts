import type { Incident, IncidentChange } from '../model/incident.js';
import { SEVERITIES } from '../model/incident.js';
import { defined } from '../platform/defined.js';
import type { CareEntry } from '../wording/care.js';
import type { LinkMaker } from './links.js';
import { type AlertItem, buildItem } from './message.js';
import { isRunsEnd, joined, whatIsNew } from './news.js';
import { pending } from './notification.js';
import {
  channelsFor,
  coolDownHold,
  faultKey,
  groupKey,
  type Hold,
  type LastTold,
  quietHold,
  reminderDelayMs,
} from './policy.js';
import {
  type AlertState,
  type ChannelState,
  type Notification,
  type Silence,
  type Stored,
  type Suppression,
  suppressionOf,
  timeOrderedId,
} from './records.js';
import type { AlertSettings } from './settings.js';

export interface BookDependencies {
  settings: AlertSettings;
  links: LinkMaker;
  random: () => number;
  /** Silences not over yet. */
  silences: () => readonly Stored<Silence>[];
  /** What people did about an incident, oldest first. */
  care?: (incident: string) => CareEntry[];
}

/** What a look at the book gives to record and to send. */
export interface Turn {
  /** Ids of the states that changed. */
  touched: Set<string>;
  suppressions: Suppression[];
  notifications: Stored<Notification>[];
}

/** What a group was told last, and of whom. */
interface GroupTold {
  at: number;
  /** Index of the heaviest severity. */
  severity: number;
  agents: Set<string>;
}

/** An interval holds back what is more of the same, of the same hour. */
const FORGET_GROUP_MS = 3_600_000;

/** From so many agents on, one more is more of the same: a storm of messages helps nobody. */
const MANY_AGENTS = 8;

interface Due {
  id: string;
  state: AlertState;
  channel: string;
  known: ChannelState;
  change: AlertItem['change'];
  since: number;
}

/**
 * Who has been told what, and what is due when. No input or output and no clock of its own: the manager records what
 * comes out of it, so that a restart goes on from the same page.
 */
export class AlertBook {
  readonly states = new Map<string, AlertState>();
  private readonly lastTold = new Map<string, LastTold>();
  private readonly lastGroup = new Map<string, GroupTold>();
  private readonly channels: Set<string>;

  constructor(private readonly deps: BookDependencies) {
    this.channels = new Set(deps.settings.channels.map(channel => channel.name));
  }

  /** Takes up a state an earlier process recorded. */
  restore(id: string, state: AlertState): void {
    this.states.set(id, state);
    for (const [channel, known] of Object.entries(state.channels))
      if (known.toldAt !== undefined) this.noteTold(channel, state.incident, known.toldAt);
  }

  /** Takes up what an earlier process told a group. */
  restoreGroup(
    group: string,
    at: number,
    incidents: readonly Pick<Incident, 'severity' | 'subjects'>[],
  ): void {
    this.noteGroup(group, at, incidents);
  }

  /**
   * Notes a change and whom it is for.
   * @param alone nothing else is in sight that could share a message with it
   * @returns undefined when the change is known already
   */
  take(
    change: IncidentChange['change'],
    incident: Incident,
    runName: string | undefined,
    now: number,
    alone = false,
  ): { state: AlertState; suppressions: Suppression[] } | undefined {
    const before = this.states.get(incident.id);
    const news = whatIsNew(before?.incident, change, incident);
    if (!news) return undefined;
    const name = runName ?? before?.runName;
    const state: AlertState = {
      incident,
      ...defined({ runName: name }),
      channels: before?.channels ?? {},
      updatedAt: now,
    };
    this.states.set(incident.id, state);
    const suppressions = news === 'updated' ? [] : this.route(state, news, now, alone);
    // who waits for the rest of the minute would learn of the end of the run too late
    if (before && isRunsEnd(before.incident, incident))
      for (const channel of Object.values(state.channels)) if (channel.pending) channel.pending.urgent = true;
    return { state, suppressions };
  }

  /** Makes notifications of what is due at `now`, and reasons for what is held. */
  turn(now: number): Turn {
    const turn: Turn = { touched: new Set(), suppressions: [], notifications: [] };
    const groups = new Map<string, Due[]>();
    for (const due of this.waiting()) {
      if (due.since > now) continue;
      const hold = this.holdFor(due, now);
      if (hold) this.hold(due, hold, now, turn);
      else {
        const group = this.groupOf(due);
        groups.set(group, [...(groups.get(group) ?? []), due]);
      }
    }
    for (const [group, dues] of groups) {
      if (this.groupDueAt(group, dues) > now) continue;
      turn.notifications.push(this.notification(group, dues, now));
      for (const due of dues) turn.touched.add(due.id);
    }
    return turn;
  }

  /** The next moment at which `turn` can have something; undefined when nothing waits. */
  nextTurnAt(now: number): number | undefined {
    let next: number | undefined;
    for (const due of this.waiting()) {
      const at = this.dueAt(due, now);
      if (next === undefined || at < next) next = at;
    }
    return next;
  }

  /** Forgets what was over before `before`; gives the ids. */
  prune(before: number): string[] {
    const old = [...this.states].filter(
      ([, state]) => state.updatedAt < before && state.incident.resolvedAt !== undefined,
    );
    for (const [id] of old) this.states.delete(id);
    return old.map(([id]) => id);
  }

  private route(
    state: AlertState,
    news: 'opened' | 'worsened' | 'resolved',
    now: number,
    alone: boolean,
  ): Suppression[] {
    if (news === 'resolved') {
      for (const channel of Object.values(state.channels))
        if (channel.told === 'open' || channel.pending)
          channel.pending = { change: 'resolved', since: channel.pending?.since ?? now };
      return [];
    }
    const names = channelsFor(this.deps.settings, state.incident, state.runName);
    if (names.length === 0) {
      const detail = 'No route names a channel for it.';
      return [suppressionOf(state.incident, undefined, news, now, { reason: 'no-route', detail })];
    }
    for (const name of names) {
      const known = state.channels[name];
      if (!known || (news === 'opened' && known.told !== 'open'))
        state.channels[name] = {
          told: 'nothing',
          reminders: 0,
          pending: { change: 'opened', since: now, ...(alone ? { alone } : {}) },
        };
      else if (known.told === 'open' || (known.told === 'resolved' && state.incident.endedRun !== undefined))
        known.pending = joined(known.pending, now, alone);
    }
    return [];
  }

  /** Everything to be told now or later, reminders included. */
  private *waiting(): Generator<Due> {
    for (const [id, state] of this.states) {
      for (const [channel, known] of Object.entries(state.channels)) {
        if (!this.channels.has(channel)) continue;
        if (known.pending) yield { id, state, channel, known, ...known.pending };
        else if (known.told === 'open' && known.nextReminderAt !== undefined)
          yield { id, state, channel, known, change: 'reminder', since: known.nextReminderAt };
      }
    }
  }

  private hold(due: Due, hold: Hold, now: number, turn: Turn): void {
    const { known, state, channel, change } = due;
    const note = (why: { reason: Hold['reason']; detail: string; until?: number }) => {
      turn.suppressions.push(suppressionOf(state.incident, channel, change, now, why));
      turn.touched.add(due.id);
    };
    if (change === 'resolved') {
      delete known.pending;
      delete known.held;
      known.told = 'resolved';
      known.dropped = hold.reason;
      note({ reason: hold.reason, detail: `It was over before it could be told. ${hold.detail}` });
    } else if (change === 'reminder') {
      known.nextReminderAt = hold.until;
      note(hold);
    } else if (!isRecorded(known, hold)) {
      known.held = hold;
      note(hold);
    }
  }

  private holdFor(due: Due, now: number): Hold | undefined {
    const { state, channel, change, known } = due;
    // Whoever was told of the beginning is told of the end, also in a silence: pagers would stay red otherwise.
    if (change === 'resolved' && known.told === 'open') return undefined;
    const quiet = quietHold(this.deps.settings, this.deps.silences(), state, now);
    if (quiet || change === 'worsened' || change === 'reminder') return quiet;
    const last = this.lastTold.get(faultKey(channel, state.incident));
    return coolDownHold(this.deps.settings, last, state.incident, now);
  }

  private dueAt(due: Due, now: number): number {
    if (due.change === 'reminder') return due.since;
    const group = this.groupDueAt(this.groupOf(due), [due]);
    const hold = this.holdFor(due, now);
    if (!hold) return group;
    // A hold that is not on record yet is recorded when the group would have been due; so is what it drops.
    return isRecorded(due.known, hold) && due.change !== 'resolved'
      ? hold.until
      : Math.min(group, hold.until);
  }

  private groupOf(due: Due): string {
    return `${due.channel} ${groupKey(this.deps.settings, due.state)}`;
  }

  private groupDueAt(group: string, dues: Due[]): number {
    const { wait, interval } = this.deps.settings.group;
    const first = Math.min(...dues.map(due => due.since));
    const last = this.lastGroup.get(group);
    if (dues.some(due => due.known.pending?.urgent)) return first;
    const breaks = last !== undefined && dues.some(({ state }) => saysMore(last, state.incident));
    const own = dues.every(due => due.known.pending?.alone) ? 0 : wait;
    return Math.max(first + own, last === undefined || breaks ? 0 : last.at + interval);
  }

  private noteGroup(
    group: string,
    at: number,
    incidents: readonly Pick<Incident, 'severity' | 'subjects'>[],
  ): void {
    const known = this.lastGroup.get(group);
    const told: GroupTold =
      known && known.at > at - FORGET_GROUP_MS ? known : { at, severity: -1, agents: new Set() };
    told.at = Math.max(told.at, at);
    for (const { severity, subjects } of incidents) {
      told.severity = Math.max(told.severity, SEVERITIES.indexOf(severity));
      for (const subject of subjects) told.agents.add(subject);
    }
    this.lastGroup.set(group, told);
  }

  private notification(group: string, dues: Due[], now: number): Stored<Notification> {
    const id = timeOrderedId(now, this.deps.random);
    const items = dues.map(due => this.item(due)).sort(heaviestFirst);
    for (const due of dues) {
      this.markTold(due, now);
      this.noteTold(due.channel, due.state.incident, now);
    }
    this.noteGroup(
      group,
      now,
      dues.map(due => due.state.incident),
    );
    const { channel } = dues[0]!;
    return pending({ id, channel, group, incidents: dues.map(due => due.id), items, now });
  }

  /** An incident as it would be told now. */
  item(due: Pick<Due, 'id' | 'state' | 'channel' | 'known' | 'change'>): AlertItem {
    const { state, channel, known } = due;
    const repeated = this.repeatedSince(channel, state.incident);
    const previous = known.toldSeverity;
    return buildItem(due.change, state.incident, {
      links: this.deps.links(state.incident),
      evidenceLines: this.deps.settings.evidenceLines,
      ...defined({ runName: state.runName, care: this.deps.care?.(due.id) }),
      ...(previous && previous !== state.incident.severity ? { previousSeverity: previous } : {}),
      ...(repeated > 0 ? { repeated } : {}),
    });
  }

  private markTold({ known, change, state }: Due, now: number): void {
    delete known.pending;
    delete known.held;
    known.told = change === 'resolved' ? 'resolved' : 'open';
    known.toldAt = now;
    known.toldSeverity = state.incident.severity;
    if (change === 'resolved') {
      delete known.nextReminderAt;
      return;
    }
    if (change === 'reminder') known.reminders++;
    const delay = reminderDelayMs(this.deps.settings, known.reminders);
    if (delay === undefined) delete known.nextReminderAt;
    else if (change !== 'worsened' || known.nextReminderAt === undefined) known.nextReminderAt = now + delay;
  }

  /** Same faults that came and went in the cool-down since the last message. */
  private repeatedSince(channel: string, incident: Incident): number {
    const key = faultKey(channel, incident);
    const last = this.lastTold.get(key);
    if (!last) return 0;
    return [...this.states.values()].filter(
      ({ incident: other, channels }) =>
        other.id !== incident.id &&
        channels[channel]?.dropped === 'cool-down' &&
        other.openedAt >= last.at &&
        faultKey(channel, other) === key,
    ).length;
  }

  private noteTold(channel: string, incident: Incident, at: number): void {
    const key = faultKey(channel, incident);
    const last = this.lastTold.get(key);
    if (!last || last.at <= at)
      this.lastTold.set(key, { at, severity: incident.severity, incident: incident.id });
  }
}

/** A heavier fault, or one of somebody else, does not wait for the interval of what was told before. */
function saysMore(told: GroupTold, { severity, subjects }: Incident): boolean {
  const another = told.agents.size < MANY_AGENTS && subjects.some(subject => !told.agents.has(subject));
  return SEVERITIES.indexOf(severity) > told.severity || another;
}

function isRecorded(known: ChannelState, hold: Hold): boolean {
  return known.held?.reason === hold.reason && known.held.until === hold.until;
}

function heaviestFirst(a: AlertItem, b: AlertItem): number {
  const weight = (item: AlertItem) =>
    item.change === 'resolved' ? -1 : SEVERITIES.indexOf(item.incident.severity);
  return weight(b) - weight(a) || a.incident.startedAt - b.incident.startedAt;
}
