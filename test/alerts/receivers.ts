import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';

/** How a receiver behaves for the next message. */
export type Mood = 'take' | 'refuse' | 'reject' | 'hang';

/** A real receiver of one channel's kind, on loopback. */
export interface Receiver {
  /** Settings of the channel that leads here. */
  settings: Record<string, unknown>;
  mood: Mood;
  /** What arrived and was taken, decoded to text. */
  taken: { text: string; headers: IncomingHttpHeaders; json?: unknown }[];
  close(): Promise<void>;
}

export async function httpReceiver(settings: Record<string, unknown>, suffix = ''): Promise<Receiver> {
  const receiver: Receiver = { settings, mood: 'take', taken: [], close: async () => {} };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    if (receiver.mood === 'hang') return;
    if (receiver.mood === 'refuse')
      return void response.writeHead(503, { 'retry-after': '7' }).end('come again');
    if (receiver.mood === 'reject') return void response.writeHead(400).end('{"error":"bad <field>"}');
    receiver.taken.push({
      text,
      headers: { ...request.headers, ':path': request.url },
      json: JSON.parse(text),
    });
    response.writeHead(200).end('ok');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  receiver.settings = {
    ...settings,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${suffix}`,
  };
  receiver.close = async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  };
  return receiver;
}

/** A real SMTP server with AUTH and STARTTLS (a self-signed certificate of smtp-server's own). */
export async function smtpReceiver(): Promise<Receiver> {
  const receiver: Receiver = { settings: {}, mood: 'take', taken: [], close: async () => {} };
  const server = new SMTPServer({
    logger: false,
    onAuth(auth, _session, done) {
      const right = auth.username === 'deadair' && auth.password === 'open sesame';
      done(right ? null : new Error('wrong password'), right ? { user: 'deadair' } : undefined);
    },
    onMailFrom(_address, _session, done) {
      if (receiver.mood === 'hang') return;
      done(receiver.mood === 'refuse' ? smtpError(451, 'come again') : null);
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', chunk => chunks.push(chunk));
      stream.on('end', () => {
        if (receiver.mood === 'reject') return done(smtpError(554, 'bad message'));
        const text = Buffer.concat(chunks).toString('utf8');
        receiver.taken.push({
          text: decodeMail(text),
          headers: {
            to: session.envelope.rcptTo.map(one => one.address),
            secure: String(session.secure),
          } as unknown as IncomingHttpHeaders,
        });
        done();
      });
    },
  });
  server.on('error', () => {}); // a client that was cut off at its time limit
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  receiver.settings = {
    kind: 'email',
    host: '127.0.0.1',
    port: (server.server.address() as AddressInfo).port,
    requireTls: true,
    allowUnverified: true,
    user: 'deadair',
    password: 'open sesame',
    from: 'Deadair <deadair@example.org>',
    to: ['ann@example.org', 'ben@example.org'],
  };
  receiver.close = () => new Promise(resolve => server.close(() => resolve()));
  return receiver;
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

/** Quoted-printable, base64 parts and encoded words, as far as nodemailer writes them. */
function decodeMail(raw: string): string {
  const unfolded = raw.replace(/\r\n[ \t]+/g, ' ');
  const words = unfolded
    .replace(/\?= =\?UTF-8\?Q\?/gi, '')
    .replace(/=\?UTF-8\?Q\?([^?]*)\?=/gi, (_, text: string) => quotedPrintable(text.replaceAll('_', ' ')));
  const parts = words.replace(/\r\n\r\n([A-Za-z0-9+/=\r\n]{40,}?)\r\n(?=--|$)/g, (whole, body: string) => {
    const text = Buffer.from(body, 'base64').toString('utf8');
    return /[\u0000-\u0008]/.test(text) ? whole : `\r\n\r\n${text}\r\n`;
  });
  return quotedPrintable(parts.replace(/=\r\n/g, ''));
}

function quotedPrintable(text: string): string {
  return text.replace(/(?:=[0-9A-F]{2})+/g, run =>
    Buffer.from(run.replaceAll('=', ''), 'hex').toString('utf8'),
  );
}

/** A real program that writes its standard input and arguments to a file. */
export async function commandReceiver(): Promise<Receiver> {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-command-'));
  const moodFile = path.join(folder, 'mood');
  const outFile = path.join(folder, 'out');
  const program = path.join(folder, 'notify.mjs');
  writeFileSync(
    program,
    `#!${process.execPath}
import { appendFileSync, readFileSync } from 'node:fs';
const [, , moodFile, outFile, ...args] = process.argv;
const mood = readFileSync(moodFile, 'utf8');
if (mood === 'hang') setInterval(() => {}, 1000);
else if (mood !== 'take') { console.error('come again'); process.exitCode = 3; }
else {
  const text = readFileSync(0, 'utf8');
  const { DEADAIR_ALERT_TITLE: title } = process.env;
  appendFileSync(outFile, JSON.stringify({ text, headers: { args, title, env: process.env } }) + '\\n');
}
`,
  );
  chmodSync(program, 0o755);
  writeFileSync(moodFile, 'take');
  return {
    settings: { kind: 'command', command: [program, moodFile, outFile, '$(touch never); `id` && echo *'] },
    get mood(): Mood {
      return readFileSync(moodFile, 'utf8') as Mood;
    },
    set mood(mood: Mood) {
      writeFileSync(moodFile, mood);
    },
    get taken() {
      if (!existsSync(outFile)) return [];
      const lines = readFileSync(outFile, 'utf8').trim().split('\n');
      return lines.map(line => {
        const row = JSON.parse(line) as { text: string; headers: IncomingHttpHeaders };
        return { ...row, json: JSON.parse(row.text) as unknown };
      });
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
