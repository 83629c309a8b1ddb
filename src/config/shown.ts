import { z } from 'zod';
import { byName } from '../platform/by-name.js';
import { sizeWords } from '../wording/amount.js';
import { durationWords } from '../wording/duration.js';
import { Settings } from './settings.js';

/** One setting as people are shown it. */
export interface ShownSetting {
  /** `store.retention.maxAge`. */
  name: string;
  /** In words, without what is secret. */
  value: string;
  /** It is what it would be without anybody's doing. */
  usual: boolean;
  /** What it does. */
  says: string;
}

/** Every setting that has a value, in the order of the schema. */
export function shownSettings(settings: Settings): ShownSetting[] {
  const usual = flat(Settings.parse({}), '', schema());
  const before = new Map(usual.map(one => [one.name, one.value]));
  return flat(withoutSecrets(settings) as Settings, '', schema()).map(one => ({
    ...one,
    usual: before.get(one.name) === one.value,
  }));
}

/** The settings without what is secret: this ends up in tickets and on screens. Any header may be a key, and a hook's address is one. */
export function withoutSecrets(value: unknown, key = '', inChannel = false): unknown {
  if (typeof value === 'string') {
    if (/token$|password|secret|signingKey|passphrase/i.test(key)) return '(hidden)';
    return inChannel && key === 'url' ? originAlone(value) : value;
  }
  if (Array.isArray(value)) return value.map(item => withoutSecrets(item, key, key === 'channels'));
  if (value === null || typeof value !== 'object') return value;
  const out = byName<unknown>();
  for (const [name, inner] of Object.entries(value))
    out[name] = withoutSecrets(inner, key === 'headers' ? 'secret' : name, inChannel && key !== 'headers');
  return out;
}

function originAlone(url: string): string {
  if (!URL.canParse(url)) return '(hidden)';
  const { origin, pathname, search } = new URL(url);
  return pathname + search === '/' ? origin : `${origin}/(hidden)`;
}

type JsonSchema = {
  properties?: Record<string, JsonSchema>;
  description?: string;
  title?: string;
};

function schema(): JsonSchema {
  return z.toJSONSchema(Settings, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

function flat(value: object, prefix: string, at: JsonSchema): Omit<ShownSetting, 'usual'>[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    const described = at.properties?.[key] ?? {};
    if (inner === undefined) return [];
    if (described.properties && inner !== null && typeof inner === 'object' && !Array.isArray(inner))
      return flat(inner, name, described);
    return [{ name, value: words(inner, described.title ?? ''), says: described.description ?? '' }];
  });
}

/** As one would write it, or nearly: `30 days`, `512 MiB`, `a, b`. */
function words(value: unknown, title: string): string {
  if (typeof value === 'number' && title.startsWith('time span')) return durationWords(value);
  if (typeof value === 'number' && title.startsWith('size')) return sizeWords(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every(one => typeof one === 'string')) return value.join(', ') || 'none';
  return value === undefined || value === null ? 'none' : JSON.stringify(value);
}
