import { DeadairError } from '../../src/platform/errors.js';

/**
 * Shell patterns as in .gitignore: `*` and `?` within a name, `**` across folders, `[a-z]`, `{a,b}`. A pattern without a
 * slash is matched against the file name at any depth, one with a slash against the path below the watched folder.
 * `{agent}` stands for `*` here; names.ts reads the agent's name out of it.
 */
export function compileGlobs(
  patterns: readonly string[],
  setting: string,
): (relativePath: string) => boolean {
  const expressions = patterns.map(pattern => globToRegExp(pattern, setting));
  return relativePath => expressions.some(expression => expression.test(relativePath));
}

/** @param capture the part of the expression that `{agent}` becomes */
export function globToRegExp(pattern: string, setting: string, capture = '[^/]*'): RegExp {
  const anchored = pattern.includes('/') ? pattern.replace(/^\.?\//, '') : `**/${pattern}`;
  let source = '';
  let depth = 0;
  for (let at = 0; at < anchored.length; at++) {
    const char = anchored[at]!;
    if (anchored.startsWith('**/', at) && (at === 0 || anchored[at - 1] === '/')) {
      source += '(?:[^/]+/)*';
      at += 2;
    } else if (anchored.startsWith('**', at)) {
      source += '.*';
      at++;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (anchored.startsWith('{agent}', at)) {
      source += capture;
      at += '{agent}'.length - 1;
    } else if (char === '{') {
      source += '(?:';
      depth++;
    } else if (char === '}' && depth > 0) {
      source += ')';
      depth--;
    } else if (char === ',' && depth > 0) source += '|';
    else if (char === '[') {
      const end = anchored.indexOf(']', at + 2);
      if (end < 0) throw badGlob(pattern, setting, 'a [ without its ]');
      const body = anchored
        .slice(at + 1, end)
        .replace(/\\/g, '\\\\')
        .replace(/^!/, '^');
      source += `[${body}]`;
      at = end;
    } else source += char.replace(/[.+^$()|\\{}\]]/g, '\\$&');
  }
  if (depth > 0) throw badGlob(pattern, setting, 'a { without its }');
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    throw badGlob(pattern, setting, 'a range that is none');
  }
}

export function hasGlob(text: string): boolean {
  return /[*?[{]/.test(text);
}

/** A path as a pattern that matches only itself. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?[{]/g, char => `[${char}]`);
}

function badGlob(pattern: string, setting: string, why: string): DeadairError {
  return new DeadairError('config.invalid', `the pattern ${JSON.stringify(pattern)} has ${why}`, {
    subject: setting,
  });
}
