import { durationWords } from '../../wording/duration.js';
import { causeWords } from '../../wording/incident.js';
import { timeWords } from '../../wording/time.js';
import type { AlertItem, AlertMessage } from '../message.js';
import type { Channel } from './channel.js';
import { postJson } from './http.js';

const COLOURS = { critical: '#c62828', warning: '#e08600', info: '#3567b0', resolved: '#2e7d32' };
/** Slack cuts attachments at about 8,000 characters; a wall of log is of no use in a chat anyway. */
const TEXT_LIMIT = 3_000;

/**
 * Slack's incoming webhook and what imitates it. Attachments instead of Block Kit: Mattermost, Rocket.Chat, Zulip
 * and Discord (URL + `/slack`) understand only those.
 */
export class SlackChannel implements Channel {
  readonly kind = 'slack';

  constructor(
    readonly name: string,
    private readonly options: { url: string; channel?: string | undefined },
  ) {}

  async send(message: AlertMessage, signal: AbortSignal): Promise<void> {
    const body = {
      ...(this.options.channel ? { channel: this.options.channel } : {}),
      text: escapeControl(message.title),
      attachments: message.items.map(attachment),
    };
    await postJson(this.options.url, JSON.stringify(body), {}, signal);
  }
}

function attachment(item: AlertItem): Record<string, unknown> {
  const { incident, links } = item;
  const lines = item.evidence
    .map(line => `${timeWords(line.at, 'clock')} ${line.by}: ${line.text.replace(/[\r\n]+/g, ' ')}`)
    .join('\n');
  const jumps = [
    links.page && `<${links.page}|Open the page>`,
    links.kibana && `<${links.kibana}|Kibana>`,
    links.surrounding && `<${links.surrounding}|Around the first line>`,
    links.postmortem && `<${links.postmortem}|Post-mortem>`,
  ].filter(Boolean);
  const fields = [
    {
      title: 'Cause',
      value: escapeControl(causeWords(incident.cause, incident.subjects.length > 1)),
      short: true,
    },
    { title: 'Since', value: timeWords(incident.startedAt), short: true },
  ];
  if (item.runName) fields.push({ title: 'Run', value: escapeControl(item.runName), short: true });
  if (incident.resolvedAt !== undefined)
    fields.push({
      title: 'Lasted',
      value: durationWords(incident.resolvedAt - incident.startedAt),
      short: true,
    });
  const evidence = lines ? `\n${fenced(lines)}` : '';
  return {
    color: item.change === 'resolved' ? COLOURS.resolved : COLOURS[incident.severity],
    fallback: escapeControl(incident.explanation),
    text: `${escapeControl(incident.explanation)}${evidence}${jumps.length > 0 ? `\n${jumps.join('  ·  ')}` : ''}`,
    fields,
    mrkdwn_in: ['text'],
    ts: Math.floor(incident.startedAt / 1000),
  };
}

/**
 * Log lines as a block of code. Neither Slack nor Mattermost knows an escape inside of one: backticks are set apart by
 * characters of no width, so that no three of them end it, wherever the text was cut.
 */
function fenced(lines: string): string {
  const cut = lines.slice(0, TEXT_LIMIT).replace(/[\ud800-\udbff]$/, '');
  const apart = cut.replace(/`(?=`)/g, '`\u200b').replace(/`$/, '`\u200b');
  return `\`\`\`${escapeControl(apart)}\`\`\``;
}

/** Slack's three control characters. A log line must not be able to ping @channel. */
function escapeControl(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
