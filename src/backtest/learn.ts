import path from 'node:path';
import { stringify } from 'yaml';
import { FINAL, LineDetector } from '../detect/detector.js';
import { parsePack } from '../detect/load.js';
import type { LoadedPack, Pack } from '../detect/pack.js';
import { Programs } from '../detect/programs.js';
import type { SignalClass } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';
import { skeletonOf } from '../skeletons/tally.js';

/** A stored line that was judged wrongly, and what it means. */
export interface Lesson {
  /** The line as it is shown: its message, without the program's own time. */
  message: string;
  path: string;
  agent: string;
  label: SignalClass;
  /** For every program's lines, not only for those of the program that wrote this one. */
  everywhere: boolean;
}

/** A site's own pack with the new rule in it. */
export interface Taught {
  pack: Pack;
  text: string;
  /** `pack/rule` */
  rule: string;
  /** Whose lines it holds for; absent: everybody's. */
  program: string | undefined;
}

const SITE_PACK = 'site';

const PRIORITY = FINAL;
/** Of a longer skeleton the beginning tells enough. */
const LONGEST = 300;
/** A rule must hold so many letters that its programmer wrote, or it would match anything. */
const FEWEST_LETTERS = 8;

/** What stands for each placeholder of a skeleton: bounded, so that the rule can't hang. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '<n>': '[-+]?\\d[\\d.,]{0,30}',
  '<id>': '[\\w.:@%+-]{1,80}',
  '<ip>': '[\\d.:a-fA-F]{2,45}(?::\\d{1,5})?',
  '<hex>': '(?:0x)?[0-9a-fA-F]{1,64}',
  '<url>': '\\S{1,300}',
  '<path>': '\\S{1,300}',
  '<size>': '\\S{1,40}',
  '<time>': '\\S{1,40}',
  '<address>': '\\S{1,120}',
  '<duration>': '\\S{1,30}',
  '<*>': '.{1,120}?',
};

/**
 * Makes a rule of a line: what the programmer wrote stays, what varies becomes a pattern. It is put into the site's pack
 * (`existing`, or a new one) and tried on the line itself before anybody sees it.
 * @param packs what the service judges with
 * @throws DeadairError `request.invalid` for a line that holds too little to tell it by
 */
export function learn(lesson: Lesson, packs: readonly LoadedPack[], existing?: Pack): Taught {
  question(lesson, existing === undefined ? packs : [...packs, { ...existing, file: SITE_PACK }]);
  const skeleton = skeletonOf(lesson.message).slice(0, LONGEST).trim();
  const letters = skeleton.replace(/<[a-z*]+>/g, '').replace(/[^a-z]/gi, '');
  if (letters.length < FEWEST_LETTERS)
    throw new DeadairError(
      'request.invalid',
      `The line holds too few words to tell it from others (${skeleton}); write a rule by hand (docs/reference/rule-packs.md).`,
      { subject: 'id' },
    );
  const program = lesson.everywhere ? undefined : programOf(lesson, packs);
  const pack = withRule(
    existing ?? { pack: SITE_PACK, title: 'Learnt from people at this site', rules: [] },
    {
      id: nameOf(skeleton, existing),
      // A rule that gives neither class nor event vetoes what stands below it.
      ...(lesson.label === 'none' ? {} : { class: lesson.label }),
      pattern: patternOf(skeleton),
      priority: PRIORITY,
      ...defined({ of: program?.name }),
      samples: { match: [lesson.message], not: [] },
    },
  );
  const programs = program?.described
    ? { ...pack.programs, [program.name]: program.described }
    : pack.programs;
  const whole: Pack = { ...pack, ...defined({ programs }) };
  const text = stringify(whole, { lineWidth: 0 });
  const taught = {
    pack: parsePack(text, SITE_PACK),
    text,
    rule: `${whole.pack}/${whole.rules.at(-1)!.id}`,
    program: program?.name,
  };
  prove(taught, lesson, packs);
  return taught;
}

function withRule(pack: Pack, rule: Pack['rules'][number]): Pack {
  return { ...pack, rules: [...pack.rules, rule] };
}

/** The program known to have written the line, or one described by the log it stands in. */
function programOf(
  { message, path: file, agent }: Lesson,
  packs: readonly LoadedPack[],
): { name: string; described?: { names: string[] } } {
  const programs = new Programs(packs);
  const known =
    programs.named({ path: file, names: [agent] })?.program ??
    programs.list().find(program => programs.speaks(program, message));
  if (known !== undefined) return { name: known };
  const base = path
    .basename(file)
    .toLowerCase()
    .replace(/\.(?:log|txt|out|err)(?:\.\d+)?$/, '')
    .replace(/[-_.]?\d+$/, '');
  const name = base.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  if (name.length < 2)
    throw new DeadairError(
      'request.invalid',
      `Which program wrote ${file} can't be told; say --everywhere, or name it under detect.programs.`,
      { subject: 'id' },
    );
  return { name, described: { names: [base] } };
}

function patternOf(skeleton: string): string {
  return skeleton
    .split(/(<[a-z*]+>|\s+)/)
    .map(part => {
      if (part === '') return '';
      if (/^\s+$/.test(part)) return '\\s{1,8}';
      return (
        (Object.hasOwn(PLACEHOLDERS, part) ? PLACEHOLDERS[part] : undefined) ??
        part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
      );
    })
    .join('');
}

/** `depot <*> fell silent` → `depot-fell-silent`, with a number where that is taken. */
function nameOf(skeleton: string, existing: Pack | undefined): string {
  const words =
    skeleton
      .toLowerCase()
      .replace(/<[a-z*]+>/g, ' ')
      .match(/[a-z]{3,20}/g) ?? [];
  const base = words.slice(0, 4).join('-') || 'line';
  const taken = new Set(existing?.rules.map(rule => rule.id));
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}-${n}`;
    if (!taken.has(name)) return name;
  }
}

/** What tells an event of a run is never talked away: incidents rest on it. And what is judged so already needs no rule. */
function question({ message, path: file, agent, label }: Lesson, packs: readonly LoadedPack[]): void {
  const said = new LineDetector(packs).classifyLine(message, { id: 'lesson', path: file, names: [agent] });
  if (said?.event !== undefined)
    throw new DeadairError(
      'request.invalid',
      `The line tells an event, ${said.event} (${said.rule}), that incidents rest on; change that rule in a pack of your own instead.`,
      { subject: 'id' },
    );
  if ((said?.class ?? 'none') === label)
    throw new DeadairError(
      'request.invalid',
      `The line is judged ${label} already${said === undefined ? '' : ` (${said.rule})`}; lines that were stored before keep what they were judged then.`,
      { subject: 'class' },
    );
}

/** The rule must decide the line it was made of, whatever else matches. */
function prove(
  { pack, rule }: Taught,
  { message, path: file, agent }: Lesson,
  packs: readonly LoadedPack[],
): void {
  const all = [...packs.filter(one => one.pack !== pack.pack), { ...pack, file: SITE_PACK }];
  const judgements = new LineDetector(all).explain(message, { id: 'lesson', path: file, names: [agent] });
  const decides = judgements.find(one => one.dismissed === undefined)?.rule;
  if (decides?.name === rule) return;
  throw new DeadairError(
    'request.invalid',
    `The rule ${rule} would not help: ${decides?.name ?? 'no rule'} says ${decides?.event ?? decides?.class ?? 'none'} of this line and stands above it.`,
    { subject: 'id' },
  );
}
