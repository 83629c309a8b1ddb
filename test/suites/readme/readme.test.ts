import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packageRoot } from '../../../src/platform/package-root.js';
import { DocumentedPlace } from './place.js';

/** Commands of README.md that end by themselves only with something this test has not. */
const NOT_TRIED = new Map([
  ['deadair pull', 'needs hosts with sshd: npm run test:sshd'],
  ['deadair preflight node1 node2', 'needs hosts with sshd'],
]);
/** `diff` without names needs a healthy run whose lines were counted: that is half a minute after its end. */
const TOO_EARLY = /No healthy run before nightly is known/;
/** Those that go on until they are stopped. */
const ENDLESS = /^(?:DEADAIR_TOKEN=\S+\(.*\) )?deadair (tail|watch|collect|serve)\b/;

/** What stands between backticks in the tables below `## Use`, as a person would copy it. */
function commandsOfReadme(): string[] {
  const readme = readFileSync(path.join(packageRoot, 'README.md'), 'utf8');
  const use = readme.slice(readme.indexOf('## Use'), readme.indexOf('### Searching'));
  return use
    .split('\n')
    .filter(line => line.startsWith('|'))
    .flatMap(line => [...line.replaceAll('\\|', '|').matchAll(/`((?:\w+=\S+\([^)]*\) )?deadair [^`]+)`/g)])
    .map(([, command]) => command!);
}

describe('every command of README.md does what it says, as printed, in bash', { timeout: 230_000 }, () => {
  let place: DocumentedPlace;
  before(async () => {
    place = await DocumentedPlace.open();
  });
  after(() => place?.close());

  const commands = commandsOfReadme();
  test('the tables are read', () => assert.ok(commands.length > 25, commands.join('\n')));
  for (const command of commands) {
    const reason = NOT_TRIED.get(command);
    test(command, { skip: reason ?? false }, () => {
      const filled = command
        .replace(/\bID\b/, place.lineId)
        .replace('runs start NAME', 'runs start weekly')
        .replace('runs stop NAME', 'runs stop weekly')
        .replace('http://CONTROLLER:7707', place.url)
        .replaceAll('/backup/', `${place.folder}/`);
      // Other services and what wants the store for itself work on a copy of their own.
      const alone = /deadair (serve|store compact)/.exec(filled);
      const endless = ENDLESS.test(filled);
      const apart = alone ? { DEADAIR_PORT: '0', DEADAIR_DATA: path.join(place.folder, 'other') } : {};
      const { status, stdout, stderr } = place.bash(
        endless ? filled.replace(/deadair /, 'timeout 2 deadair ') : filled,
        apart,
      );
      if (filled === 'deadair diff' && TOO_EARLY.test(stderr)) return;
      // An operator that the shell took for a redirection would have made a file of its rest.
      assert.deepEqual(
        readdirSync(place.folder).filter(name => name.startsWith('=')),
        [],
      );
      assert.equal(status, endless ? 124 : 0, `${filled}\n${stdout}\n${stderr}`);
    });
  }
});
