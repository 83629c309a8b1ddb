import { unpackBatch } from '../../src/records/packed.js';
import { encodeBatch } from '../../src/store/embedded/batch-body.js';
import {
  type BuiltBlock,
  buildBlock,
  gatherLines,
  orderSlices,
} from '../../src/store/embedded/block-builder.js';
import { countCells } from '../../src/store/embedded/block-cells.js';
import { cutChunks, cutPieces } from '../../src/store/embedded/block-chunks.js';
import { decodeHead, encodeColumns } from '../../src/store/embedded/block-format.js';
import { BlockMemory } from '../../src/store/embedded/block-memory.js';
import { BLOCK_LINES, cutBlocks, type Slice } from '../../src/store/embedded/block-slices.js';
import { indexWords } from '../../src/store/embedded/block-words.js';
import { COLUMN_PACKING, pack, unpack } from '../../src/store/embedded/codec.js';
import { splitFrames } from '../../src/store/embedded/frames.js';
import type { Origin } from '../../src/store/embedded/messages.js';
import { PostingSorter } from '../../src/store/embedded/posting-list.js';
import { SharedShapes } from '../../src/store/embedded/text/shared-shapes.js';
import { encodeCounts } from '../../src/store/embedded/word-counts.js';
import { encodePostings, GROUP_BLOCKS, mergeGroup } from '../../src/store/embedded/word-index.js';
import { generateBatches } from './batches.js';

/**
 * `npm run --silent build && node dist/bench/store/seal.js [--blocks 32] [--rounds 9]`: what sealing costs by its parts, in one
 * thread and without SQLite. Parts take turns, and the least of each one's rounds is told: on a machine that is shared, other work
 * only ever adds.
 */
const args = process.argv.slice(2);
const option = (name: string, fallback: number) =>
  args.includes(`--${name}`) ? Number(args[args.indexOf(`--${name}`) + 1]) : fallback;
const BLOCKS = option('blocks', GROUP_BLOCKS);
const ROUNDS = option('rounds', 9);
/** As many as the other benches spread over their hours: lines a minute decide how many counts there are. */
const DENSITY = 2_000_000;

const origins = new Map<number, Origin>();
const originOf = (id: number) => origins.get(id)!;

function makeBlocks(): Slice[][] {
  const blocks: Slice[][] = [];
  let seq = 0;
  for (const { appends } of generateBatches(DENSITY, BLOCK_LINES)) {
    const batches = appends.map(({ source, records, observedAt, ingestedAt }) => {
      const origin = Number(source.id.slice(-4));
      origins.set(origin, {
        id: origin,
        source: source.id,
        agent: source.agent,
        host: source.host,
        path: source.path,
      });
      const { complete } = encodeBatch(records!, observedAt, ingestedAt);
      return { origin, seq: ++seq, body: unpackBatch(complete!.body) };
    });
    blocks.push(...cutBlocks(batches));
    if (blocks.length >= BLOCKS) break;
  }
  return blocks;
}

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Least CPU seconds of each part. */
function race(parts: Record<string, () => unknown>): Map<string, number> {
  const least = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, run] of Object.entries(parts)) {
      const since = cpu();
      run();
      const spent = cpu() - since;
      least.set(name, Math.min(spent, least.get(name) ?? spent));
    }
  return least;
}

const slices = makeBlocks();
const memory = new BlockMemory();
const sorter = new PostingSorter();
const shared = new SharedShapes();
const blocks = slices.map(block => buildBlock(block, originOf, memory, shared));
const lines = blocks.reduce((sum, block) => sum + block.lines, 0);
const members = blocks.map(({ chunkCount, postings }) => ({ chunks: chunkCount, postings }));

/** The parts before packing, as buildBlock does them, up to and with the one that is named. */
function upTo(part: 'gather' | 'text' | 'cells' | 'words' | 'postings' | 'counts' | 'columns'): void {
  for (const block of slices) {
    const ordered = orderSlices(block);
    const { raw, starts, cellOf, columns } = gatherLines(ordered, memory);
    const chunks = cutChunks(starts, columns);
    const pieces = cutPieces(ordered, chunks, starts);
    if (part === 'gather') continue;
    if (part === 'text') {
      memory.packer.begin(raw, starts, shared);
      memory.packer.pack(raw, starts, columns.times, chunks, shared);
      continue;
    }
    const { cells, wordCells } = countCells(ordered, columns, originOf, cellOf);
    if (part === 'cells') continue;
    const refs = memory.packer.begin(raw, starts, shared);
    const words = indexWords(raw, starts, columns.flags, chunks, cellOf, memory, {
      refs,
      table: shared.table,
    });
    if (part === 'words') continue;
    words.sortedPostings();
    if (part === 'postings') continue;
    encodeCounts(wordCells, words);
    if (part === 'counts') continue;
    encodeColumns({ chunks, pieces, cells }, columns);
  }
}

const perLine = (sizeOf: (block: BuiltBlock) => number) =>
  (blocks.reduce((sum, block) => sum + sizeOf(block), 0) / lines).toFixed(2);
const perMillion = (seconds: number) => ((seconds / lines) * 1e6).toFixed(3);
function row(name: string, ...values: string[]): void {
  console.log(`| ${name.padEnd(34)} | ${values.map(value => value.padStart(8)).join(' | ')} |`);
}
const sum = (blobs: Uint8Array[]) => blobs.reduce((total, blob) => total + blob.length, 0);

function parts(): void {
  const small = blocks.flatMap(({ columns, counts, head }) =>
    [...splitFrames(columns), counts, head].map(unpack),
  );
  const steps = ['gather', 'cells', 'words', 'postings', 'counts', 'columns'] as const;
  const least = race({
    ...Object.fromEntries(steps.map(step => [step, () => upTo(step)])),
    text: () => upTo('text'),
    small: () => small.map(blob => pack(blob, COLUMN_PACKING)),
    encode: () => blocks.map(({ postings }) => encodePostings(postings)),
    merge: () => mergeGroup(members, sorter),
    all: () => slices.map(block => buildBlock(block, originOf, memory, shared)),
  });
  const spent = (name: string) => least.get(name)!;
  const group = mergeGroup(members, sorter).rows;
  row('part', 'CPU-s/M', 'B/line');
  row('gather, cut into chunks', perMillion(spent('gather')));
  row('count cells', perMillion(spent('cells') - spent('gather')));
  row('find words', perMillion(spent('words') - spent('cells')));
  row('sort postings', perMillion(spent('postings') - spent('words')));
  row(
    'count words',
    perMillion(spent('counts') - spent('postings')),
    perLine(block => block.counts.length),
  );
  row(
    'columns',
    perMillion(spent('columns') - spent('counts')),
    perLine(block => block.columns.length),
  );
  row(
    'pack columns, counts, head',
    perMillion(spent('small')),
    perLine(block => block.head.length),
  );
  row(
    'pack text',
    perMillion(spent('text') - spent('gather')),
    perLine(block => block.texts.length + (block.shapes?.body.length ?? 0)),
  );
  row('buildBlock', perMillion(spent('all')));
  row('encode postings of the block', perMillion(spent('encode')));
  row('merge into a group', perMillion(spent('merge')), (sum(group) / lines).toFixed(2));
}

const cellCount = decodeHead(unpack(blocks[0]!.head)).cells.count;
console.log(
  `${blocks.length} blocks, ${lines} lines, ${cellCount} cells in the first, Node ${process.version}\n`,
);
parts();
