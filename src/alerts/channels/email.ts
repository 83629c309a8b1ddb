import { connect, type Socket } from 'node:net';
import { escapeHtml } from '../../wording/html.js';
import type { AlertMessage } from '../message.js';
import { type Channel, ChannelError } from './channel.js';

export interface EmailOptions {
  host: string;
  port: number;
  tls: boolean;
  requireTls: boolean;
  allowUnverified: boolean;
  user?: string | undefined;
  password?: string | undefined;
  from: string;
  to: string[];
}

/** E-mail by SMTP. The mails of one incident form a thread; a mail sent twice has the same Message-ID. */
export class EmailChannel implements Channel {
  readonly kind = 'email';
  /** Loaded where mail is sent at all: 15 MB of memory, a third of them Node's own fetch, which it takes along. */
  private readonly mailer = import('nodemailer');

  constructor(
    readonly name: string,
    private readonly options: EmailOptions,
  ) {}

  async send(message: AlertMessage, signal: AbortSignal): Promise<void> {
    const { host, port, from, to } = this.options;
    const { default: nodemailer } = await this.mailer;
    // The socket is opened here, because closing a transport leaves a conversation under way to its own ten minutes.
    let socket: Socket | undefined;
    const transport = nodemailer.createTransport({
      getSocket(_options: unknown, callback: (error: Error | null, socket?: { connection: Socket }) => void) {
        socket = connect({ host, port });
        socket.once('error', callback);
        socket.once('connect', () => {
          socket?.off('error', callback);
          callback(null, { connection: socket! });
        });
      },
      host,
      port,
      secure: this.options.tls,
      requireTLS: this.options.requireTls,
      tls: { rejectUnauthorized: !this.options.allowUnverified },
      ...(this.options.user ? { auth: { user: this.options.user, pass: this.options.password ?? '' } } : {}),
      // Nothing in a message may make the mailer read files or fetch addresses.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const aborted = new Promise<never>((_, reject) => {
      const give = () => {
        socket?.destroy();
        reject(new ChannelError(`${host}:${port} did not answer in time`));
      };
      if (signal.aborted) give();
      else signal.addEventListener('abort', give, { once: true });
    });
    try {
      await Promise.race([
        transport.sendMail({
          from,
          to,
          subject: message.title,
          text: `${message.text}\n`,
          html: htmlOf(message),
          messageId: `<${message.id}@deadair>`,
          references: threadOf(message),
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Deadair-Status': message.status },
          ...(message.severity === 'critical' && message.status === 'open'
            ? { priority: 'high' as const }
            : {}),
        }),
        aborted,
      ]);
    } catch (thrown) {
      if (thrown instanceof ChannelError) throw thrown;
      const { responseCode, message: text } = thrown as { responseCode?: number; message: string };
      // 552 and 554: this message is too large or refused. Others of 5xx are often wrong settings.
      throw new ChannelError(`${host}:${port}: ${text}`, {
        permanent: responseCode === 552 || responseCode === 554,
        cause: thrown,
      });
    } finally {
      transport.close();
    }
  }
}

function threadOf(message: AlertMessage): string[] {
  return message.items.map(item => `<incident-${item.incident.id}@deadair>`);
}

function htmlOf(message: AlertMessage): string {
  const colour =
    message.status === 'resolved' ? '#2e7d32' : message.severity === 'critical' ? '#c62828' : '#b26a00';
  const text = escapeHtml(message.text).replace(/(https?:\/\/[^\s<]+)/g, '<a href="$1">$1</a>');
  return (
    `<div style="font-family:system-ui,sans-serif;max-width:60em">` +
    `<h2 style="font-size:1.1em;border-left:5px solid ${colour};padding-left:.6em">${escapeHtml(message.title)}</h2>` +
    `<pre style="white-space:pre-wrap;font-family:ui-monospace,monospace;font-size:.9em">${text}</pre></div>`
  );
}
