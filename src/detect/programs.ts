import path from 'node:path';
import { DeadairError } from '../platform/errors.js';
import { compilePattern, type SafePattern } from '../safe-regex/compile.js';
import type { LoadedPack } from './pack.js';

/** What a source was taken for, and why: for the detector and for `deadair explain --line`. */
export interface SourceProgram {
  program: string;
  why: string;
  /** A line told; settings and names are looked at anew each time. */
  learnt?: boolean;
}

/** What is known of a source before it is read. */
export interface SourceNames {
  path: string;
  /** Process, unit or container image, where the sender knows them. */
  names?: readonly string[];
}

interface Program {
  name: string;
  marks: readonly SafePattern[];
  /** Words of a path, process or image. */
  names: ReadonlySet<string>;
}

/**
 * Tells which program wrote a log or a line. A pack's rules hold for its own program's lines only, so that what one program
 * means by `last error:` silences nobody else's.
 */
export class Programs {
  private readonly programs = new Map<string, Program>();

  /** @throws DeadairError rules.invalid for marks that are no patterns */
  constructor(packs: readonly LoadedPack[]) {
    for (const pack of packs) {
      for (const [name, { marks = [], names = [] }] of Object.entries(pack.programs ?? {}))
        this.programs.set(name, {
          name,
          marks: marks.map(mark => compiled(mark, pack.file, name)),
          names: new Set(names.map(one => one.toLowerCase())),
        });
    }
    for (const pack of packs)
      for (const of of [pack.of, ...pack.rules.map(rule => rule.of)])
        if (of !== undefined && of !== 'anybody' && !this.programs.has(of))
          throw new DeadairError(
            'rules.invalid',
            `The rule pack ${pack.file} speaks of a program "${of}" that no pack describes under \`programs\`.`,
            { subject: pack.file },
          );
  }

  knows(program: string): boolean {
    return this.programs.has(program);
  }

  /** Of all programs. */
  marks(): SafePattern[] {
    return [...this.programs.values()].flatMap(({ marks }) => marks);
  }

  list(): string[] {
    return [...this.programs.keys()].sort();
  }

  /** By the words of its path, process or image; the most telling name is the longest. */
  named({ path: file, names = [] }: SourceNames): SourceProgram | undefined {
    let best: SourceProgram | undefined;
    let length = 0;
    for (const [what, text] of [...names.map(name => ['name', name] as const), ['path', file] as const]) {
      const words = wordsOf(text);
      for (const { name, names: known } of this.programs.values())
        for (const word of words)
          if (known.has(word) && word.length > length) {
            length = word.length;
            best = { program: name, why: `its ${what} ${path.basename(text) || text} says "${word}"` };
          }
    }
    return best;
  }

  /** Whether the line holds something that only this program prints. */
  speaks(program: string, text: string): boolean {
    return this.programs.get(program)?.marks.some(mark => mark.test(text)) ?? false;
  }
}

function compiled(mark: string, file: string, program: string): SafePattern {
  try {
    return compilePattern(mark, false);
  } catch (cause) {
    throw new DeadairError(
      'rules.invalid',
      `A mark of the program ${program} in ${file} is no pattern: ${(cause as Error).message}`,
      { subject: file, cause },
    );
  }
}

/** `/var/log/zookeeper/zk-3.log` → zookeeper, zk; whole names with hyphens, too (`sai3bench-agent`). */
function wordsOf(text: string): string[] {
  const parts = text.toLowerCase().split(/[/\\:@\s]+/);
  return parts.flatMap(part => [
    part.replace(/\.(?:log|txt|out|err)(?:\.\d+)?$/, ''),
    ...part.split(/[^a-z0-9]+/),
  ]);
}
