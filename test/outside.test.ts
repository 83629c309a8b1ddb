import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../src/platform/package-root.js';

/**
 * Names from outside are keys of a Map, or of a table without a prototype (src/platform/by-name.ts). A `Record<string, …>` is
 * neither: each one is here with what its keys are, and why that can't be somebody's `__proto__`.
 */
const RECORDS: ReadonlyMap<string, string> = new Map([
  ['src/platform/by-name.ts', 'is the table without a prototype'],
  ['src/model/finding.ts', 'fields that the packs name; written and read by those names'],
  ['src/records/calendar.ts', 'parts of a date, named by Intl'],
  ['src/records/level-words.ts', 'a constant, turned into a Map'],
  ['src/records/encodings.ts', 'constants by name of an encoding of our own'],
  ['src/records/envelope.ts', 'fields of the journal, by the names of a set of our own'],
  ['src/config/environment.ts', 'a constant, asked for names that begin with DEADAIR_'],
  ['src/config/problems.ts', 'a JSON schema of our own settings'],
  ['src/config/shown.ts', 'a JSON schema of our own settings, asked for names of our own'],
  ['src/detect/compiled.ts', 'packs by file and facts by pattern, of our own build'],
  ['src/detect/peer.ts', 'groups of a pattern'],
  ['src/safe-regex/compile.ts', 'groups of a pattern'],
  ['src/safe-regex/facts.ts', 'facts by pattern, of our own build'],
  ['src/safe-regex/parse.ts', 'constants by one letter'],
  ['src/http/openapi.ts', 'paths of our own routes'],
  ['src/http/openapi-types.ts', 'the description of our own routes'],
  ['src/incidents/facts.ts', 'fields that the packs name'],
  ['src/ingest/line-stage.ts', 'programs by patterns that the settings name; read as entries'],
  ['src/web/page-files.ts', 'a constant by ending of our own files'],
  ['src/report/timeline.ts', 'a constant by event'],
  ['src/report/model.ts', 'links by line of the report'],
  ['src/report/html.ts', 'links by line of the report'],
  ['src/report/collect.ts', 'settings by kind of incident'],
  ['src/report/inputs.ts', 'settings by kind of incident'],
  ['src/report/build.ts', 'settings by kind of incident'],
  ['src/incidents/network-signals.ts', 'causes by class'],
  ['src/skeletons/tally.ts', 'lines by agent: made of entries, read as entries'],
  ['src/templates/templates.ts', 'lines by agent: made of entries, read as entries'],
  ['src/cli/commands/patterns.ts', 'lines by agent: read as entries'],
  ['src/cli/lines.ts', 'a constant by level'],
  ['src/backtest/learn.ts', 'a constant by placeholder'],
  ['src/cli/packs.ts', 'programs by patterns that the settings name; read as entries'],
  ['src/report/host-tally.ts', 'counts by kind; read as entries'],
  ['src/cli/commands/hosts.ts', 'counts by kind; read as entries'],
  ['src/cli/client.ts', 'parameters of our own requests'],
  ['src/cli/program.ts', 'commands of our own, asked by hasOwn'],
  ['src/cli/commands/postmortem.ts', 'a constant by ending of a file'],
  ['src/cli/commands/status.ts', 'a constant by state'],
  ['src/kibana/client.ts', 'headers of our own requests'],
  ['src/store/embedded/driver.ts', 'columns of our own tables'],
  ['src/platform/worker-calls.ts', 'calls of our own threads'],
  ['src/store/elasticsearch/templates.ts', 'fields of our own templates'],
  ['src/store/elasticsearch/check.ts', 'rights by name, of our own asking'],
  ['src/store/elasticsearch/bulk.ts', 'one operation of our own asking'],
  ['src/store/elasticsearch/line-document.ts', 'fields that the packs name'],
  ['src/alerts/channels/create.ts', 'headers and variables that the settings name'],
  ['src/alerts/channels/http.ts', 'headers of our own requests'],
  ['src/alerts/channels/webhook.ts', 'headers that the settings name'],
  ['src/alerts/channels/alertmanager.ts', 'headers that the settings name'],
  ['src/alerts/records.ts', 'channels, whose names the settings check'],
  ['collectors/delivery/codec.ts', "zlib's constants"],
]);

/** Who writes to a terminal or a log without src/cli/output.ts and src/platform/logger.ts, and why it may. */
const WRITERS: ReadonlyMap<string, string> = new Map([
  ['src/platform/logger.ts', 'makes everything printable'],
  ['src/cli/output.ts', 'makes everything printable'],
  ['src/cli/main.ts', 'a sentence of our own, before anything is loaded'],
  ['src/cli/run-program.ts', 'listens for a pipe that closed'],
  ['src/config/load-child.ts', 'JSON for the process that started it'],
  ['src/cli/progress.ts', 'figures only'],
  ['src/cli/commands/run.ts', 'made printable there; the program that runs writes as it likes'],
  ['src/cli/commands/preflight.ts', 'figures only'],
  ['src/cli/commands/search.ts', 'sentences of our own'],
  ['src/cli/commands/watch.ts', 'sentences of our own'],
  ['src/cli/commands/tail.ts', 'sentences of our own, and figures'],
  ['src/cli/commands/up.ts', "the operator's own settings"],
  ['src/cli/commands/serve.ts', "the operator's own settings"],
  ['src/cli/commands/kibana.ts', 'objects of our own'],
  ['src/cli/commands/classify.ts', 'labels only'],
]);

test('names from outside are never keys of a plain object', () => {
  assert.deepEqual(
    sources(/Record<string, (?!unknown>)/).filter(file => !RECORDS.has(file)),
    [],
    'take a Map, or byName() where it has to be JSON; a constant of our own goes into the list above with its reason',
  );
});

test('whatever goes to a terminal goes through one place', () => {
  assert.deepEqual(
    sources(/process\.(?:stdout|stderr)\.write|console\.(?:log|error|warn)\(/).filter(
      file => !WRITERS.has(file),
    ),
    [],
    'take print, printJson or remark of src/cli/output.ts, or a logger',
  );
});

test('no reason is left of a file that needs none', () => {
  const records = new Set(sources(/Record<string, (?!unknown>)/));
  const writers = new Set(sources(/process\.(?:stdout|stderr)\b|console\.(?:log|error|warn)\(/));
  assert.deepEqual(
    [...RECORDS.keys()].filter(file => !records.has(file)),
    [],
  );
  assert.deepEqual(
    [...WRITERS.keys()].filter(file => !writers.has(file)),
    [],
  );
});

/** Source files that hold something, the page's apart: it runs in a browser. */
function sources(pattern: RegExp): string[] {
  return ['src', 'collectors'].flatMap(top =>
    readdirSync(path.join(packageRoot, top), { recursive: true, encoding: 'utf8' })
      .map(name => path.posix.join(top, name.split(path.sep).join('/')))
      .filter(name => name.endsWith('.ts') && !name.startsWith('src/web/page/'))
      .filter(name => pattern.test(readFileSync(path.join(packageRoot, name), 'utf8'))),
  );
}
