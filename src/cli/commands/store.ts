import path from 'node:path';
import type { Command } from 'commander';
import type { EmbeddedStore } from '../../store/embedded/embedded-store.js';
import type { StoreStats } from '../../store/store.js';
import { countWords, sizeWords } from '../../wording/amount.js';
import { colors as pc } from '../colors.js';
import { print, printJson } from '../output.js';
import { whileWaiting } from '../progress.js';
import { serviceSettings } from './serve.js';

interface StoreFlags {
  config?: string;
  data?: string;
  json?: boolean;
}

/** `deadair store check | compact | stats`: the embedded store's files, also beside a running service. */
export function registerStore(program: Command): void {
  const store = program.command('store').description("look after the embedded store's files");
  const command = (name: string, description: string) =>
    store
      .command(name)
      .description(description)
      .option('--config <file>', 'settings; default: DEADAIR_CONFIG, else deadair.yaml of this directory')
      .option('--data <dir>', 'where the store is (DEADAIR_DATA; default ./data)')
      .option('--json', 'print the result as JSON, for programs');
  command('stats', 'lines, bytes and time span of what is stored').action(async (flags: StoreFlags) => {
    const stats = await withStore(flags, true, opened => opened.stats());
    if (flags.json) printJson(stats);
    else print(statsText(stats));
  });
  command('check', 'read everything back with its checksums; exit status 1 if something is damaged').action(
    async (flags: StoreFlags) => {
      const report = await whileWaiting('reading everything back', flags, far =>
        withStore(flags, true, opened => opened.check(far)),
      );
      if (flags.json) printJson(report);
      else print(checkText(report));
      if (report.length > 0) process.exitCode = 1;
    },
  );
  store
    .command('verify <backup>')
    .description(
      "read a copy of the store (deadair export --all) back as a restore would; exit status 1 if it can't be relied on",
    )
    .option('--json', 'print the result as JSON, for programs')
    .action(async (backup: string, flags: { json?: boolean }) => {
      const { stats, report } = await whileWaiting('reading everything back', flags, far =>
        withStore({ data: backup }, true, async opened => ({
          report: await opened.check(far),
          stats: await opened.stats(),
        })),
      );
      if (flags.json) printJson({ lines: stats.lines, newest: stats.newest, problems: report });
      else print(`${checkText(report)}\n${statsText(stats)}`);
      if (report.length > 0) process.exitCode = 1;
    });
  command(
    'compact',
    'seal what is not sealed yet, pack days of an older format anew and give unused disk space back (the service must be stopped)',
  ).action(async (flags: StoreFlags) => {
    const { before, after } = await whileWaiting('compacting', flags, far =>
      withStore(flags, false, async opened => {
        const { bytes: stored } = await opened.stats();
        await opened.compact({ repack: true, onDay: far });
        return { before: stored, after: (await opened.stats()).bytes };
      }),
    );
    if (flags.json) printJson({ before, after });
    else print(`${sizeWords(before)} before, ${sizeWords(after)} now.`);
  });
}

/** Opens the store of the settings, and closes it whatever happens. */
async function withStore<T>(
  flags: StoreFlags,
  readOnly: boolean,
  work: (store: EmbeddedStore) => Promise<T>,
): Promise<T> {
  const { openEmbeddedStore } = await import('../../store/embedded/embedded-store.js');
  const { data } = serviceSettings(flags);
  const store = await openEmbeddedStore({ directory: path.resolve(data), readOnly, readers: 1 });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function statsText(stats: StoreStats): string {
  const span = (time: number | null) => (time === null ? '–' : new Date(time).toISOString());
  const perLine = stats.lines === 0 ? '' : ` (${(stats.bytes / stats.lines).toFixed(1)} a line)`;
  const rows = [
    ['lines', countWords(stats.lines)],
    ['on disk', `${sizeWords(stats.bytes)}${perLine}, of ${sizeWords(stats.rawBytes)} of logs`],
    ['oldest line', span(stats.oldest)],
    ['newest line', span(stats.newest)],
    ['disk free', stats.diskFree === null ? 'unknown' : sizeWords(stats.diskFree)],
  ];
  const text = rows.map(([name, value]) => `${pc.dim(name!.padEnd(12))} ${value}`);
  for (const { file, reason } of stats.damaged) text.push(`${pc.red('damaged')}      ${file}: ${reason}`);
  return text.join('\n');
}

function checkText(report: { file: string; problems: string[] }[]): string {
  if (report.length === 0) return pc.green('Everything could be read back; all checksums are right.');
  return report
    .map(({ file, problems }) => [pc.red(file), ...problems.map(problem => `  ${problem}`)].join('\n'))
    .join('\n');
}
