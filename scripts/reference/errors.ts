import { ERROR_CODES } from '../../src/platform/errors.js';
import { page, row, table } from './markdown.js';

/** docs/reference/errors.md: every code with its statuses, from the table of errors. */
export function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, { http, exit, means }]) =>
    row([`\`${code}\``, String(http), String(exit), means]),
  );
  return page('Errors', HEAD, table(['code', 'HTTP', 'exit', 'arises when'], rows));
}

const HEAD = `An error has a code that stays, a sentence that says what to do, and the setting, file or field concerned. Commands end
with exit status 1 (failed) or 2 (wrong use) and print it on standard error; with \`--json\`, and from the HTTP API, it is

\`\`\`json
{ "error": { "code": "query.invalid", "message": "…", "subject": "q", "column": 7 } }
\`\`\`

\`subject\` and \`column\` are there where they apply. \`Retry-After\` says when to try again. Programs should go by the code;
the sentence may get better.`;
