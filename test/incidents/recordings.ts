import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LineDetector } from '../../src/detect/detector.js';
import { loadPacks } from '../../src/detect/load.js';
import type { IncidentEngine } from '../../src/incidents/engine.js';
import { type Arrival, type Recording, readRecording } from '../../src/incidents/replay/recording.js';
import { type ReplayOptions, replay } from '../../src/incidents/replay/replay.js';
import type { Incident } from '../../src/model/incident.js';
import { packageRoot } from '../../src/platform/package-root.js';

export const packs = loadPacks();
const detector = new LineDetector(packs);
const SAMPLES = path.join(packageRoot, 'samples');

export interface Expected {
  kind: string;
  subjects: string[];
  cause?: string[];
}

export interface Truth {
  run: string;
  expect: { must: Expected[]; may: Expected[] };
}

export const sampleNames = readdirSync(SAMPLES, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)
  .sort();

export function sample(name: string): Recording {
  return readRecording(path.join(SAMPLES, name));
}

export function truthOf(name: string): Truth {
  return JSON.parse(readFileSync(path.join(SAMPLES, name, 'truth.json'), 'utf8')) as Truth;
}

export function run(recording: Recording, options: Partial<ReplayOptions> = {}): Promise<IncidentEngine> {
  return replay(recording, { packs, detector, ...options });
}

/** What is wrong with the incidents, in words; empty when they are right. Subjects may be renamed. */
export function faults(incidents: readonly Incident[], truth: Truth, rename = (id: string) => id): string[] {
  const allowed = new Set(
    [...truth.expect.must, ...truth.expect.may].flatMap(one =>
      one.subjects.map(subject => `${one.kind} ${rename(subject)}`),
    ),
  );
  const wrong = incidents.flatMap(incident =>
    incident.subjects
      .filter(subject => !allowed.has(`${incident.kind} ${subject}`))
      .map(subject => `false: ${incident.kind} ${subject}`),
  );
  for (const expected of truth.expect.must) {
    const subjects = expected.subjects.map(rename);
    const same = incidents.filter(
      incident =>
        incident.kind === expected.kind && incident.subjects.every(subject => subjects.includes(subject)),
    );
    const covered = new Set(same.flatMap(incident => incident.subjects));
    for (const subject of subjects)
      if (!covered.has(subject)) wrong.push(`missed: ${expected.kind} ${subject}`);
    if (!expected.cause) continue;
    for (const incident of same) {
      if (!expected.cause.includes(incident.cause ?? ''))
        wrong.push(
          `cause of ${incident.kind} ${incident.subjects.join()}: ${incident.cause}, not ${expected.cause.join('|')}`,
        );
    }
  }
  return wrong;
}

/** A recording made anew from whole lines: each line keeps the time at which its last byte arrived. */
export interface Line {
  at: number;
  file: string;
  text: string;
}

export function linesOf(recording: Recording): Line[] {
  const lines: Line[] = [];
  const open = new Map<string, string>();
  const take = (arrival: Arrival) => {
    const bytes = recording.contents
      .get(arrival.file)
      ?.subarray(arrival.offset, arrival.offset + arrival.bytes);
    const parts = ((open.get(arrival.file) ?? '') + (bytes?.toString('latin1') ?? '')).split('\n');
    open.set(arrival.file, parts.pop() ?? '');
    for (const text of parts)
      lines.push({ at: arrival.at, file: arrival.file, text: Buffer.from(text, 'latin1').toString('utf8') });
  };
  recording.arrivals.forEach(take);
  return lines;
}

export function recordingOf(lines: readonly Line[]): Recording {
  const chunks = new Map<string, Buffer[]>();
  const sizes = new Map<string, number>();
  const arrivals: Arrival[] = [];
  for (const line of [...lines].sort((a, b) => a.at - b.at)) {
    const bytes = Buffer.from(`${line.text}\n`);
    const offset = sizes.get(line.file) ?? 0;
    arrivals.push({ at: line.at, file: line.file, offset, bytes: bytes.length });
    sizes.set(line.file, offset + bytes.length);
    chunks.set(line.file, [...(chunks.get(line.file) ?? []), bytes]);
  }
  return {
    folder: 'made',
    arrivals,
    contents: new Map([...chunks].map(([file, parts]) => [file, Buffer.concat(parts)])),
  };
}
