import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { openCapsule } from '../../../src/capsule/open.js';
import { loadConfig } from '../../../src/config/load.js';
import { LineDetector } from '../../../src/detect/detector.js';
import { loadPacks } from '../../../src/detect/load.js';
import { LineStage } from '../../../src/ingest/line-stage.js';
import { parseQuery } from '../../../src/query/parser.js';
import { printQuery } from '../../../src/query/print.js';
import { SourceParser } from '../../../src/records/parser.js';
import { encodeFrame } from '../../../src/wire/frame-out.js';
import { bytes, frame, source } from '../../ingest/frames.js';
import { sealed } from './seal.js';

/** A way in from outside. */
export interface Target {
  /** Its folder of the corpus. */
  name: string;
  /** Codes of the errors it may end with; any other end is a fault. */
  mayEnd: RegExp;
  /** Inputs that are made rather than kept. */
  made?: Buffer[];
  take(input: Buffer): unknown;
}

const NOW = Date.UTC(2026, 10, 30);
/** Every id that is made up leaves a source in the stage. */
const FRAMES_A_STAGE = 2000;

export function frameTarget(): Target {
  const fresh = () => new LineStage({ maxRawBytes: 1024 * 1024, zone: 'UTC', packs: [] });
  let stage = fresh();
  let taken = 0;
  const text = 'ERROR connection timed out\nplain\n';
  const gap = { kind: 'gap', source: 0, from: 3, to: null, observedAt: NOW, reason: 'rotated-away' } as const;
  return {
    name: 'frame',
    mayEnd: /^(?:request\.|auth\.scope)/,
    made: [
      frame(source('a'), bytes(text, 0)),
      frame(source('b'), bytes('x', 0, 1, { partial: true })),
      frame(source('c'), bytes('abc', 0), { entry: gap }),
      encodeFrame({ version: 1, collector: 'c', sentAt: NOW, sources: [], entries: [] }, []),
    ],
    take(input) {
      if (++taken % FRAMES_A_STAGE === 0) stage = fresh();
      stage.take({ body: Uint8Array.from(input), encoding: 'identity', ingestedAt: NOW });
    },
  };
}

export function linesTarget(): Target {
  const detector = new LineDetector(loadPacks());
  return {
    name: 'lines',
    mayEnd: /^$/,
    take(input) {
      const parser = new SourceParser({ zone: 'UTC' });
      const cut = input.length >> 1;
      const at = { observedAt: NOW };
      // The parser keeps what it was given: each part is a copy of its own.
      const batches = [
        parser.push(Uint8Array.from(input.subarray(0, cut)), 0, at),
        parser.push(Uint8Array.from(input.subarray(cut)), cut, at),
        parser.finish(at),
      ];
      for (const batch of batches) detector.scan(batch);
    },
  };
}

export function queryTarget(): Target {
  const time = { now: NOW, runs: [] };
  return {
    name: 'query',
    mayEnd: /^query\.invalid$/,
    // What is printed reads back as the same query: it stands in links, alert rules and messages.
    take(input) {
      const printed = printQuery(parseQuery(input.toString('utf8').slice(0, 2000), { time }));
      const again = printQuery(parseQuery(printed, { time }));
      if (again !== printed) throw new Error(`printed ${printed}\nand, read again, ${again}`);
    },
  };
}

export function capsuleTarget(): Target & { close(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-fuzz-'));
  const file = path.join(folder, 'x.capsule.tar.gz');
  const open = async (content: Buffer) => {
    writeFileSync(file, content);
    await openCapsule(file, { maxBytes: 16 * 1024 * 1024, now: NOW });
  };
  return {
    name: 'capsule',
    mayEnd: /^(?:capsule\.|not-found)/,
    async take(input) {
      const tar = sealed(input);
      // Past its checksums where it can be; else as it is, packed or not.
      if (tar) await open(gzipSync(tar, { level: 1 }));
      else await open(input.length % 2 === 0 ? input : gzipSync(input, { level: 1 }));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function configTarget(): Target & { close(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-fuzz-'));
  const file = path.join(folder, 'deadair.yaml');
  return {
    name: 'config',
    mayEnd: /^config\./,
    take(input) {
      writeFileSync(file, input);
      loadConfig({ file, env: {} });
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
