import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';

const detector = new LineDetector(loadBuiltInPacks());

function judged(lines: readonly string[]): [string, string][] {
  return lines.map(line => [line, detector.classifyLine(line)?.class ?? 'none']);
}

function allAre(expected: string, lines: readonly string[]): void {
  assert.deepEqual(
    judged(lines),
    lines.map(line => [line, expected]),
  );
}

const ERRNO: readonly [string, number, string][] = [
  ['Connection refused', 111, 'refused'],
  ['Connection timed out', 110, 'timeout'],
  ['No route to host', 113, 'refused'],
  ['Connection reset by peer', 104, 'disconnect'],
  ['Network is unreachable', 101, 'refused'],
];

test('the text of an errno is a reason, not a counter, where its number stands behind it', () => {
  for (const [text, number, expected] of ERRNO)
    allAre(expected, [
      `recvmsg(fd 58): ${text}:${number}`,
      `E rpc: send: ${text}: ${number}`,
      `socket error (${text}:${number})`,
    ]);
  allAre('none', [
    'Connection refused: 12',
    'stats: connection refused: 0, connection timed out: 3, resets: 4',
  ]);
});

const DOWN = ['subvolumes', 'paths', 'mirrors', 'uplinks', 'resolvers', 'relays', 'transports'];

test('all of them being down is a loss, whatever they are; being offline, nobody to reach', () => {
  allAre(
    'disconnect',
    DOWN.map(noun => `replicate-0: all ${noun} are down. Going offline until one comes back`),
  );
  allAre(
    'refused',
    DOWN.map(noun => `ERROR all ${noun} are offline`),
  );
  allAre('none', ['all shutters are down', 'if all subvolumes are down', 'all disks are offline']);
});

test('an attribute called after a failure, and a component called after a tie, tell of none', () => {
  allAre('none', [
    'Network Stack: IPv4, Connection Window: 120, Stream Error Window: 1800',
    'Connection Loss Threshold: 3',
    'Link Failure Detection: enabled',
    'connection error handler registered',
    '0-socket.management: failed to open /etc/ssl/dhparam.pem, DH ciphers are disabled',
    'net.connection: failed to load plugin x',
    "required field 'host' is missing in server config",
  ]);
  allAre('disconnect', ['peer link failure: 10.0.0.4', 'link failure detected on eth1', 'node 4 is missing']);
});

test('a handshake that was cut off is a failed handshake; one that ran out of time is a time-out', () => {
  allAre('tls', [
    'http: TLS handshake error from 10.0.0.4:35814: EOF',
    'transport: authentication handshake failed: read tcp 1.2.3.4:5->1.2.3.4:6: read: connection reset by peer',
    'tls handshake failed: broken pipe',
  ]);
  allAre('timeout', ['tls handshake failed: i/o timeout', 'TLS handshake timeout']);
  allAre('disconnect', ['TLS error: connection reset by peer', 'ssl read: connection reset by peer']);
  allAre('none', ['TLS: handshake successful. Secure connection established.']);
});

test('an error field of the application dismisses what was tried, however far behind it stands', () => {
  const dial = 'Dialing failed module=pex addr=4871309e71b40434f3f3bfdaf7dbe0a1d83449e8@10.0.0.4:26656';
  allAre('none', [
    `${dial} err="self ID<4871>" attempts=0`,
    `${dial} err="duplicate CONN<10.0.0.4>"`,
    `${dial} err="too many peers"`,
  ]);
  allAre('refused', [`${dial} err="no reachable address"`, `${dial} err="connection refused"`]);
});

test("the system's words count in other languages", () => {
  allAre('refused', [
    'enigma2: 192.168.0.23:80 ist nicht erreichbar!',
    'connect: Verbindungsaufbau abgelehnt',
    'connect: Connexion refusée',
    'Conexión rehusada',
    'Połączenie odrzucone',
  ]);
  allAre('timeout', [
    'connect: Die Wartezeit für die Verbindung ist abgelaufen',
    "Connexion terminée par expiration du délai d'attente",
    'Connessione scaduta',
  ]);
  allAre('disconnect', [
    'read: Die Verbindung wurde vom Kommunikationspartner zurückgesetzt',
    'Connexion ré-initialisée par le correspondant',
  ]);
  allAre('dns', ['ping: n7: Der Name oder der Dienst ist nicht bekannt', 'Nom ou service inconnu']);
  allAre('none', ['Verbindung zu 10.0.0.4 hergestellt', 'Gerät ist erreichbar', 'Zeitüberschreitung: 30 s']);
});
