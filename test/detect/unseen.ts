import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LineDetector } from '../../src/detect/detector.js';
import { packageRoot } from '../../src/platform/package-root.js';

export interface LabelledLine {
  program: string;
  label: string;
  line: string;
}

/** Reads `test/detect/unseen/NAME.txt`: `[program]` sections of `LABEL line`. */
export function readLabelled(name: string): LabelledLine[] {
  const text = readFileSync(path.join(packageRoot, 'test', 'detect', 'unseen', `${name}.txt`), 'utf8');
  const lines: LabelledLine[] = [];
  let program = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const section = /^\[([\w-]+)\]$/.exec(line);
    if (section !== null) program = section[1]!;
    else
      lines.push({
        program,
        label: line.slice(0, line.indexOf(' ')),
        line: line.slice(line.indexOf(' ') + 1),
      });
  }
  return lines;
}

export interface Score {
  lines: number;
  f1: number;
  /** Of the faults that were found: the share with the right class. */
  classRight: number;
  wrong: { program: string; label: string; got: string; line: string }[];
}

/** Whether a line tells of a fault at all, as the corpus's score.py counts it: `recovered` lines stand aside. */
export function score(detector: LineDetector, lines: readonly LabelledLine[]): Score {
  let [found, missed, invented, right] = [0, 0, 0, 0];
  const wrong: Score['wrong'] = [];
  for (const { program, label, line } of lines) {
    const got: string = detector.classifyLine(line)?.class ?? 'none';
    if (got !== label) wrong.push({ program, label, got, line });
    if (label === 'recovered') continue;
    const fault = got !== 'none' && got !== 'recovered';
    if (label === 'none') invented += Number(fault);
    else if (!fault) missed++;
    else {
      found++;
      right += Number(got === label);
    }
  }
  return {
    lines: lines.length,
    f1: (2 * found) / (2 * found + missed + invented),
    classRight: right / Math.max(1, found),
    wrong,
  };
}
