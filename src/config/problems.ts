import { z } from 'zod';
import { suggest } from './suggest.js';

/** One thing that is wrong with the settings. */
export interface Problem {
  /** `alerts.channels[0].url` */
  path: string;
  message: string;
  /** Where it was set: `deadair.yaml:12`, `DEADAIR_PORT`, `--port`. */
  origin?: string;
}

/** zod's issues as settings' paths and sentences, unknown keys with what was probably meant. */
export function problemsOf(error: z.ZodError, schema: z.ZodType): Problem[] {
  return error.issues.flatMap(issue => fromIssue(issue, [], schema));
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : `${text}${text ? '.' : ''}${String(part)}`,
    '',
  );
}

type Issue = z.core.$ZodIssue;

function fromIssue(issue: Issue, prefix: PropertyKey[], schema: z.ZodType): Problem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    return issue.keys.map(key => {
      const meant = suggest(key, known);
      const advice = meant
        ? `did you mean ${meant}?`
        : known.length > 0
          ? `known here: ${known.join(', ')}`
          : 'remove it';
      return { path: pathText([...path, key]), message: `there is no such setting; ${advice}` };
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch that got furthest is the one that was meant: its errors lie deepest and are fewest.
    const depth = (branch: Issue[]) => Math.min(...branch.map(inner => inner.path.length));
    const [meant] = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length);
    if (meant && depth(meant) > 0) return meant.flatMap(inner => fromIssue(inner, path, schema));
    const custom = meant?.find(inner => inner.code === 'custom' || inner.code === 'invalid_format');
    const wanted = [...new Set(issue.errors.flatMap(branch => branch.map(inner => inner.message)))];
    return [{ path: pathText(path), message: custom?.message ?? wanted.join(', or ') }];
  }
  return [{ path: pathText(path), message: plain(issue) }];
}

/** zod's wording where it is clear, ours where a person would stumble. */
function plain(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    const [, received] = /received (\w+)/.exec(issue.message) ?? [];
    if (issue.input === undefined && received === 'undefined') return 'is missing';
    const kind = KINDS[issue.expected] ?? issue.expected;
    const told =
      received === undefined || received === 'NaN' || issue.expected === 'int'
        ? ''
        : `, not ${KINDS[received] ?? received}`;
    return `must be ${kind}${told}`;
  }
  if (issue.code === 'too_big' || issue.code === 'too_small') return bound(issue);
  const message = issue.message
    .replace(/^Invalid input: /, '')
    .replace(/^Invalid option: /, '')
    .replace(/^Invalid discriminator value\. Expected/, 'must be one of');
  return message.charAt(0).toLowerCase() + message.slice(1);
}

/** zod's names of types in words. */
const KINDS: Record<string, string> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of settings',
  record: 'a group of settings',
  null: 'nothing',
};

/** What zod calls too big or small, by what is counted in it. */
const COUNTED: Record<string, string> = {
  string: 'characters',
  array: 'entries',
  set: 'entries',
  file: 'bytes',
};

function bound(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const [limit, side] = issue.code === 'too_big' ? [issue.maximum, 'most'] : [issue.minimum, 'least'];
  const counted = COUNTED[issue.origin];
  if (counted) return `must have at ${side} ${limit} ${counted}`;
  if (issue.inclusive === false) return `must be ${side === 'most' ? 'less' : 'more'} than ${limit}`;
  return `must be at ${side} ${limit}`;
}

/** Made once a schema: it is dear, and a file may have many keys that are none. */
const described = new WeakMap<z.ZodType, JsonSchema>();

function describe(schema: z.ZodType): JsonSchema {
  const known = described.get(schema);
  if (known) return known;
  const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  described.set(schema, made);
  return made;
}

/** The settings there are at a path, through defaults, options and arrays. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let json: JsonSchema | undefined = describe(schema);
  for (const part of path) {
    if (!json) return [];
    json = typeof part === 'number' ? json.items : json.properties?.[String(part)];
  }
  const branches = [json, ...(json?.anyOf ?? []), ...(json?.oneOf ?? [])];
  return [...new Set(branches.flatMap(branch => Object.keys(branch?.properties ?? {})))];
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}
