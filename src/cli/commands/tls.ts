import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { type Authority, createAuthority, issueClient, issueServer } from '../../access/certificates.js';
import { DeadairError } from '../../platform/errors.js';
import { Name } from '../../wire/names.js';
import { print, printJson } from '../output.js';

interface InitOptions {
  dir: string;
  host?: string[];
  client?: string[];
  days: string;
  json?: boolean;
}

const CA_DAYS = 3650;

/** `deadair tls init`: a CA of one's own, a certificate for the service, and for collectors that show one. */
export function registerTls(program: Command): void {
  program
    .command('tls')
    .description('certificates for a site that has no CA of its own')
    .command('init')
    .summary('make a CA, and certificates for the service and for collectors')
    .description(
      'Makes ca.pem, server.pem and server-key.pem, and for each --client a NAME.pem and NAME-key.pem. Run again it keeps the CA and\nrenews the rest; a running service takes the new files over by itself.',
    )
    .option('--dir <dir>', 'where they are written', 'tls')
    .option(
      '--host <name...>',
      'names and addresses the service is reached by (default: this host and the loopback)',
    )
    .option('--client <name...>', 'a certificate for each of these collectors (mutual TLS)')
    .option('--days <days>', 'how long certificates hold', '397')
    .option('--json', 'print the result as JSON, for programs')
    .action((options: InitOptions) => {
      const written = init(options);
      if (options.json) printJson(written);
      else print(text(options.dir, written, options.client ?? []));
    });
}

function init({ dir, host, client = [], days: wanted }: InitOptions): string[] {
  const days = Number(wanted);
  if (!Number.isInteger(days) || days < 1 || days > CA_DAYS)
    throw new DeadairError('usage.invalid', `--days is a number from 1 to ${CA_DAYS}.`, {
      subject: '--days',
    });
  const hosts = host ?? [os.hostname(), 'localhost', '127.0.0.1', '::1'];
  for (const name of [...hosts, ...client])
    if (!Name.safeParse(name).success)
      throw new DeadairError('usage.invalid', `"${name}" is no name of a host or collector.`, {
        subject: '--host',
      });
  const now = Date.now();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const written: string[] = [];
  const write = (name: string, content: string, secret: boolean) => {
    const file = path.join(dir, name);
    writeFileSync(file, content, { mode: secret ? 0o600 : 0o644 });
    chmodSync(file, secret ? 0o600 : 0o644);
    written.push(file);
  };
  const authority = authorityIn(dir) ?? newAuthority(now, write);
  const server = issueServer(authority, hosts, now, days);
  // The key first: a service that looks in between finds a pair that does not fit, says so, and goes on with the old one.
  write('server-key.pem', server.key, true);
  write('server.pem', server.cert, false);
  for (const name of client) {
    const issued = issueClient(authority, name, now, days);
    write(`${name}-key.pem`, issued.key, true);
    write(`${name}.pem`, issued.cert, false);
  }
  return written;
}

function newAuthority(
  now: number,
  write: (name: string, content: string, secret: boolean) => void,
): Authority {
  const authority = createAuthority(`Deadair CA of ${os.hostname()}`, now, CA_DAYS);
  write('ca-key.pem', authority.key, true);
  write('ca.pem', authority.cert, false);
  return authority;
}

function authorityIn(dir: string): Authority | undefined {
  const [cert, key] = [path.join(dir, 'ca.pem'), path.join(dir, 'ca-key.pem')];
  if (!existsSync(cert) || !existsSync(key)) return undefined;
  try {
    const [certText, keyText] = [readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')];
    const name = /^CN=(.+)$/m.exec(new X509Certificate(certText).subject)?.[1];
    if (name === undefined) throw new Error('it names nobody');
    return { name, signer: createPrivateKey(keyText), cert: certText, key: keyText };
  } catch (cause) {
    throw new DeadairError(
      'usage.invalid',
      `${cert} and its key can't be used (${(cause as Error).message}); name another --dir, or remove both to make a new CA.`,
      { subject: '--dir', cause },
    );
  }
}

function text(dir: string, written: readonly string[], clients: readonly string[]): string {
  const file = (name: string) => path.join(dir, name);
  const lines = [
    `Wrote ${written.join(', ')}.`,
    '',
    'In deadair.yaml of the service:',
    '  server:',
    '    tls:',
    `      cert: ${file('server.pem')}`,
    `      key: ${file('server-key.pem')}`,
  ];
  if (clients.length > 0) lines.push(`      clientCa: ${file('ca.pem')}`);
  lines.push(
    '',
    'In deadair.yaml of a collector, with these files copied there:',
    '  collect:',
    '    tls:',
    '      ca: ca.pem',
  );
  if (clients.length > 0) lines.push(`      cert: ${clients[0]}.pem`, `      key: ${clients[0]}-key.pem`);
  lines.push(
    '',
    `Commands: NODE_EXTRA_CA_CERTS=${file('ca.pem')} deadair status --url https://…`,
    `Keep ${file('ca-key.pem')} where nobody else reads it.`,
  );
  return lines.join('\n');
}
