import { parseLine } from './ansi.js';
import { type Api, type ContextReply, isAbort, type LineRecord } from './api.js';
import { fill, h, icon } from './dom.js';
import { bytes, count, fullTime, type TimeStyle } from './format.js';
import { kibanaButton, openKibana } from './kibana.js';
import { lineCells, renderText, timeOf } from './line.js';
import type { Change } from './view.js';

const CONTEXT_STEP = 8;
const CONTEXT_MOST = 400;

export interface DetailOptions {
  api: Api;
  style: TimeStyle;
  change: Change;
  say: (text: string) => void;
}

/** What opens under a line: what to do with it, its text in full, every field, and its file around it. */
export function lineDetail(record: LineRecord, options: DetailOptions): HTMLElement {
  const contextBox = h('div', { class: 'context' });
  const detail = h(
    'div',
    { class: 'detail' },
    actions(record, options),
    h(
      'pre',
      { class: 'full', tabindex: 0, 'aria-label': 'The whole line' },
      renderText(record.deadair.raw, { prefix: true }),
    ),
    h(
      'div',
      { class: 'detail-columns' },
      h('section', {}, h('h3', {}, 'In its file'), contextBox),
      h('section', {}, h('h3', {}, 'Fields'), fieldList(record, options)),
    ),
  );
  showContext(record, contextBox, options, CONTEXT_STEP, CONTEXT_STEP);
  return detail;
}

function actions(record: LineRecord, { api, change, say }: DetailOptions): HTMLElement {
  const time = timeOf(record);
  const button = (name: Parameters<typeof icon>[0], text: string, title: string, run: () => void) =>
    h('button', { type: 'button', class: 'quiet', title, on: { click: run } }, icon(name), text);
  const copy = (text: string, what: string) =>
    void navigator.clipboard.writeText(text).then(
      () => say(`${what} copied`),
      () => say('The browser does not allow copying here'),
    );
  return h(
    'div',
    { class: 'detail-actions' },
    button('clock', 'All hosts at this moment', 'Every line of every agent, 5 s before to 5 s after', () =>
      change({
        q: '',
        agents: [],
        level: '',
        classes: [],
        from: new Date(time - 5000).toISOString(),
        to: new Date(time + 5000).toISOString(),
        order: 'oldest',
        line: record.event.id,
      }),
    ),
    button('file', 'This file only', record.log.file.path, () =>
      change({ q: `path:"${record.log.file.path}"`, agents: [record.agent.id], line: record.event.id }),
    ),
    button('link', 'Copy link', 'The address of this line', () => copy(location.href, 'Link')),
    ...kibanaActions(record, api, say),
    button('copy', 'Copy line', 'The text without colours', () =>
      copy(
        parseLine(record.deadair.raw)
          .map(segment => segment.text)
          .join(''),
        'Line',
      ),
    ),
    h(
      'code',
      { class: 'command', title: 'The same on the command line' },
      `deadair context ${record.event.id}`,
    ),
  );
}

function kibanaActions(record: LineRecord, api: Api, say: (text: string) => void): HTMLElement[] {
  if (!api.kibana) return [];
  const show = (what: 'surrounding' | 'file') => () => {
    const query = new URLSearchParams({ id: record.event.id, at: record['@timestamp'], show: what });
    openKibana(api, `/v1/kibana/line?${query}`, say);
  };
  return [
    kibanaButton('Kibana: around it', 'What everybody wrote around this line', show('surrounding')),
    kibanaButton('Kibana: its file', 'The file around this line, in its own order', show('file')),
  ];
}

/** Fields that make sense as a filter get one; the others are for reading. */
function fieldList(record: LineRecord, { style, change }: DetailOptions): HTMLElement {
  const filter = (title: string, patch: Parameters<Change>[0]) =>
    h(
      'button',
      { type: 'button', class: 'tiny', title, 'aria-label': title, on: { click: () => change(patch) } },
      '+',
    );
  const rows: [string, string | undefined, (HTMLElement | null)?][] = [
    [
      '@timestamp',
      `${fullTime(timeOf(record), style)}${record.deadair.timeKind === 'own' ? '' : ` · ${record.deadair.timeKind}`}`,
    ],
    ['event.created', fullTime(Date.parse(record.event.created), style)],
    ['event.ingested', fullTime(Date.parse(record.event.ingested), style)],
    ['agent.id', record.agent.id, filter('Only this agent', { agents: [record.agent.id] })],
    ['host.name', record.host.name, filter('Only this host', { q: `host:"${record.host.name}"` })],
    ['log.file.path', record.log.file.path],
    ['deadair.offset', `${count(record.deadair.offset)} (byte)`],
    [
      'log.level',
      record.log.level,
      record.log.level ? filter('This level and worse', { level: record.log.level }) : null,
    ],
    [
      'deadair.class',
      record.deadair.class === 'none' ? undefined : record.deadair.class,
      filter('Only this class', { classes: [record.deadair.class] }),
    ],
    [
      'deadair.rule',
      record.deadair.rule,
      record.deadair.rule ? filter('Lines of this rule', { q: `rule:"${record.deadair.rule}"` }) : null,
    ],
    [
      'deadair.event',
      record.deadair.event,
      record.deadair.event ? filter('Lines of this event', { q: `event:"${record.deadair.event}"` }) : null,
    ],
    ['deadair.flags', record.deadair.flags?.join(', ') || undefined],
    ['event.id', record.event.id],
    ['size', bytes(record.deadair.length)],
  ];
  return h(
    'dl',
    { class: 'fields' },
    rows
      .filter(([, value]) => value !== undefined)
      .map(([name, value, control]) =>
        h('div', {}, h('dt', {}, name), h('dd', {}, h('span', {}, value), control)),
      ),
  );
}

function showContext(
  record: LineRecord,
  box: HTMLElement,
  options: DetailOptions,
  before: number,
  after: number,
): void {
  options.api.context(record.event.id, before, after).then(
    reply => fill(box, contextRows(reply, record, box, options, before, after)),
    error => {
      if (!isAbort(error)) fill(box, h('p', { class: 'problem' }, (error as Error).message));
    },
  );
}

function contextRows(
  reply: ContextReply,
  record: LineRecord,
  box: HTMLElement,
  options: DetailOptions,
  before: number,
  after: number,
): HTMLElement[] {
  const more = (direction: 'up' | 'down', has: boolean, edge: string) => {
    if (!has) return h('p', { class: 'context-edge' }, edge);
    const [b, a] =
      direction === 'up' ? [before + 4 * CONTEXT_STEP, after] : [before, after + 4 * CONTEXT_STEP];
    return h(
      'button',
      {
        type: 'button',
        class: 'context-more',
        on: {
          click: () =>
            showContext(record, box, options, Math.min(b, CONTEXT_MOST), Math.min(a, CONTEXT_MOST)),
        },
      },
      icon(direction),
      direction === 'up' ? 'earlier lines' : 'later lines',
    );
  };
  const rows = reply.records.map((line, index) =>
    h(
      'div',
      {
        class: index === reply.at ? 'line here' : 'line',
        'aria-current': index === reply.at ? 'true' : undefined,
      },
      lineCells(line, options.style),
    ),
  );
  return [
    more('up', reply.at >= before && before < CONTEXT_MOST, before >= CONTEXT_MOST ? '' : 'start of file'),
    h('div', { class: 'context-lines' }, rows),
    more(
      'down',
      reply.records.length - 1 - reply.at >= after && after < CONTEXT_MOST,
      after >= CONTEXT_MOST ? '' : 'newest line of this file',
    ),
  ];
}
