import path from 'node:path';
import { madeSafe, NAME_LENGTH } from '../../src/wire/safe-text.js';
import { globToRegExp, hasGlob } from './glob.js';

export type Compression = 'gzip' | 'zstd';

export interface LogName {
  /** The name the file has (or had) while it is written: `app.log` for `app.log.2.gz`. */
  base: string;
  rotated: boolean;
  compression?: Compression;
  /** The base holds only if a file of that name exists: `app-20260101.log` may also be a log of its own. */
  onlyBeside?: true;
}

const DATE = String.raw`\d{4}-?\d{2}-?\d{2}(?:[-_T.]?\d{2}(?:[-:.]?\d{2}(?:[-:.]?\d{2}(?:[.,]\d{1,9})?)?)?)?Z?`;
const SUFFIX = new RegExp(
  String.raw`^(?<base>.+?)(?:[.](?:\d{1,5}|old|prev|bak)|[-._](?:${DATE}|\d{10}))(?:[.-]\d{1,4})?$`,
);
const INFIX = new RegExp(
  String.raw`^(?<stem>.+?)(?:[.]\d{1,5}|[-._]${DATE})(?:[.-]\d{1,4})?(?<ext>[.][A-Za-z]{2,8})$`,
);
const COMPRESSED = /[.](?<suffix>gz|zst)$/;

/**
 * Recognises the names rotation gives: logrotate (`.1`, `.2.gz`, `-20260101`, `-20260101.gz`, `.old`), log4j and lumberjack
 * (`app-2026-01-01T10-00-00.000.log`), winston and pino-roll (`app.2026-01-01.log`, `app.1.log`). A dash and a small number
 * (`agent-1.log`) is a name of its own, not a rotation.
 */
export function unrotate(name: string): LogName {
  const compressed = COMPRESSED.exec(name);
  const compression: { compression?: Compression } = compressed
    ? { compression: compressed.groups?.suffix === 'gz' ? 'gzip' : 'zstd' }
    : {};
  const plain = compressed ? name.slice(0, compressed.index) : name;
  const suffix = SUFFIX.exec(plain);
  if (suffix?.groups?.base && !/^\.*$/.test(suffix.groups.base))
    return { base: suffix.groups.base, rotated: true, ...compression };
  const infix = INFIX.exec(plain);
  if (infix?.groups?.stem)
    return {
      base: `${infix.groups.stem}${infix.groups.ext ?? ''}`,
      rotated: true,
      onlyBeside: true,
      ...compression,
    };
  return { base: plain, rotated: compressed !== null, ...compression };
}

/** How an agent's id is found from a log's (un-rotated) path. */
export type AgentNaming = (basePath: string, watchPattern: string | undefined) => string;

/**
 * @param template a fixed name, or a path pattern with `{agent}` such as `/logs/{agent}.log`; undefined: the pattern of
 *   the watched path if it has `{agent}`, else the file's name up to its first dot
 */
export function agentNaming(template: string | undefined): AgentNaming {
  const fixed = template !== undefined && !template.includes('{agent}') ? cleanName(template) : undefined;
  const compiled = new Map<string, RegExp>();
  return (basePath, watchPattern) => {
    if (fixed !== undefined) return fixed;
    const pattern = template ?? (watchPattern?.includes('{agent}') ? watchPattern : undefined);
    if (pattern !== undefined) {
      let expression = compiled.get(pattern);
      if (!expression) {
        expression = globToRegExp(pattern, 'collect.agent', '([^/]+?)');
        compiled.set(pattern, expression);
      }
      const target = pattern.startsWith('/') ? basePath.replace(/^\//, '') : basePath;
      const found = expression.exec(target)?.[1];
      if (found) return cleanName(found);
    }
    const name = path.basename(basePath);
    return cleanName(name.slice(0, name.indexOf('.', 1) < 0 ? undefined : name.indexOf('.', 1)));
  };
}

/** What the protocol allows as a name: no blanks, slashes or quotes. */
function cleanName(text: string): string {
  return madeSafe(text.replace(/[\s/\\"'<>]+/gu, '_'), NAME_LENGTH) || '_';
}

export interface WatchRoot {
  directory: string;
  /** Pattern of the files below `directory` when the watched path named them; else the include patterns hold. */
  pattern?: string;
  /** The watched path as given, absolute: for `{agent}`. */
  given: string;
}

/** Splits `/logs/run-?/{agent}.log` into the folder to list and the pattern below it. */
export function watchRoot(given: string): WatchRoot {
  const absolute = path.resolve(given);
  if (!hasGlob(absolute)) return { directory: absolute, given: absolute };
  const parts = absolute.split('/');
  const first = parts.findIndex(part => hasGlob(part));
  return {
    directory: parts.slice(0, first).join('/') || '/',
    pattern: `/${parts.slice(first).join('/')}`,
    given: absolute,
  };
}
