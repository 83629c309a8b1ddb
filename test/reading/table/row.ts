import type { Level } from '../../../src/model/vocabulary.js';

/** One way in which programs write lines, and how such a line is to be read. */
export interface LineFormat {
  name: string;
  /** The program or document the format was taken from. */
  source: string;
  /** The line as it stands in the file; lines that must come before it stand before it. */
  line: string;
  /** RFC 3339, UTC; null: the line tells none. */
  time: string | null;
  level: Level;
  /** Behind time and level. */
  text: string;
  /** Year or zone are not on the line. */
  assumed?: boolean;
  continuation?: boolean;
  stream?: 'stdout' | 'stderr';
  container?: string;
}

type Extra = Pick<LineFormat, 'assumed' | 'continuation' | 'stream' | 'container'>;

export function row(
  name: string,
  source: string,
  line: string,
  time: string | null,
  level: Level,
  text: string,
  extra: Extra = {},
): LineFormat {
  return { name, source, line, time, level, text, ...extra };
}

/** Year or zone had to be assumed. */
export const ASSUMED = { assumed: true } as const;
