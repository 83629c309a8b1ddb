import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../src/platform/package-root.js';
import { FLOORS } from './floors.js';

/** Imports that climb all the same, `FILE -> FILE`, each with its reason. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map();

/** A file is read whole, so it is short enough for that. */
const MOST_LINES = 400;

/** Longer files, each with its reason. */
const LONG_FILES: ReadonlyMap<string, string> = new Map([
  ['src/web/page/api/generated.ts', 'written by `npm run docs:reference` from the API’s description'],
  ['test/reading/table/envelopes.ts', 'a table of lines and what is read from them'],
  ['test/reading/table/levels.ts', 'a table of lines and what is read from them'],
  ['test/reading/table/times.ts', 'a table of lines and what is read from them'],
  ['test/records/format-lines.ts', 'a table of lines and what is read from them'],
  ['test/store/contract.ts', 'one list of what every store must do, run against each'],
]);

interface Arrow {
  from: string;
  to: string;
}

const files = sources();
const arrows = files.flatMap(arrowsOf);

test('every folder of the source stands on a floor', () => {
  const known = new Set(FLOORS.flat());
  assert.deepEqual(
    [...new Set(files.map(folderOf))].filter(folder => !known.has(folder)),
    [],
  );
});

test('no import climbs: a folder imports only from floors below it', () => {
  const floor = new Map(FLOORS.flatMap((folders, level) => folders.map(folder => [folder, level] as const)));
  const climbing = arrows
    .filter(({ from, to }) => folderOf(from) !== folderOf(to))
    .filter(({ from, to }) => floor.get(folderOf(to))! >= floor.get(folderOf(from))!)
    .map(({ from, to }) => `${from} -> ${to}`);
  assert.deepEqual(
    climbing.filter(arrow => !EXCEPTIONS.has(arrow)),
    [],
    'move the noun both need to a floor below (src/model), or the function to where it is used',
  );
});

test('no files import each other in a circle, types included', () => {
  assert.deepEqual(circles(), []);
});

test('no file is longer than can be read in one go', () => {
  const long = typescriptIn('src', 'collectors', 'dashboards', 'bench', 'scripts', 'test')
    .map(file => ({ file, lines: readFileSync(path.join(packageRoot, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > MOST_LINES);
  assert.deepEqual(
    long.filter(({ file }) => !LONG_FILES.has(file)),
    [],
    'take out what has a purpose of its own into a file named by it',
  );
  assert.deepEqual(
    [...LONG_FILES.keys()].filter(name => !long.some(({ file }) => file === name)),
    [],
    'these are short by now: take them off the list of exceptions',
  );
});

function sources(): string[] {
  return typescriptIn('src', 'collectors', 'dashboards').filter(name => !name.startsWith('src/web/page/'));
}

function typescriptIn(...folders: string[]): string[] {
  return folders.flatMap(top =>
    readdirSync(path.join(packageRoot, top), { recursive: true, encoding: 'utf8' })
      .filter(name => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
      .map(name => path.posix.join(top, name.split(path.sep).join('/'))),
  );
}

/** `src/store/embedded/scan.ts` lies in `store`, `collectors/file/reader.ts` in `collectors`. */
function folderOf(file: string): string {
  const [top, next] = file.split('/');
  return top === 'src' ? next! : top!;
}

function arrowsOf(from: string): Arrow[] {
  const text = readFileSync(path.join(packageRoot, from), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'/g)].map(match => ({
    from,
    to: path.posix.join(path.posix.dirname(from), match[1]!).replace(/\.js$/, '.ts'),
  }));
}

/** Sets of files that reach each other (Tarjan's strongly connected components), as `a.ts, b.ts`. */
function circles(): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to]);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const to of next.get(file) ?? []) {
      if (!index.has(to)) {
        visit(to);
        low.set(file, Math.min(low.get(file)!, low.get(to)!));
      } else if (stack.includes(to)) low.set(file, Math.min(low.get(file)!, index.get(to)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle.sort().join(', '));
  };
  for (const file of files) if (!index.has(file)) visit(file);
  return found;
}
