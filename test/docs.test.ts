import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { referencePages } from '../scripts/reference/pages.js';
import { groupsOf } from '../scripts/reference/schema.js';
import { createProgram } from '../src/cli/program.js';
import { Settings } from '../src/config/settings.js';
import { LineDetector } from '../src/detect/detector.js';
import { PROGRAM_EVENTS } from '../src/detect/events.js';
import { loadBuiltInPacks, parsePack } from '../src/detect/load.js';
import { Pack, Rule } from '../src/detect/pack.js';
import { runSamples } from '../src/detect/samples.js';
import { CAUSES, INCIDENT_KINDS } from '../src/model/incident.js';
import { FAULT_CLASSES } from '../src/model/vocabulary.js';
import { packageRoot } from '../src/platform/package-root.js';
import { FrameHead, Heartbeat, PositionsRequest } from '../src/wire/protocol.js';
import { FLOORS } from './floors.js';

const program = await createProgram();

const TREE = ['src', 'collectors', 'dashboards', 'deploy', 'scripts', 'bench', 'test', 'docs'];
const files = TREE.flatMap(top =>
  readdirSync(path.join(packageRoot, top), { recursive: true, encoding: 'utf8' }).map(name =>
    path.posix.join(top, name.split(path.sep).join('/')),
  ),
);
const baseNames = new Set([...files.map(file => path.posix.basename(file)), ...readdirSync(packageRoot)]);
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  ...files.filter(file => file.startsWith('docs/') && file.endsWith('.md')),
];

const read = (file: string): string => readFileSync(path.join(packageRoot, file), 'utf8');
const yamlBlocks = (text: string): string[] =>
  [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block!);
const isPack = (yaml: string): boolean => /^pack:/m.test(yaml);
/** What stands between backticks outside of blocks. */
const quoted = (text: string): string[] =>
  [...text.replace(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)].map(([, word]) => word!);

describe('what the papers name is there', () => {
  for (const page of pages)
    test(page, () => {
      const text = read(page);
      assert.deepEqual(quoted(text).filter(isMissing), [], 'files that are not in the tree');
      assert.deepEqual(
        linksOf(text).filter(link => !leadsSomewhere(page, link)),
        [],
        'links that lead nowhere',
      );
      assert.deepEqual(unknownCommands(text), [], 'commands that do not exist');
    });
});

test('the generated pages of docs/reference are what the code says (npm run docs:reference writes them)', async () => {
  for (const [name, text] of await referencePages()) assert.equal(read(`docs/reference/${name}`), text, name);
});

test('ARCHITECTURE.md is short, and shows the floors that test/structure.test.ts holds', () => {
  const text = read('ARCHITECTURE.md');
  assert.ok(text.split('\n').length <= 200, 'at most 200 lines');
  const shown = [...text.matchAll(/^ *\d+ {2}(.+?)(?: {2,}.*)?$/gm)].map(([, names]) => names!.split(' · '));
  assert.deepEqual(
    shown.reverse().map(names => names.sort()),
    FLOORS.map(folders => [...folders].sort()),
  );
});

test('a page of docs/architecture is long enough to help and short enough to be read', () => {
  for (const page of pages.filter(name => name.startsWith('docs/architecture/'))) {
    const lines = read(page).split('\n').length;
    assert.ok(lines >= 40 && lines <= 120, `${page} has ${lines} lines`);
  }
});

test('docs/decisions are half a page each', () => {
  for (const page of pages.filter(name => /^docs\/decisions\/\d/.test(name)))
    assert.ok(read(page).split('\n').length <= 30, page);
});

test('docs/measurements: the newest first on each page', () => {
  for (const page of pages.filter(name => name.startsWith('docs/measurements/'))) {
    const dates = read(page)
      .split(/^(?=## )/m)
      .flatMap(part => /\b2\d{3}-\d\d-\d\d\b/.exec(part)?.[0] ?? []);
    assert.deepEqual(dates, dates.toSorted().reverse(), page);
  }
});

test('files named in the diagrams of docs/architecture are there', () => {
  const missing = pages
    .filter(name => name.startsWith('docs/architecture/'))
    .flatMap(page =>
      [...read(page).matchAll(/[\w./-]+\.(?:ts|tsx|mjs|css)\b/g)].map(([name]) => `${page}: ${name}`),
    )
    .filter(named => isMissing(named.split(': ')[1]!));
  assert.deepEqual(missing, []);
});

test('docs/decisions/README.md lists every decision', () => {
  const listed = linksOf(read('docs/decisions/README.md')).filter(link => /^\d{4}-/.test(link));
  const there = files
    .filter(file => /^docs\/decisions\/\d{4}-/.test(file))
    .map(file => path.posix.basename(file));
  assert.deepEqual(listed.sort(), there.sort());
  assert.equal(
    new Set(there.map(name => name.slice(0, 4))).size,
    there.length,
    'each has a number of its own',
  );
});

test('docs/reference/incidents.md tells every class, kind and cause', () => {
  const told = new Set(quoted(read('docs/reference/incidents.md')));
  assert.deepEqual(
    [...FAULT_CLASSES, ...INCIDENT_KINDS, ...CAUSES].filter(word => !told.has(word)),
    [],
  );
});

test('docs/reference/rule-packs.md names every key and event, and its packs hold what they say', () => {
  const text = read('docs/reference/rule-packs.md');
  const told = new Set(quoted(text));
  const keys = [Pack, Pack.shape.behaviour.unwrap(), Rule].flatMap(schema => Object.keys(schema.shape));
  assert.deepEqual(
    [...keys, ...PROGRAM_EVENTS].filter(word => !told.has(word)),
    [],
  );
  const packs = yamlBlocks(text)
    .filter(isPack)
    .map(block => ({ ...parsePack(block, 'rule-packs.md'), file: 'rule-packs.md' }));
  assert.ok(packs.length > 0);
  const all = [...loadBuiltInPacks(), ...packs];
  const reports = runSamples(new LineDetector(all), all);
  assert.deepEqual(
    reports.flatMap(({ failures }) => failures),
    [],
  );
});

test('docs/reference/protocol.md shows what the protocol takes', () => {
  const blocks = [...read('docs/reference/protocol.md').matchAll(/^```json\n(.*?)^```/gms)].map(([, block]) =>
    JSON.parse(block!),
  );
  const [asked, frame, beat] = blocks;
  for (const [schema, shown] of [
    [PositionsRequest, asked],
    [FrameHead, frame],
    [Heartbeat, beat],
  ] as const)
    assert.deepEqual(schema.parse(shown), shown);
});

test('the defaults that docs/reference/configuration.md prints can be written as they stand there', () => {
  const standard = Settings.parse({});
  for (const { settings } of groupsOf(Settings))
    for (const { path: setting, fallback } of settings) {
      // What needs another setting beside it can't be tried alone.
      const needy = settings.some(one => one.required);
      if (fallback === undefined || setting.includes('[]') || needy) continue;
      const names = setting.split('.');
      const written = names.reduceRight<unknown>(
        (inner, name) => ({ [name]: inner }),
        parse(fallback) ?? fallback,
      );
      const found = Settings.safeParse(written);
      assert.ok(found.success, `${setting}: ${fallback}: ${found.error?.message}`);
      assert.deepEqual(found.data, standard, setting);
    }
});

test('settings that the papers show are settings', () => {
  for (const page of pages)
    for (const block of yamlBlocks(read(page)).filter(text => !isPack(text))) {
      const found = Settings.safeParse(parse(block.replaceAll('…', 'x')));
      assert.ok(found.success, `${page}:\n${block}\n${found.error?.message}`);
    }
});

test('nothing refers to papers that are not in the tree', () => {
  const sources = files.filter(
    file => /\.(ts|tsx|mjs|md|sh|json|css)$/.test(file) && file !== 'test/docs.test.ts',
  );
  const missing = sources.flatMap(file =>
    [...read(file).matchAll(/\b(?:docs\/[\w./-]+\.md|DESIGN\.md)\b/g)]
      .map(([name]) => name)
      .filter(
        name =>
          !existsSync(path.join(packageRoot, name)) &&
          !existsSync(path.join(packageRoot, path.dirname(file), name)),
      )
      .map(name => `${file}: ${name}`),
  );
  assert.deepEqual(missing, []);
});

/** A word that looks like a file or folder of this tree and is none. `NAME` and `*` stand for anything. */
function isMissing(word: string): boolean {
  if (/[\s<>{}$:@]/.test(word) || word.startsWith('/') || word.startsWith('http')) return false;
  const plain = word.replace(/^\.\//, '').replace(/[#:].*$/, '');
  if (/NAME|NNNN|\*/.test(plain)) {
    const pattern = new RegExp(
      `(^|/)${plain
        .split(/NAME|NNNN|\*+/)
        .map(part => part.replace(/[.+]/g, '\\$&'))
        .join('[^/]+')}/?$`,
    );
    return (
      TREE.includes(plain.split('/')[0]!) && !/NAME/.test(plain) && !files.some(file => pattern.test(file))
    );
  }
  if (TREE.includes(plain.split('/')[0]!) && plain.includes('/'))
    return !existsSync(path.join(packageRoot, plain)) && !/^dist/.test(plain);
  if (/^[\w-]+(\/[\w.-]+)*\.(ts|tsx|mjs|css)$/.test(plain))
    return plain.includes('/') ? !files.some(file => file.endsWith(`/${plain}`)) : !baseNames.has(plain);
  return false;
}

function linksOf(text: string): string[] {
  return [...text.replace(/^```.*?^```/gms, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter(link => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
  if (!existsSync(path.join(packageRoot, target))) return false;
  if (anchor === undefined) return true;
  const anchors = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return anchors.includes(anchor);
}

/** What the text tells to type and nobody can: commands and flags of `deadair`, scripts of `npm run`. */
function unknownCommands(text: string): string[] {
  const typed = [
    ...text.matchAll(/(?:^|[`(;|&] *)(?:npx |DEADAIR_\w+=\S+ +)*deadair ((?:[a-z-]|--)[^`\n|#]*)/gm),
  ];
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const run = [...text.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, word]) => word!);
  return [
    ...typed.flatMap(([, words]) => unknownWords(words!).map(word => `deadair ${words}: ${word}`)),
    ...run.filter(word => scripts[word] === undefined).map(word => `npm run ${word}`),
  ];
}

/** Of a command as typed: its name and its flags, as far as they are not known. */
function unknownWords(typed: string): string[] {
  let command = program;
  const flags = new Set(['--help', '--version']);
  const unknown: string[] = [];
  for (const word of typed.split(' -- ')[0]!.split(/\s+/)) {
    for (const option of command.options) flags.add(option.long ?? '').add(option.short ?? '');
    const sub = command.commands.find(one => one.name() === word);
    if (sub) command = sub;
    else if (!command.parent && !word.startsWith('-')) return [word];
    for (const option of command.options) flags.add(option.long ?? '').add(option.short ?? '');
    if (/^--?[a-z]/.test(word) && !flags.has(word.replace(/[=.,;:)].*$/, ''))) unknown.push(word);
  }
  return unknown;
}
