import { areOpposites, isPolar } from '../skeletons/polarity.js';

/** A word that takes more values than this in otherwise alike skeletons is data. */
const VARIANTS = 8;
/** Of the words of a template at least this share is the same in all its lines (Drain's similarity threshold). */
const ALIKE = 0.5;
const DEEPEST = 64;

/**
 * Which skeletons are one template: `user ann logged in`, `user bob logged in` … differ in a word that takes many values.
 * Works on the set of skeletons: unlike Drain, which merges lines as they come, the result does not depend on their order,
 * and two runs merged together have the same templates. Words that say how something went are never merged.
 * @returns the template of each skeleton, in the given order
 */
export function mergeSkeletons(texts: readonly string[]): string[] {
  const templates = new Map<string, string>();
  const byLength = new Map<number, string[][]>();
  for (const text of new Set(texts)) {
    const tokens = text.split(' ');
    const group = byLength.get(tokens.length);
    if (group) group.push(tokens);
    else byLength.set(tokens.length, [tokens]);
  }
  for (const group of byLength.values()) divide(group, 0, templates);
  return texts.map(text => templates.get(text)!);
}

function divide(group: string[][], depth: number, templates: Map<string, string>): void {
  if (group.length <= VARIANTS || depth > DEEPEST) {
    for (const tokens of group) keep(tokens, templates);
    return;
  }
  const length = group[0]!.length;
  const varying: { at: number; values: Map<string, string[][]> }[] = [];
  for (let at = 0; at < length; at++) {
    const values = new Map<string, string[][]>();
    for (const tokens of group) {
      const own = values.get(tokens[at]!);
      if (own) own.push(tokens);
      else values.set(tokens[at]!, [tokens]);
    }
    if (values.size > 1) varying.push({ at, values });
  }
  const fewest = varying.reduce((least, one) => (one.values.size < least.values.size ? one : least));
  const alike = (length - varying.length) / length >= ALIKE;
  if (fewest.values.size <= VARIANTS || !alike) {
    if (fewest.values.size === group.length) for (const tokens of group) keep(tokens, templates);
    else for (const part of fewest.values.values()) divide(part, depth + 1, templates);
    return;
  }
  for (const { values } of varying) {
    const told = telling([...values.keys()]);
    if (told.size === 0) continue;
    const rest: string[][] = [];
    for (const [value, part] of values) {
      if (told.has(value)) divide(part, depth + 1, templates);
      else rest.push(...part);
    }
    divide(rest, depth + 1, templates);
    return;
  }
  const at = new Set(varying.map(one => one.at));
  const template = group[0]!.map((token, i) => (at.has(i) ? '<*>' : token)).join(' ');
  for (const tokens of group) templates.set(tokens.join(' '), template);
}

/** The values that say how something went: words of that kind, and pairs of opposites. */
function telling(values: string[]): Set<string> {
  const told = new Set(values.filter(isPolar));
  const all = new Set(values);
  for (const value of values)
    for (const prefix of ['un', 'dis', 'in', 'im', 'non', 'de'])
      if (all.has(prefix + value) && areOpposites(value, prefix + value)) told.add(value).add(prefix + value);
  return told;
}

function keep(tokens: string[], templates: Map<string, string>): void {
  const text = tokens.join(' ');
  templates.set(text, text);
}
