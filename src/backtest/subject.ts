import { parsePack } from '../detect/load.js';
import type { LoadedPack } from '../detect/pack.js';
import type { SignalClass } from '../model/vocabulary.js';
import { DeadairError } from '../platform/errors.js';

/** What is to be tried: a known rule or pack by name, a pack's text, or a phrase or /pattern/ made up on the spot. */
export type Question =
  | { kind: 'name'; name: string }
  | { kind: 'pack'; name: string; text: string }
  | { kind: 'pattern'; text: string; class: SignalClass };

/** The rules with and without what is tried: the difference is what it does. */
export interface Trial {
  with: LoadedPack[];
  without: LoadedPack[];
  /** `pack/rule` of what is tried. */
  rules: string[];
}

const AD_HOC = 'ad-hoc';

/** @throws DeadairError `not-found` for a name that means nothing, `rules.invalid` for what is no rule */
export function trialOf(question: Question, packs: readonly LoadedPack[]): Trial {
  if (question.kind === 'name') return known(question.name, packs);
  const tried =
    question.kind === 'pack'
      ? { ...parsePack(question.text, question.name), file: question.name }
      : adHoc(question.text, question.class);
  // As in loadPacks: a pack of that name is replaced, and the later one wins.
  const without = packs.filter(pack => pack.pack !== tried.pack);
  return {
    with: [...without, tried],
    without: [...packs],
    rules: tried.rules.map(rule => `${tried.pack}/${rule.id}`),
  };
}

function known(name: string, packs: readonly LoadedPack[]): Trial {
  const [packName, id] = name.split('/', 2);
  const pack = packs.find(one => one.pack === packName);
  const rules = pack?.rules.filter(rule => id === undefined || rule.id === id) ?? [];
  if (!pack || rules.length === 0)
    throw new DeadairError(
      'not-found',
      pack
        ? `The pack ${packName} has no rule "${id}"; deadair rules test lists the packs, their files the rules.`
        : `There is no rule or pack "${name}". Name one as PACK/RULE, give a pack's file, or write a pattern as '/text/' and a phrase in two words or more.`,
      { subject: 'rule' },
    );
  const left = pack.rules.filter(rule => !rules.includes(rule));
  return {
    with: [...packs],
    without: packs.flatMap(one => (one !== pack ? [one] : left.length > 0 ? [{ ...one, rules: left }] : [])),
    rules: rules.map(rule => `${pack.pack}/${rule.id}`),
  };
}

function adHoc(text: string, signal: SignalClass): LoadedPack {
  const pattern = /^\/(.+)\/i?$/.exec(text)?.[1];
  return {
    pack: AD_HOC,
    title: 'made up on the spot',
    file: 'the command line',
    rules: [
      {
        id: 'rule',
        class: signal,
        // Above all others: the question is what the pattern matches, not who else would have.
        priority: 1000,
        ...(pattern === undefined ? { phrases: [text] } : { pattern }),
        samples: { match: [], not: [] },
      },
    ],
  };
}
