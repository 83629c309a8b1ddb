import { createReadStream } from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { ImportResult } from '../../capsule/import.js';
import type { CheckedCapsule } from '../../capsule/open.js';
import { Size } from '../../platform/units.js';
import { countWords, sizeWords } from '../../wording/amount.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { print, printJson } from '../output.js';
import { Progress } from '../progress.js';
import { serviceSettings } from './serve.js';

interface ImportOptions extends ClientOptions {
  data?: string;
  config?: string;
  maxSize?: number;
  json?: boolean;
}

/** `deadair import FILE`: takes a capsule into this store, each line once. */
export function registerImport(program: Command): void {
  withClientOptions(
    program
      .command('import')
      .summary('take a capsule (deadair export) into the store: search, incidents and post-mortem work on it')
      .description(
        'Stores what a capsule holds. Importing it twice changes nothing; what was broken off goes on. Nothing is stored of a ' +
          'capsule that is damaged. Its run is pinned, so that retention keeps it, and raises no alarm here.',
      )
      .argument('<file>', 'the capsule'),
  )
    .option(
      '--data <dir>',
      'write into this data directory (no service may run on it) instead of asking the service',
    )
    .option('--config <file>', 'settings that name it')
    .option('--max-size <size>', 'of the unpacked capsule (default 64GiB)', size)
    .option('--json', 'print the result as JSON, for programs')
    .action(async (file: string, options: ImportOptions) => {
      const { openCapsule } = await import('../../capsule/open.js');
      const limit = options.maxSize === undefined ? {} : { maxBytes: options.maxSize };
      const progress = new Progress('checking', options);
      let capsule: CheckedCapsule;
      try {
        capsule = await openCapsule(file, {
          ...limit,
          onProgress: bytes => progress.update(0, 0, `${sizeWords(bytes)} read`),
        });
      } finally {
        progress.clear();
      }
      const result = await take(capsule, options);
      if (options.json) printJson(result);
      else print(importText(result));
    });
}

async function take(capsule: CheckedCapsule, options: ImportOptions): Promise<ImportResult> {
  const { lines } = capsule.summary;
  const progress = new Progress('importing', options);
  const onProgress = (seen: number) =>
    progress.update(seen, lines, `${countWords(seen)} of ${countWords(lines)} lines`);
  try {
    if (options.data === undefined && options.config === undefined)
      return await createClient(options).follow<ImportResult>(
        '/v1/import',
        options.maxSize === undefined ? {} : { maxBytes: options.maxSize },
        { stream: createReadStream(capsule.file), size: capsule.size, type: 'application/gzip' },
        onProgress,
      );
    const [{ importCapsule }, { openEmbeddedStore }] = await Promise.all([
      import('../../capsule/import.js'),
      import('../../store/embedded/embedded-store.js'),
    ]);
    const { data } = serviceSettings(options);
    const store = await openEmbeddedStore({ directory: path.resolve(data), readers: 1 });
    try {
      const result = await importCapsule(capsule, store, { now: Date.now(), onProgress });
      await store.compact();
      return result;
    } finally {
      await store.close();
    }
  } finally {
    progress.clear();
  }
}

function importText({ name, runHere, lines, stored, present, agents, incidents }: ImportResult): string {
  const told =
    stored === 0
      ? `All ${countWords(present)} lines of ${name} were here already.`
      : `Imported ${countWords(stored)} of ${countWords(lines)} lines of ${name}${
          present > 0 ? ` (${countWords(present)} were here already)` : ''
        }: ${agents.length} agents, ${incidents} incidents.`;
  return `${told}\nLook at it: deadair postmortem ${runHere}   deadair search run:${runHere}`;
}

function size(text: string): number {
  const parsed = Size.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('Write a size such as 512MiB or 20GB.');
  return parsed.data;
}
