import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { DeadairError, messageOf } from '../platform/errors.js';
import { packageRoot } from '../platform/package-root.js';
import { noteFacts, recallFacts } from '../safe-regex/facts.js';
import { compiledPacks, writeCompiledPacks } from './compiled.js';
import { type LoadedPack, Pack } from './pack.js';
import { Programs } from './programs.js';
import { compileRules } from './rules.js';
import { structureDigits } from './told-digits.js';

const BUILT_IN_PACKS = path.join(packageRoot, 'src', 'detect', 'packs');

/** The built-in packs in order of their names; from what the build made of them, where that is up to date. */
export function loadBuiltInPacks(): LoadedPack[] {
  const texts = builtInTexts();
  const compiled = compiledPacks(texts);
  if (compiled !== undefined) recallFacts(compiled.facts);
  return [...texts].map(([name, text]) => {
    const file = path.join(BUILT_IN_PACKS, name);
    return { ...(compiled?.packs[name] ?? parsePack(text, file)), file };
  });
}

/** For the build. */
export function compileBuiltInPacks(): void {
  const texts = builtInTexts();
  const packs = [...texts].map(([name, text]) => [name, parsePack(text, name)] as const);
  const loaded = packs.map(([file, pack]) => ({ ...pack, file }));
  const facts = noteFacts(() => {
    compileRules(loaded);
    new Programs(loaded);
    structureDigits();
  });
  writeCompiledPacks(texts, { packs: Object.fromEntries(packs), facts });
}

function builtInTexts(): Map<string, string> {
  const names = readdirSync(BUILT_IN_PACKS).filter(name => name.endsWith('.yaml'));
  return new Map(names.sort().map(name => [name, readFileSync(path.join(BUILT_IN_PACKS, name), 'utf8')]));
}

/**
 * The built-in packs and the user's (`detect.packs` of deadair.yaml). A user's pack with the name of a built-in one
 * replaces it; where rules of equal priority match, the later pack wins, hence the user's.
 * @param files relative to the working directory, YAML or JSON
 */
export function loadPacks(files: readonly string[] = []): LoadedPack[] {
  const packs = new Map(loadBuiltInPacks().map(pack => [pack.pack, pack]));
  const own = new Set<string>();
  for (const file of files) {
    const pack = loadPack(file);
    if (own.has(pack.pack)) {
      throw new DeadairError('rules.invalid', `Two packs are named ${pack.pack}; rename one.`, {
        subject: file,
      });
    }
    own.add(pack.pack);
    packs.delete(pack.pack);
    packs.set(pack.pack, pack);
  }
  return [...packs.values()];
}

/** @throws DeadairError rules.invalid naming the file and the place in it */
function loadPack(file: string): LoadedPack {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DeadairError('config.unreadable', `The rule pack ${file} can't be read: ${messageOf(cause)}`, {
      subject: file,
      cause,
    });
  }
  return { ...parsePack(text, file), file };
}

/** @param name of the file, for errors */
export function parsePack(text: string, name: string): Pack {
  let data: unknown;
  try {
    data = parse(text);
  } catch (cause) {
    throw new DeadairError('rules.invalid', `The rule pack ${name} is not valid YAML: ${messageOf(cause)}`, {
      subject: name,
      cause,
    });
  }
  const result = Pack.safeParse(data);
  if (!result.success) {
    throw new DeadairError(
      'rules.invalid',
      `The rule pack ${name} is wrong: ${problems(result.error, data)}`,
      {
        subject: name,
      },
    );
  }
  const seen = new Set<string>();
  for (const { id } of result.data.rules) {
    if (seen.has(id)) {
      throw new DeadairError('rules.invalid', `The rule pack ${name} has two rules named ${id}.`, {
        subject: name,
      });
    }
    seen.add(id);
  }
  return result.data;
}

/** `rules[3] (tcp-reset).class: Invalid option …`: a person counts badly, so the rule's id is given too. */
function problems(error: z.ZodError, data: unknown): string {
  const rules = (data as { rules?: { id?: unknown }[] } | null)?.rules;
  return error.issues
    .slice(0, 5)
    .map(issue => {
      const [top, index] = issue.path;
      const id = top === 'rules' && typeof index === 'number' ? rules?.[index]?.id : undefined;
      const place = issue.path
        .map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
        .join('');
      return `${place.replace(/^\./, '') || 'the file'}${id === undefined ? '' : ` (${String(id)})`}: ${issue.message}`;
    })
    .join('; ');
}
