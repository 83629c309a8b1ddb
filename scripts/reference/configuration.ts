import { ENVIRONMENT, FLAGS, OTHER_VARIABLES } from '../../src/config/environment.js';
import { Settings } from '../../src/config/settings.js';
import { page, row, table } from './markdown.js';
import { type Group, groupsOf, type Setting } from './schema.js';

/** Variables that are no settings, and what they do. A test wants one for each of `OTHER_VARIABLES`. */
const VARIABLES: Record<string, string> = {
  DEADAIR_CONFIG: 'the settings file, instead of `deadair.yaml` of the working directory',
  DEADAIR_URL: 'the service that commands ask (`--url`)',
  DEADAIR_DEBUG: 'errors of commands are printed with their stack',
  DEADAIR_IMAGE: 'compose and start scripts: the image to run',
  DEADAIR_LOGS: 'compose and start scripts: the directory of logs on the host',
  DEADAIR_BIND: 'compose: the address at which the port is published',
  DEADAIR_KIBANA_PASSWORD: "password of Kibana's user, for `deadair kibana import`",
  DEADAIR_KIBANA_API_KEY: 'API key for `deadair kibana import`',
  DEADAIR_ES_USER_PASSWORD: 'password that `deadair elasticsearch setup` gives the user it makes',
  DEADAIR_ES_LINES: 'lines of the suite test:elasticsearch',
};

/** docs/reference/configuration.md: every setting with its default, from the schemas. */
export function configurationPage(): string {
  const groups = groupsOf(Settings);
  const sections = groups.map(section);
  const missing = [...OTHER_VARIABLES].filter(name => VARIABLES[name] === undefined);
  if (missing.length > 0) throw new Error(`say what ${missing.join(', ')} is for in ${import.meta.url}`);
  return page('Configuration', HEAD, ...sections, variables());
}

const HEAD = `Settings come from \`deadair.yaml\`, then \`DEADAIR_*\` variables, then flags, in order of increasing weight. The file is
the one named by \`--config\` or \`DEADAIR_CONFIG\`, else \`deadair.yaml\` of the working directory. \`deadair config check\` says
what is wrong and where: unknown names are errors, with what was probably meant.

\`\`\`yaml
server:
  listen: 0.0.0.0
  tokenFile: /run/secrets/deadair
store:
  retention: { maxAge: 30d, maxSize: 50GiB }
alerts:
  channels:
    - { name: ops, kind: slack, url: { env: SLACK_HOOK } }
\`\`\`

- **Time spans** are written \`500ms\`, \`30s\`, \`15m\`, \`2h\`, \`7d\`, \`2w\`.
- **Sizes** are written \`512MiB\`, \`20GB\`, or as a number of bytes.
- **Secrets** are text, \`{ env: NAME }\` (an environment variable) or \`{ file: PATH }\`.
- A **list** in a variable is separated by commas. An empty variable counts as not set.`;

function section({ path, form, sentence, settings }: Group): string {
  const heading = path === '' ? 'At the top' : `\`${path}\`${form === undefined ? '' : `, ${form}`}`;
  const rows = settings.map(settingRow);
  return [`## ${heading}`, sentence, table(['setting', 'default', 'may be', 'what it does'], rows)]
    .filter(part => part !== undefined)
    .join('\n\n');
}

function settingRow({ path, type, fallback, required, sentence }: Setting): string {
  if (sentence === undefined)
    throw new Error(`the setting ${path} has no sentence: give its schema a .describe()`);
  const elsewhere = [
    ...Object.entries(ENVIRONMENT)
      .filter(([, setting]) => setting.path === path)
      .map(([name]) => `\`${name}\``),
    ...(FLAGS[path] === undefined ? [] : [`\`${FLAGS[path]}\``]),
  ];
  const also = elsewhere.length === 0 ? '' : ` (${elsewhere.join(', ')})`;
  const standard = required ? '**needed**' : fallback === undefined ? '–' : `\`${fallback}\``;
  return row([`\`${path}\``, standard, type, `${sentence}${also}`]);
}

function variables(): string {
  const rows = Object.entries(VARIABLES).map(([name, what]) => row([`\`${name}\``, what]));
  return ['## Variables that are no settings', table(['variable', 'what it does'], rows)].join('\n\n');
}
