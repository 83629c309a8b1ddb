import picocolors from 'picocolors';
import { printable } from '../../platform/printable.js';
import { incidentHeadline } from '../../wording/incident.js';
import { timeWords } from '../../wording/time.js';
import type { AlertItem, AlertMessage } from '../message.js';
import type { Channel } from './channel.js';

/** Where lines go; standard error in the service, because standard output belongs to a command's result. */
export interface LineSink {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** A line on the console an incident, and its evidence below it. */
export class LogChannel implements Channel {
  readonly kind = 'log';
  private readonly colours: ReturnType<typeof picocolors.createColors>;

  constructor(
    readonly name: string,
    private readonly sink: LineSink,
    colour = sink.isTTY === true && !process.env.NO_COLOR,
  ) {
    this.colours = picocolors.createColors(colour);
  }

  async send(message: AlertMessage): Promise<void> {
    this.sink.write(`${message.items.map(item => this.lines(item, message.createdAt)).join('\n')}\n`);
  }

  private lines(item: AlertItem, now: number): string {
    const c = this.colours;
    const { incident } = item;
    const mark =
      item.change === 'resolved'
        ? c.green('✓ resolved')
        : item.change === 'test'
          ? c.cyan('· test')
          : incident.severity === 'critical'
            ? c.red(c.bold('✗ critical'))
            : incident.severity === 'warning'
              ? c.yellow('! warning')
              : c.cyan('· info');
    const still = item.change === 'reminder' ? 'still open: ' : '';
    const run = item.runName ? c.dim(` [run ${printable(item.runName)}]`) : '';
    const at = item.change === 'resolved' ? (incident.resolvedAt ?? now) : incident.openedAt;
    const head = `${c.dim(timeWords(at, 'clock'))} ${mark} ${still}${c.bold(printable(incidentHeadline(incident)))}${run}`;
    const rest = [incident.explanation];
    if (item.change !== 'resolved')
      rest.push(...item.evidence.map(line => `${timeWords(line.at, 'clock')} ${line.by}: ${line.text}`));
    if (item.links.page) rest.push(item.links.page);
    return [head, ...rest.map(line => c.dim(`             ${printable(line)}`))].join('\n');
  }
}
