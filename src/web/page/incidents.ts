import { parseLine, withoutPrefix } from './ansi.js';
import type { Evidence, Incident } from './api.js';
import { fill, h, type IconName, icon } from './dom.js';
import { ago, clockTime, duration, fullTime, plural, shortTime, type TimeStyle } from './format.js';
import { kibanaButton } from './kibana.js';
import { agentName } from './line.js';
import type { Change } from './view.js';

/** Shown before and after the incident when its lines are asked for. */
const AROUND_MS = { before: 60_000, after: 60_000 };
const FIRST_CONSEQUENCES = 6;

export interface IncidentContext {
  now: number;
  style: TimeStyle;
  change: Change;
  openPostmortem: (run: string) => void;
  /** Absent where there is no Kibana. */
  openKibana?: ((path: string) => void) | undefined;
}

/** `agent-lost` is a program's word; people read "Agent lost". */
export function kindText(kind: string): string {
  const words = kind.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const isOpen = (incident: Incident) => incident.resolvedAt === null;

function lasted(incident: Incident, now: number): string {
  const end = incident.resolvedAt ? Date.parse(incident.resolvedAt) : now;
  return duration(end - Date.parse(incident.startedAt));
}

/** The strip beside the lines. */
export function incidentCards(
  box: HTMLElement,
  incidents: Incident[],
  chosen: string,
  context: IncidentContext,
): void {
  const open = incidents.filter(isOpen);
  if (open.length === 0) {
    fill(box, h('p', { class: 'all-well' }, 'No open incidents'));
    return;
  }
  fill(
    box,
    open.map(incident =>
      h(
        'button',
        {
          type: 'button',
          class: `incident-card severity-${incident.severity}`,
          'aria-pressed': String(incident.id === chosen),
          data: { incident: incident.id, kind: incident.kind },
          on: {
            click: () =>
              context.change({ tab: 'lines', incident: incident.id === chosen ? '' : incident.id }),
          },
        },
        h(
          'span',
          { class: 'card-title' },
          h('b', {}, kindText(incident.kind)),
          h('span', { class: 'since' }, ago(Date.parse(incident.openedAt), context.now)),
        ),
        h('span', { class: 'card-subjects' }, incident.subjects.map(agentName)),
        h('span', { class: 'card-text' }, incident.explanation),
      ),
    ),
  );
}

/** One incident in full: the sentence, when, both sides' evidence, what was only a consequence. */
export function incidentPanel(box: HTMLElement, incident: Incident, context: IncidentContext): void {
  const { style, now } = context;
  const own = incident.evidence.filter(item => incident.subjects.includes(item.by));
  const others = incident.evidence.filter(item => !incident.subjects.includes(item.by));
  const subjects = incident.subjects.join(', ');
  box.className = `incident severity-${incident.severity}`;
  fill(
    box,
    h(
      'div',
      { class: 'incident-head' },
      h('span', { class: `badge severity-${incident.severity}` }, isOpen(incident) ? 'open' : 'resolved'),
      h('h2', {}, kindText(incident.kind), ' ', incident.subjects.map(agentName)),
      incident.cause && h('span', { class: 'cause' }, incident.cause.replaceAll('-', ' ')),
      incidentActions(incident, context),
    ),
    h('p', { class: 'explanation' }, incident.explanation),
    h(
      'dl',
      { class: 'moments' },
      moment('Began', incident.startedAt, style),
      moment('Known', incident.openedAt, style, incident.startedAt),
      incident.resolvedAt
        ? moment('Resolved', incident.resolvedAt, style, incident.startedAt)
        : h('div', {}, h('dt', {}, 'Resolved'), h('dd', {}, 'not yet')),
      h('div', {}, h('dt', {}, 'Lasted'), h('dd', {}, lasted(incident, now))),
    ),
    h(
      'div',
      { class: 'sides' },
      evidenceList(`From ${subjects}`, own, context, `${subjects} said nothing about it.`),
      evidenceList('From the others', others, context, 'Nobody else noticed.'),
    ),
    incident.consequences.length > 0 && consequenceList(incident.consequences, context),
  );
}

function incidentActions(
  incident: Incident,
  { change, openPostmortem, openKibana }: IncidentContext,
): HTMLElement {
  const from = new Date(Date.parse(incident.startedAt) - AROUND_MS.before).toISOString();
  const to = new Date(Date.parse(incident.resolvedAt ?? incident.openedAt) + AROUND_MS.after).toISOString();
  const around = () =>
    change({ q: '', agents: [], level: '', classes: [], from, to, order: 'oldest', line: '' });
  const button = (name: IconName, text: string, run: () => void) =>
    h('button', { type: 'button', class: 'quiet', on: { click: run } }, icon(name), text);
  return h(
    'div',
    { class: 'incident-actions' },
    button('clock', 'Lines of all hosts around it', around),
    incident.run && button('file', 'Post-mortem', () => openPostmortem(incident.run ?? '')),
    openKibana &&
      kibanaButton('Kibana', 'The lines of its agents around it', () =>
        openKibana(`/v1/kibana/incident?${new URLSearchParams({ id: incident.id })}`),
      ),
    h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'aria-label': 'Close the incident',
        on: { click: () => change({ incident: '' }) },
      },
      icon('close'),
    ),
  );
}

/** @param near of the same day: the day need not be said again */
function moment(name: string, at: string, style: TimeStyle, near?: string): HTMLElement {
  const time = Date.parse(at);
  const text = clockTime(time, style, near === undefined ? undefined : Date.parse(near));
  return h(
    'div',
    {},
    h('dt', {}, name),
    h('dd', {}, h('time', { datetime: at, title: fullTime(time, style) }, text)),
  );
}

function evidenceList(
  title: string,
  items: Evidence[],
  context: IncidentContext,
  nothing: string,
): HTMLElement {
  return h(
    'section',
    {},
    h('h3', {}, title),
    items.length === 0
      ? h('p', { class: 'hint' }, nothing)
      : h(
          'ol',
          { class: 'evidence' },
          items.map(item => evidenceItem(item, items[0]!.at, context)),
        ),
  );
}

function consequenceList(items: Evidence[], context: IncidentContext): HTMLElement {
  return h(
    'details',
    { class: 'consequences', open: items.length <= FIRST_CONSEQUENCES },
    h(
      'summary',
      {},
      icon('chevron'),
      `${plural(items.length, 'consequence')}: what others logged because of it`,
    ),
    h(
      'ol',
      { class: 'evidence' },
      items.map(item => evidenceItem(item, items[0]!.at, context)),
    ),
  );
}

/** @param near of the same day: the day need not be said again */
function evidenceItem(item: Evidence, near: string, { style, change }: IncidentContext): HTMLElement {
  const text = withoutPrefix(parseLine(item.text))
    .map(segment => segment.text)
    .join('');
  const time = h(
    'time',
    { datetime: item.at, title: fullTime(Date.parse(item.at), style) },
    clockTime(Date.parse(item.at), style, Date.parse(near)),
  );
  const by = item.by === 'deadair' ? h('span', { class: 'agent observer' }, 'deadair') : agentName(item.by);
  const body = [time, by, h('span', { class: `evidence-text role-${item.role}` }, text)];
  return h(
    'li',
    {},
    item.record
      ? h(
          'button',
          {
            type: 'button',
            class: 'evidence-item',
            title: 'Open this line with what stands around it',
            on: { click: () => change({ line: item.record ?? '' }) },
          },
          body,
        )
      : h('div', { class: 'evidence-item' }, body),
  );
}

/** All incidents, newest first. */
export function incidentTable(box: HTMLElement, incidents: Incident[], context: IncidentContext): void {
  if (incidents.length === 0) {
    fill(
      box,
      h(
        'div',
        { class: 'empty' },
        h('h2', {}, 'No incidents'),
        h(
          'p',
          {},
          'None so far. When an agent goes silent, loses its connection or dies, it stands here with the evidence.',
        ),
        h('p', {}, 'To see one: ', h('code', {}, 'npm run demo')),
      ),
    );
    return;
  }
  const head = ['', 'What', 'Who', 'Cause', 'Began', 'Lasted', 'In a sentence'];
  fill(
    box,
    h(
      'table',
      { class: 'table' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          head.map(text => h('th', { scope: 'col' }, text)),
        ),
      ),
      h(
        'tbody',
        {},
        incidents.map(incident =>
          h(
            'tr',
            {},
            h(
              'td',
              {},
              h(
                'span',
                { class: `badge severity-${isOpen(incident) ? incident.severity : 'done'}` },
                isOpen(incident) ? 'open' : 'resolved',
              ),
            ),
            h(
              'td',
              {},
              h(
                'button',
                {
                  type: 'button',
                  class: 'link',
                  on: { click: () => context.change({ tab: 'lines', incident: incident.id }) },
                },
                kindText(incident.kind),
              ),
            ),
            h('td', { class: 'subjects' }, incident.subjects.map(agentName)),
            h('td', {}, incident.cause ?? '–'),
            h('td', { class: 'num' }, shortTime(Date.parse(incident.startedAt), context.style)),
            h('td', { class: 'num' }, lasted(incident, context.now)),
            h('td', { class: 'wide' }, incident.explanation),
          ),
        ),
      ),
    ),
  );
}
