import type { Command } from 'commander';
import { ConfigError, loadConfig, problemText } from '../../config/load.js';
import { withoutSecrets } from '../../config/shown.js';
import { LineDetector } from '../../detect/detector.js';
import { loadPacks } from '../../detect/load.js';
import { DeadairError } from '../../platform/errors.js';
import { print, printJson } from '../output.js';

/** `deadair config check`: every problem of the settings with its path and line. */
export function registerConfigCheck(program: Command): void {
  const config = program.command('config').description('look at the settings');
  config
    .command('check')
    .summary('check deadair.yaml and the DEADAIR_ variables')
    .description(
      'Checks the settings and prints each problem with its path and where it was set; exit status 2 if one is wrong.',
    )
    .argument('[file]', 'default: DEADAIR_CONFIG, else deadair.yaml of this directory')
    .option('--json', 'print the result as JSON: problems, warnings and the complete settings')
    .action((file: string | undefined, options: { json?: boolean }) => {
      try {
        const loaded = loadConfig({ file });
        checkPacks(loaded.settings.detect.packs);
        if (options.json) {
          printJson({
            problems: [],
            warnings: loaded.warnings,
            file: loaded.file ?? null,
            settings: withoutSecrets(loaded.settings),
          });
          return;
        }
        for (const warning of loaded.warnings) print(`warning: ${warning}`);
        print(
          `The settings are right (${loaded.file ?? 'no deadair.yaml here: defaults'} and DEADAIR_ variables).`,
        );
      } catch (thrown) {
        if (!(thrown instanceof ConfigError)) throw thrown;
        if (options.json) printJson({ problems: thrown.problems, warnings: [], file: file ?? null });
        else for (const problem of thrown.problems) print(problemText(problem));
        process.exitCode = 2;
      }
    });
}

/** Rule packs are read when the service starts: what is wrong with them should be said before. */
function checkPacks(files: readonly string[]): void {
  if (files.length === 0) return;
  try {
    new LineDetector(loadPacks(files));
  } catch (thrown) {
    if (!(thrown instanceof DeadairError)) throw thrown;
    throw new ConfigError([{ path: 'detect.packs', message: thrown.message.replace(/\.$/, '') }]);
  }
}
