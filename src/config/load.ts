import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { DeadairError, messageOf } from '../platform/errors.js';
import { cautions } from './cautions.js';
import { ENVIRONMENT, FLAGS, OTHER_VARIABLES } from './environment.js';
import { type Problem, problemsOf } from './problems.js';
import { Settings } from './settings.js';
import { suggest } from './suggest.js';

const DEFAULT_FILE = 'deadair.yaml';

export interface ConfigSources {
  /** `--config`; without it DEADAIR_CONFIG, else deadair.yaml of the working directory if there is one. */
  file?: string | undefined;
  env?: NodeJS.ProcessEnv;
  /** Flags of the command line by the setting's path: `{'server.port': 8000}`; undefined ones were not given. */
  flags?: Record<string, unknown>;
}

export interface LoadedConfig {
  settings: Settings;
  /** The file that was read, if one was. */
  file: string | undefined;
  /** Oddities that are no errors, such as an unknown DEADAIR_ variable. */
  warnings: string[];
}

/** Everything that is wrong with the settings at once: `deadair config check` prints each. */
export class ConfigError extends DeadairError {
  constructor(readonly problems: Problem[]) {
    const [first] = problems;
    const rest = problems.length - 1;
    const more = rest > 0 ? ` (and ${rest} more; \`deadair config check\` lists all)` : '';
    super('config.invalid', `${problemText(first!)}${more}.`, { subject: first!.path });
  }
}

export function problemText({ path: setting, message, origin }: Problem): string {
  return `${origin ? `${origin}: ` : ''}${setting}: ${message}`;
}

/**
 * Reads the settings: defaults, then the file, then the environment, then flags, each weightier than the one before.
 * Relative paths are relative to the working directory.
 * @throws ConfigError with every problem, DeadairError `config.unreadable`
 */
export function loadConfig(sources: ConfigSources = {}): LoadedConfig {
  const env = sources.env ?? process.env;
  const file =
    sources.file ??
    (env.DEADAIR_CONFIG || undefined) ??
    (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const origins = new Map<string, string>();
  const raw = file === undefined ? {} : readYaml(file, origins);
  const warnings = applyEnvironment(raw, env, origins);
  for (const [setting, value] of Object.entries(sources.flags ?? {})) {
    if (value === undefined) continue;
    setAt(raw, setting, value);
    origins.set(setting, FLAGS[setting] ?? '');
  }
  const parsed = Settings.safeParse(raw);
  if (!parsed.success) {
    const problems = problemsOf(parsed.error, Settings).map(problem => {
      const origin = originOf(problem.path, origins);
      return origin ? { ...problem, origin } : problem;
    });
    throw new ConfigError(problems);
  }
  const settings = withCollectToken(withToken(parsed.data));
  return { settings, file, warnings: [...warnings, ...cautions(settings)] };
}

function readYaml(file: string, origins: Map<string, string>): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DeadairError(
      'config.unreadable',
      `The settings file ${file} can't be read (${(cause as NodeJS.ErrnoException).code}); check --config and DEADAIR_CONFIG.`,
      { subject: file, cause },
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const name = path.basename(file);
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new ConfigError([{ path: file, message: error.message, origin: `${name}:${line}:${col}` }]);
  }
  const note = (node: unknown, at: string): void => {
    if (!isMap(node)) {
      const items = (node as { items?: unknown[] } | null)?.items;
      items?.forEach((item, index) => {
        note(item, `${at}[${index}]`);
      });
      return;
    }
    for (const pair of node.items) {
      if (!isScalar(pair.key)) {
        const range = (pair.key as { range?: [number, number, number] } | null)?.range;
        throw new ConfigError([
          {
            path: at || file,
            message: "a list or a table can be no setting's name; write `name: value`",
            origin: range ? `${name}:${lines.linePos(range[0]).line}` : name,
          },
        ]);
      }
      const setting = at ? `${at}.${String(pair.key.value)}` : String(pair.key.value);
      const start = pair.key.range?.[0];
      if (start !== undefined) origins.set(setting, `${name}:${lines.linePos(start).line}`);
      note(pair.value, setting);
    }
  };
  note(document.contents, '');
  const data: unknown = plainData(document, name) ?? {};
  if (typeof data !== 'object' || Array.isArray(data))
    throw new ConfigError([
      { path: file, message: 'the file must hold settings by name, such as `server:`', origin: name },
    ]);
  return data as Record<string, unknown>;
}

/** The document's values. Aliases within aliases, which would fill the memory, and aliases of nothing are refused. */
function plainData(document: Document.Parsed, name: string): unknown {
  try {
    return document.toJS();
  } catch (thrown) {
    throw new ConfigError([
      {
        path: name,
        message: `its aliases (&name, *name) can't be resolved: ${messageOf(thrown)}; write the values out`,
        origin: name,
      },
    ]);
  }
}

function applyEnvironment(
  raw: Record<string, unknown>,
  env: NodeJS.ProcessEnv,
  origins: Map<string, string>,
): string[] {
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('DEADAIR_') || value === undefined || value === '') continue;
    const known = ENVIRONMENT[name];
    if (!known) {
      if (OTHER_VARIABLES.has(name)) continue;
      const meant = suggest(name, [...Object.keys(ENVIRONMENT), ...OTHER_VARIABLES]);
      warnings.push(`${name} is no variable of Deadair${meant ? `; did you mean ${meant}?` : ''}`);
      continue;
    }
    setAt(raw, known.path, typed(value, known.type));
    origins.set(known.path, name);
  }
  return warnings;
}

function typed(value: string, type: 'number' | 'list' | undefined): unknown {
  if (type === 'list')
    return value
      .split(',')
      .map(part => part.trim())
      .filter(Boolean);
  if (type === 'number' && /^-?\d+(\.\d+)?$/.test(value.trim())) return Number(value);
  return value;
}

function setAt(raw: Record<string, unknown>, setting: string, value: unknown): void {
  const parts = setting.split('.');
  let at = raw;
  for (const part of parts.slice(0, -1)) {
    const next = at[part];
    if (next === null || typeof next !== 'object' || Array.isArray(next)) at[part] = {};
    at = at[part] as Record<string, unknown>;
  }
  at[parts.at(-1)!] = value;
}

/** Where a setting, or the nearest one above it, was given. */
function originOf(setting: string, origins: Map<string, string>): string | undefined {
  for (let at = setting; at; ) {
    const origin = origins.get(at);
    if (origin !== undefined) return origin || undefined;
    const above = at.replace(/(\.[^.[\]]+|\[\d+\])$|^[^.[\]]+$/, '');
    // A key that is no setting's, such as a list, has nothing above it.
    if (above === at) return undefined;
    at = above;
  }
  return undefined;
}

/** One token opens the service for those who send, too: DEADAIR_TOKEN is enough for `deadair collect`. */
function withCollectToken(settings: Settings): Settings {
  const { collect, server } = settings;
  if (collect.token !== undefined || collect.tokenFile !== undefined || server.token === undefined)
    return settings;
  return { ...settings, collect: { ...collect, token: server.token } };
}

/** Reads the token's file, so that the service finds the token in one place. */
function withToken(settings: Settings): Settings {
  const { token, tokenFile } = settings.server;
  if (token !== undefined || tokenFile === undefined) return settings;
  let text: string;
  try {
    text = readFileSync(tokenFile, 'utf8').trim();
  } catch (cause) {
    throw new DeadairError(
      'config.unreadable',
      `The token file ${tokenFile} can't be read (${(cause as NodeJS.ErrnoException).code}).`,
      { subject: 'server.tokenFile', cause },
    );
  }
  if (text.length < 8)
    throw new ConfigError([
      {
        path: 'server.tokenFile',
        message: `${tokenFile} holds no token; a token needs at least 8 characters`,
      },
    ]);
  return { ...settings, server: { ...settings.server, token: text } };
}
