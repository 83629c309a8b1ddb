import { createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { CAPSULE_ENDING, type CapsuleSummary } from '../../capsule/format.js';
import { DeadairError } from '../../platform/errors.js';
import { plural, sizeWords } from '../../wording/amount.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { print, printJson } from '../output.js';
import { Progress } from '../progress.js';
import { serviceSettings } from './serve.js';

interface ExportOptions extends ClientOptions {
  output?: string;
  from?: string;
  to?: string;
  last?: string;
  agent?: string[];
  all?: string;
  data?: string;
  config?: string;
  force?: boolean;
  json?: boolean;
}

/** `deadair export [RUN]`: a run or a time span as one archive; with `--all` a copy of the whole store. */
export function registerExport(program: Command): void {
  withClientOptions(
    program
      .command('export')
      .summary('pack a run into one archive (a capsule) that can be imported or replayed elsewhere')
      .description(
        'Packs a run, or a time span, with its lines, agents, offsets, arrival times, marks, gaps, incidents and alerts into a ' +
          'capsule: a .tar.gz that any tar unpacks. Asks the service; with --data it reads the store itself, beside a ' +
          'service or without one.',
      )
      .argument('[run]', 'id, name, latest or name~1 (default: the newest)'),
  )
    .option('-o, --output <file>', `the capsule (default: NAME${CAPSULE_ENDING})`)
    .option('--force', 'overwrite it')
    .option('--last <span>', 'no run, but the last so long, such as 15m, 2h, 1d')
    .option('--from <time>', 'no run, but from this time on; as in search')
    .option('--to <time>', 'until this time')
    .option('--agent <id...>', 'only these agents')
    .option(
      '--all <dir>',
      'instead: copy the whole store, while it goes on: a name in the folder that store.backups names; with --data any new folder',
    )
    .option('--data <dir>', 'read this data directory instead of asking the service')
    .option('--config <file>', 'settings that name it')
    .option('--json', 'print the result as JSON, for programs')
    .addHelpText(
      'after',
      `
Examples:
  deadair export                                the newest run
  deadair export nightly-42 -o nightly-42${CAPSULE_ENDING}
  deadair export --from 16:50 --to 17:10 --agent agent-3 controller
  deadair export --all deadair-2026-11-24             in the folder that store.backups names
`,
    )
    .action(async (run: string | undefined, options: ExportOptions) => {
      if (options.all !== undefined) await backUp(options.all, run, options);
      else await exportCapsule(run, options);
    });
}

async function exportCapsule(run: string | undefined, options: ExportOptions): Promise<void> {
  if (options.last !== undefined && options.from !== undefined)
    throw new DeadairError('usage.invalid', 'Give --last or --from, not both.', { subject: '--last' });
  const wish = { run, from: options.from ?? options.last, to: options.to, agents: options.agent };
  const target = options.output ?? `${defaultName(wish)}${CAPSULE_ENDING}`;
  if (existsSync(target) && !options.force)
    throw new DeadairError('usage.invalid', `${target} is there already; name another file or add --force.`, {
      subject: '--output',
    });
  const { openCapsule } = await import('../../capsule/open.js');
  const part = `${target}.part`;
  const progress = new Progress('exporting', options);
  let summary: CapsuleSummary;
  try {
    if (readsStore(options)) await packHere(part, wish, options, progress);
    else await fetchCapsule(part, wish, options, progress);
    // Proof that what lies on the disk can be imported; where the connection broke, it tells.
    ({ summary } = await openCapsule(part));
    renameSync(part, target);
  } catch (thrown) {
    rmSync(part, { force: true });
    throw writable(thrown, target);
  } finally {
    progress.clear();
  }
  const size = statSync(target).size;
  if (options.json) printJson({ file: target, size, ...summary });
  else print(exportText(target, size, summary));
}

type Wish = {
  run: string | undefined;
  from: string | undefined;
  to: string | undefined;
  agents: string[] | undefined;
};

/** The capsule as the service packs it. */
export async function fetchCapsule(
  file: string,
  { run, from, to, agents }: Wish,
  options: ClientOptions,
  progress?: Progress,
): Promise<void> {
  const query = { run, from, to, agent: agents?.join(',') };
  const body = await createClient(options).download('/v1/export', query);
  let received = 0;
  const counted = async function* () {
    for await (const chunk of body) {
      received += chunk.length;
      progress?.update(0, 0, `${sizeWords(received)} received`);
      yield chunk;
    }
  };
  try {
    await pipeline(counted, createWriteStream(file));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code?.startsWith('E')) throw cause;
    throw new DeadairError(
      'remote.failed',
      "The service broke the export off; its log says why (it may have been stopped, or retention took the run's lines). Try again.",
      { subject: '--url', cause },
    );
  }
}

async function packHere(file: string, wish: Wish, options: ExportOptions, progress: Progress): Promise<void> {
  const [{ packCapsule }, { packRequestOf }, { openEmbeddedStore }] = await Promise.all([
    import('../../capsule/pack.js'),
    import('../../capsule/request.js'),
    import('../../store/embedded/embedded-store.js'),
  ]);
  const { data } = serviceSettings(options);
  const store = await openEmbeddedStore({ directory: path.resolve(data), readOnly: true, readers: 1 });
  try {
    const now = Date.now();
    const request = await packRequestOf(store.documents, wish, now);
    const onProgress = (lines: number) => progress.update(0, 0, plural(lines, 'line'));
    const archive = packCapsule(store, request, { now, onProgress });
    await pipeline(Readable.from(archive), createGzip(), createWriteStream(file));
  } finally {
    await store.close();
  }
}

async function backUp(target: string, run: string | undefined, options: ExportOptions): Promise<void> {
  if (
    run !== undefined ||
    options.output !== undefined ||
    options.from !== undefined ||
    options.last !== undefined
  )
    throw new DeadairError('usage.invalid', '--all copies everything: leave run, time and --output away.', {
      subject: '--all',
    });
  let directory = path.resolve(target);
  if (readsStore(options)) {
    const { openEmbeddedStore } = await import('../../store/embedded/embedded-store.js');
    const { data } = serviceSettings(options);
    const store = await openEmbeddedStore({ directory: path.resolve(data), readers: 1 }).catch(thrown => {
      if (!(thrown instanceof DeadairError) || thrown.code !== 'store.locked') throw thrown;
      throw new DeadairError(
        'store.locked',
        `A service works on ${data}: let it make the copy, by leaving --data away (and --url, if it is elsewhere).`,
        { subject: '--data', cause: thrown },
      );
    });
    try {
      await store.backup(directory);
    } finally {
      await store.close();
    }
  } else
    ({ directory } = await createClient(options).follow<{ directory: string }>(
      '/v1/backup',
      {},
      { json: { directory: target } },
    ));
  if (options.json) printJson({ directory });
  else
    print(
      `Copied the store to ${directory}${readsStore(options) ? '' : ' on the host of the service'}. Open it with: deadair serve --data ${directory}`,
    );
}

function readsStore({ data, config }: ExportOptions): boolean {
  return data !== undefined || config !== undefined;
}

function defaultName({ run, from, to }: Wish): string {
  const name = run ?? [from ?? (to === undefined ? 'latest' : ''), to].filter(Boolean).join('-');
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 80);
}

function exportText(
  file: string,
  size: number,
  { name, agents, lines, bytes, missing, incidents }: CapsuleSummary,
): string {
  return (
    `Wrote ${file}: ${sizeWords(size)} with ${plural(lines, 'line')} (${sizeWords(bytes)}) of ` +
    `${plural(agents.length, 'agent')} and ${plural(incidents, 'incident')} of ${name}.\n` +
    (missing > 0
      ? `${sizeWords(missing)} in between are not stored any more: retention took them, or a block is damaged (deadair store check).\n`
      : '') +
    `Elsewhere: deadair import ${path.basename(file)}   or: deadair replay ${path.basename(file)}`
  );
}

function writable(thrown: unknown, target: string): unknown {
  const { code } = thrown as NodeJS.ErrnoException;
  if (thrown instanceof DeadairError || !/^E[A-Z]+$/.test(code ?? '')) return thrown;
  return new DeadairError(
    'usage.invalid',
    `${target} can't be written (${code}); name another file with -o.`,
    {
      subject: '--output',
      cause: thrown,
    },
  );
}
