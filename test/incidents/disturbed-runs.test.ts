import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Witnessed } from '../../src/incidents/replay/witnessed.js';
import fc from '../property.js';
import { thorough } from '../thorough.js';
import { faults, type Line, linesOf, recordingOf, run, sample, truthOf } from './recordings.js';

const SAMPLES = [
  '01-baseline-mixed-8',
  '45-sigstop-20s-ctl-vv',
  '07-linkdown-permanent',
  '11-agent-not-started',
  '28-partition-all',
  'v97-12-agent-restart-ctlv',
];
const STAMP = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g;

/** What may befall the way of logs to the service and is no fault of any host. */
interface Disturbed {
  lines: Line[];
  /** Nothing of the story is hidden by it. */
  complete?: true;
  witnesses?: Witnessed[];
}
type Disturbance = (lines: Line[], share: number, which: number) => Disturbed;

const filesOf = (lines: Line[]) => [...new Set(lines.map(line => line.file))].sort();
const at = (lines: Line[], share: number) => {
  const from = lines[0]!.at;
  return Math.round(from + share * (lines.at(-1)!.at - from));
};
/** Logs that are read at one moment come one after the other. */
const together = (lines: Line[], line: Line, moment: number): Line => ({
  ...line,
  at: moment + 40 * filesOf(lines).indexOf(line.file),
});

const DISTURBANCES: Record<string, Disturbance> = {
  'one log comes seconds after the others': (lines, share, which) => {
    const slow = filesOf(lines)[which % filesOf(lines).length];
    const late = Math.round(12_000 * share);
    return { lines: lines.map(line => (line.file === slow ? { ...line, at: line.at + late } : line)) };
  },
  'a clock is off, of a host whose heartbeats nobody hears': (lines, share, which) => {
    const off = [3000, -3000, 20_000, -45_000, 3_600_000, -3_600_000, -7_200_000][which % 7]!;
    const files = filesOf(lines);
    const wrong = files[Math.floor(share * files.length)];
    return {
      complete: true,
      lines: lines.map(line =>
        line.file === wrong
          ? {
              ...line,
              text: line.text.replace(STAMP, stamp => new Date(Date.parse(stamp) + off).toISOString()),
            }
          : line,
      ),
    };
  },
  'logs come in bursts': (lines, _share, which) => {
    const every = [1000, 5000, 10_000][which % 3]!;
    return { lines: lines.map(line => ({ ...line, at: Math.ceil(line.at / every) * every })) };
  },
  'Deadair is started in the middle of the run': (lines, share) => {
    const begun = at(lines, 0.8 * share);
    return { lines: lines.map(line => (line.at < begun ? together(lines, line, begun) : line)) };
  },
  'the service is away for a while': (lines, share, which) => {
    const from = at(lines, share);
    const to = from + 3000 + 1000 * (which % 50);
    return {
      lines: lines.map(line => (line.at >= from && line.at < to ? together(lines, line, to) : line)),
      witnesses: [{ at: to, away: { from } }],
    };
  },
  'the service is away, and collectors come back one after the other': (lines, share, which) => {
    const from = at(lines, share);
    const to = from + 20_000 + 1000 * (which % 30);
    const files = filesOf(lines);
    const back = ({ file }: Line) =>
      to + (10_000 * ((7 * files.indexOf(file) + which) % files.length)) / files.length;
    return {
      lines: lines.map(line =>
        line.at >= from && line.at < back(line) ? { ...line, at: back(line) } : line,
      ),
      witnesses: [{ at: to, away: { from } }],
    };
  },
  'a log is rotated': (lines, share, which) => {
    const rotated = filesOf(lines)[which % filesOf(lines).length];
    const cut = at(lines, share);
    return {
      lines: lines.map(line =>
        line.file === rotated && line.at < cut ? { ...line, file: `${line.file}.1` } : line,
      ),
    };
  },
  'another program’s log lies beside': lines => {
    const beside: Line[] = [];
    for (let time = lines[0]!.at; time < lines.at(-1)!.at; time += 7000)
      beside.push({
        at: time,
        file: 'sidecar.log',
        text: `${new Date(time).toISOString()} INFO health check ok`,
      });
    return { lines: [...lines, ...beside] };
  },
  'the same run again into the same logs': (lines, share) => {
    const later = lines.at(-1)!.at - lines[0]!.at + 2000 + Math.round(share * 600_000);
    const again = lines.map(line => ({
      ...line,
      at: line.at + later,
      text: line.text.replace(STAMP, stamp => new Date(Date.parse(stamp) + later).toISOString()),
    }));
    return { lines: [...lines, ...again] };
  },
};

for (const [name, disturb] of Object.entries(DISTURBANCES))
  describe(name, () => {
    const many = fc.tuple(fc.double({ min: 0.05, max: 0.95, noNaN: true }), fc.nat(100));
    for (const sampled of SAMPLES)
      it(`${sampled}: no host is accused of it`, async () => {
        const lines = linesOf(sample(sampled));
        await fc.assert(
          fc.asyncProperty(many, async ([share, which]) => {
            const { lines: made, witnesses, complete } = disturb(lines, share, which);
            const recording = { ...recordingOf(made), ...(witnesses ? { witnesses } : {}) };
            const told = (await run(recording)).incidents();
            const wrong = faults(told, truthOf(sampled)).filter(
              one =>
                // by logs alone nobody knows whether a clock is off or a log is late
                !one.startsWith('false: clock-skew') &&
                (one.startsWith('false') || (complete && one.startsWith('missed'))),
            );
            assert.equal(new Set(told.map(({ id }) => id)).size, told.length, 'no two have one id');
            assert.deepEqual(wrong, [], told.map(({ explanation }) => explanation).join(' | '));
          }),
          { numRuns: thorough ? 12 : 2 },
        );
      });
  });
