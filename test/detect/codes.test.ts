import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';

const packs = loadBuiltInPacks();
const detector = new LineDetector(packs);
const families = Object.entries(packs.find(({ pack }) => pack === 'codes')!.codes!);

/** How a family's names are printed; most mean the network by themselves. */
const NAMED: Record<string, (name: string) => string> = {
  kinds: name => `fetch ended: kind: ${name}`,
  rdkafka: name => `KafkaError{code=${name},str="x"}`,
  sqlstate: name => `query of db1 gave SQLSTATE ${name}`,
  tlskinds: name => `received fatal alert: ${name}`,
  tlsalert: name => `tls alert: ${name}`,
  dotnet: name => `WebException with status ${name}, TLS`,
};

/** Where a family's number stands, for families whose numbers mean something elsewhere. */
const NUMBERED: Record<string, (number: string) => string> = {
  bsd: number => `gw 192.0.2.1: sendto error: ${number}`,
  curl: number => `cURL error ${number}: x`,
  ldap: number => `LDAP error code ${number}`,
  mysql: number => `OperationalError: (${number}, 'x')`,
  paho: number => `MqttException: x (${number})`,
  pubsub: number => `Attempting MQTT connection...failed, rc=${number} try again`,
  windows: number => `update failed with ${number}`,
  winhttp: number => `WinHttpSendRequest failed: ${number}`,
  urlerror: number => `NSURLErrorDomain Code=${number}`,
};

test('every name of the table means its class', () => {
  const wrong: string[] = [];
  for (const [family, codes] of families)
    for (const [, name, label] of codes) {
      if (name.startsWith('HR_') || UNPRINTED.has(family)) continue;
      const line = (NAMED[family] ?? (text => `exchange with n7 gave ${text}`))(name);
      const judged = detector.classifyLine(line)?.class ?? 'none';
      if (judged !== label) wrong.push(`${family}: ${judged}, not ${label}: ${line}`);
    }
  assert.deepEqual(wrong, []);
});

/** Names that only explain a number here. */
const UNPRINTED = new Set(['bsd']);

test('a number means its class where its place says what table it is of, and nothing elsewhere', () => {
  const wrong: string[] = [];
  for (const [family, codes] of families) {
    const frame = NUMBERED[family];
    if (frame === undefined) continue;
    for (const [number, name, label] of codes) {
      if (number === null) continue;
      const text = number > 0xffff ? `0x${number.toString(16)}` : String(number);
      const judged = detector.classifyLine(frame(text))?.class ?? 'none';
      if (judged !== label) wrong.push(`${family} ${name}: ${judged}, not ${label}: ${frame(text)}`);
      if (
        Math.abs(number) <= 0xffff &&
        detector.classifyLine(`moved ${text} records to the archive`) !== undefined
      )
        wrong.push(`${text} alone`);
    }
  }
  assert.deepEqual(wrong, []);
});
