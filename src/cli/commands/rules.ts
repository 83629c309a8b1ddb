import type { Command } from 'commander';
import { LineDetector } from '../../detect/detector.js';
import { loadPacks } from '../../detect/load.js';
import { runSamples, type SampleReport } from '../../detect/samples.js';
import { colors as pc } from '../colors.js';
import { print, printJson } from '../output.js';
import { ownPacks } from '../packs.js';
import { registerBacktest } from './backtest.js';

/** `deadair rules test`; other commands on rules (`backtest`) join the returned command. */
export function registerRules(program: Command): Command {
  const rules = program.command('rules').description('test rule packs; try a rule on stored lines');
  rules
    .command('test')
    .description("run every rule's sample lines; exit status 1 if one fails")
    .argument(
      '[packs...]',
      'rule packs of your own (YAML), beside the built-in ones and those of deadair.yaml',
    )
    .option('--json', 'print the result as JSON')
    .action(async (files: string[], options: { json?: boolean }) => {
      const packs = loadPacks(await ownPacks(files));
      const reports = runSamples(new LineDetector(packs), packs);
      if (options.json) printJson(reports);
      else print(formatReports(reports));
      if (reports.some(report => report.failures.length > 0)) process.exitCode = 1;
    });
  registerBacktest(rules);
  return rules;
}

export function formatReports(reports: readonly SampleReport[]): string {
  const width = Math.max(...reports.map(report => report.pack.length), 4);
  const lines = [`${'pack'.padEnd(width)}  rules  samples  failed`];
  for (const { pack, rules, samples, failures } of reports) {
    const failed = failures.length === 0 ? pc.green('     0') : pc.red(String(failures.length).padStart(6));
    lines.push(
      `${pack.padEnd(width)}  ${String(rules).padStart(5)}  ${String(samples).padStart(7)}  ${failed}`,
    );
  }
  for (const { failures } of reports) {
    for (const { rule, line, expected, happened } of failures) {
      lines.push('', `${pc.red('failed')} ${rule}: expected ${expected}, but ${happened}`, `  ${line}`);
    }
  }
  const failed = reports.reduce((sum, report) => sum + report.failures.length, 0);
  const all = reports.reduce((sum, report) => sum + report.samples, 0);
  lines.push(
    '',
    failed === 0 ? `${all} samples, all as they should be.` : `${failed} of ${all} samples failed.`,
  );
  return `${lines.join('\n')}\n`;
}
