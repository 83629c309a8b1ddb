import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../src/platform/package-root.js';
import { FLOORS } from './floors.js';

/** Imports that climb all the same, `FILE -> FILE`, each with its reason. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map();

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

function sources(): string[] {
  return ['src', 'collectors', 'dashboards'].flatMap(top =>
    readdirSync(path.join(packageRoot, top), { recursive: true, encoding: 'utf8' })
      .filter(name => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
      .map(name => path.posix.join(top, name.split(path.sep).join('/')))
      .filter(name => !name.startsWith('src/web/page/')),
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
