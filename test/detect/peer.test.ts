import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { peerFields, peerPlaces } from '../../src/detect/peer.js';

const peer = (text: string) => peerFields(text, peerPlaces(text, undefined)!);

const LINES: [line: string, peer: Record<string, string>][] = [
  ['dial tcp db.example:5432: connect: connection refused', { host: 'db.example', port: '5432' }],
  ['upstream http://shop.example.rs:8443/pay timed out', { host: 'shop.example.rs', port: '8443' }],
  ['read tcp 10.81.1.2:58006->10.81.1.3:2380: i/o timeout', { address: '10.81.1.3', port: '2380' }],
  ['lost tcp://10.81.1.3:34089', { address: '10.81.1.3', port: '34089' }],
  ['[error] socket: unable to connect sock.c:282: Connection refused', {}],
  ['stream.go:194 read tcp: i/o timeout', {}],
  ['at net/src/client.rs:88 connection reset by peer', {}],
  ['    at TCPConnectWrap.afterConnect (net.js:1278) ECONNREFUSED', {}],
  [
    '[myid:2] - WARN Cannot open channel to 1 at election address /10.87.13.2:3888',
    { address: '10.87.13.2', port: '3888' },
  ],
  ['[node2:22] refused', { host: 'node2', port: '22' }],
  ['sock.c:282 connect to 10.0.0.4: timed out', { address: '10.0.0.4' }],
];

describe('whom a line speaks of', () => {
  for (const [line, expected] of LINES)
    it(`${line} → ${JSON.stringify(expected)}`, () => assert.deepEqual(peer(line), expected));
});
