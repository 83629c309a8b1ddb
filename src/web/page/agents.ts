import type { Agent } from './api.js';
import { fill, h } from './dom.js';
import { agentHue, ago, bytes, count, duration, fullTime, plural, type TimeStyle } from './format.js';
import type { Change } from './view.js';

export interface AgentContext {
  now: number;
  style: TimeStyle;
  change: Change;
  chosen: string[];
}

/** What a state means, for the tooltip and for who can't see its colour. */
const STATE_TEXT: Record<string, string> = {
  live: 'signs of life now',
  quiet: 'alive; writes nothing, as it may in this phase',
  late: 'no sign of life for a while',
  silent: 'silent',
  lost: 'lost: see its incident',
  stopped: 'stopped in good order',
  unknown: 'nothing known yet',
};

const newest = (...times: (string | null)[]): number | undefined => {
  const known = times.filter(time => time !== null).map(time => Date.parse(time));
  return known.length > 0 ? Math.max(...known) : undefined;
};

function stateDot(agent: Agent): HTMLElement {
  const text = STATE_TEXT[agent.state] ?? agent.state;
  return h('span', { class: `dot state-${agent.state}`, title: text }, h('span', { class: 'sr' }, text));
}

/** The strip beside the lines: a glance tells who is silent. A click filters. */
export function agentList(box: HTMLElement, agents: Agent[], context: AgentContext): void {
  if (agents.length === 0) {
    fill(
      box,
      h(
        'p',
        { class: 'hint' },
        'None yet. An agent is a log file: write one into the watched directory, or start',
      ),
      h('pre', { class: 'snippet' }, 'deadair collect --to URL --watch DIR'),
    );
    return;
  }
  fill(
    box,
    agents.map(agent => {
      const on = context.chosen.includes(agent.id);
      return h(
        'button',
        {
          type: 'button',
          class: `agent-row row-${agent.state}`,
          'aria-pressed': String(on),
          title: on ? 'Show all agents' : `Only lines of ${agent.id}`,
          data: { agent: agent.id, state: agent.state },
          on: { click: () => context.change({ tab: 'lines', agents: on ? [] : [agent.id], line: '' }) },
        },
        stateDot(agent),
        h('span', { class: 'agent', vars: { '--hue': agentHue(agent.id) } }, agent.id),
        h(
          'span',
          { class: 'phase' },
          agent.state === 'lost' || agent.state === 'silent' ? agent.state : (agent.phase ?? ''),
        ),
        h('span', { class: 'seen' }, lastLine(agent, context.now)),
      );
    }),
  );
}

function lastLine(agent: Agent, now: number): string {
  return agent.lastLineAt === null ? '–' : ago(Date.parse(agent.lastLineAt), now);
}

/** Every agent with everything known of it. */
export function agentTable(box: HTMLElement, agents: Agent[], context: AgentContext): void {
  if (agents.length === 0) {
    fill(
      box,
      h(
        'div',
        { class: 'empty' },
        h('h2', {}, 'No agents yet'),
        h('p', {}, 'On each host whose logs are wanted:'),
        h(
          'pre',
          { class: 'snippet' },
          `deadair collect --to ${location.origin} --watch /home/ubuntu/sai3-logs`,
        ),
      ),
    );
    return;
  }
  const head = [
    '',
    'Agent',
    'Host',
    'Phase',
    'Last line',
    'Heartbeat',
    'Behind',
    'Clock',
    'Gaps',
    'Lines',
    'Files',
  ];
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
        agents.map(agent => agentRow(agent, context)),
      ),
    ),
  );
}

function agentRow(agent: Agent, { now, style, change }: AgentContext): HTMLElement {
  const time = (at: string | null) =>
    h(
      'td',
      { class: 'num', title: at ? fullTime(Date.parse(at), style) : undefined },
      at ? ago(Date.parse(at), now) : '–',
    );
  const heard = newest(agent.lastLineAt, agent.lastHeartbeatAt);
  return h(
    'tr',
    { class: `row-${agent.state}`, title: heard ? `last sign of life ${fullTime(heard, style)}` : undefined },
    h('td', {}, stateDot(agent)),
    h(
      'td',
      {},
      h(
        'button',
        {
          type: 'button',
          class: 'agent link',
          vars: { '--hue': agentHue(agent.id) },
          on: { click: () => change({ tab: 'lines', agents: [agent.id], line: '' }) },
        },
        agent.id,
      ),
      agent.incidents.length > 0 &&
        h(
          'button',
          {
            type: 'button',
            class: 'badge severity-critical',
            on: { click: () => change({ tab: 'lines', incident: agent.incidents[0] ?? '' }) },
          },
          plural(agent.incidents.length, 'incident'),
        ),
    ),
    h('td', {}, agent.host),
    h('td', {}, agent.phase ?? '–'),
    time(agent.lastLineAt),
    time(agent.lastHeartbeatAt),
    h(
      'td',
      { class: agent.lagBytes ? 'num warn' : 'num' },
      agent.lagBytes === null ? '–' : bytes(agent.lagBytes),
    ),
    h('td', { class: 'num' }, clock(agent)),
    h('td', { class: agent.gaps > 0 ? 'num warn' : 'num' }, count(agent.gaps)),
    h('td', { class: 'num' }, count(agent.lines)),
    h(
      'td',
      { class: 'paths' },
      agent.files.map(file =>
        h(
          'div',
          { class: file.error ? 'path bad' : 'path', title: file.path },
          file.path.replace(/^.*[\\/]/, ''),
          file.error && ` ${file.error}`,
        ),
      ),
    ),
  );
}

function clock(agent: Agent): string {
  if (agent.clockOffsetMs === null) return '–';
  const sign = agent.clockOffsetMs < 0 ? '−' : '+';
  const around = agent.clockUncertaintyMs === null ? '' : ` ± ${duration(agent.clockUncertaintyMs)}`;
  return `${sign}${duration(agent.clockOffsetMs)}${around}`;
}
