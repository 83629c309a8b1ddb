import { FAULTS, makePhrases, PROGRAMS, WORDS } from './phrases.js';

/**
 * Lines for the benches: 8 agents × 4 files, the vocabulary of some 30 programs (phrases.ts) in four formats, with the entropy of real
 * logs (ids, hashes, addresses, paths), because a generator without it flatters the compression, and one of a dozen shapes flatters
 * everything. About 150 bytes a line. Deterministic: the same seed gives the same lines.
 */
export interface GeneratedLine {
  /** Index of the file: agent * 4 + kind. */
  file: number;
  /** ms since the epoch, with fraction. */
  time: number;
  /** Index into LEVELS. */
  level: number;
  text: string;
}

export const AGENTS = 8;
export const FILE_NAMES = ['app.log', 'access.log', 'storage.log', 'system.log'] as const;

/** Small fast generator (mulberry32); Math.random can't be seeded. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const BUCKETS = ['bench-data', 'bench-meta', 'results', 'warmup', 'scratch'];
const USERS = ['ubuntu', 'root', 'deploy', 'postgres', 'svc-backup', 'admin', 'jenkins'];
const CLIENTS = [
  'curl/8.5.0',
  'Go-http-client/1.1',
  'Prometheus/2.51.0',
  'aws-sdk-rust/1.3.3 os/linux lang/rust/1.84.0',
];
const METHODS = ['GET', 'PUT', 'LIST', 'STAT', 'DELETE', 'HEAD'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Per cent of lines that are faults: 0, 1 and 7 are what the figures are told for. */
export const DEFAULT_FAULTS = Number(process.env.FAULTS ?? 1);

/** Fills the places of a message. */
class Filler {
  constructor(private readonly random: () => number) {}

  int(below: number): number {
    return Math.floor(this.random() * below);
  }

  readonly pick = <T>(list: readonly T[]): T => list[this.int(list.length)] as T;

  hex(digits: number): string {
    let out = '';
    while (out.length < digits) out += this.int(0x10000).toString(16).padStart(4, '0');
    return out.slice(0, digits);
  }

  fill(message: string): string {
    return message.replace(/\{(\w+)\}/g, (_, kind: string) => this.value(kind));
  }

  private value(kind: string): string {
    if (kind.startsWith('hex')) return this.hex(Number(kind.slice(3)));
    switch (kind) {
      case 'address':
        return `10.${this.int(4)}.${this.int(8)}.${10 + this.int(200)}`;
      case 'port':
        return String(1024 + this.int(60_000));
      case 'user':
        return this.pick(USERS);
      case 'bytes':
        return String(this.int(10 ** (2 + this.int(7))));
      case 'ms':
        return String(this.int(10 ** (1 + this.int(4))));
      case 'small':
        return String(this.int(32));
      case 'uuid':
        return [8, 4, 4, 4, 12].map(digits => this.hex(digits)).join('-');
      case 'mac':
        return Array.from({ length: 6 }, () => this.hex(2)).join(':');
      case 'path':
        return `/var/lib/${this.pick(PROGRAMS)}/${this.pick(BUCKETS)}/${this.hex(6)}/part-${this.int(9999)}.bin`;
      case 'host':
        return `node-${this.int(40)}`;
      case 'bucket':
        return this.pick(BUCKETS);
      case 'word':
        return this.pick(WORDS);
      default:
        return String(this.int(1_000_000));
    }
  }
}

/** Writes lines, each from its program's phrases. */
export class LineWriter {
  readonly filler: Filler;
  private readonly phrases: ReturnType<typeof makePhrases>;

  /** @param faults per cent of lines that tell of a fault */
  constructor(
    private readonly random: () => number,
    private readonly faults = DEFAULT_FAULTS,
  ) {
    this.filler = new Filler(random);
    this.phrases = makePhrases(this.filler.pick);
  }

  /** @param stamp ms since the epoch, with fraction */
  next(stamp: number, agent: number): { text: string; kind: number; level: number } {
    const { random, filler } = this;
    const fault = random() * 100 < this.faults;
    const draw = random();
    const kind = draw < 0.45 ? 0 : draw < 0.65 ? 1 : draw < 0.85 ? 2 : 3;
    // Few programs write most, and of each a few messages are most.
    const program = PROGRAMS[Math.floor(random() ** 2 * PROGRAMS.length)]!;
    const own = this.phrases.get(program)!;
    const message = filler.fill(fault ? filler.pick(FAULTS) : own[Math.floor(random() ** 2 * own.length)]!);
    const level = fault ? 6 : kind === 3 ? 0 : random() < 0.03 ? 5 : random() < 0.2 ? 2 : 3;
    const text = lineOf(kind, stamp, agent, level, program, message, filler);
    return { text, kind, level: kind === 1 && !fault ? 0 : level };
  }
}

/**
 * @param total how many lines over `spanMs` from `start`
 * @param needles rare words planted at known line numbers, for the search figures
 * @param faults per cent of lines that tell of a fault
 */
export function* generateLines(
  total: number,
  start: number,
  seed = 1,
  needles: Map<number, string> = new Map(),
  spanMs = 6 * 3_600_000,
  faults = DEFAULT_FAULTS,
): Generator<GeneratedLine> {
  const random = seeded(seed);
  const writer = new LineWriter(random, faults);
  const step = spanMs / total;
  let time = start;
  for (let index = 0; index < total; index++) {
    time += step * 2 * random();
    const agent = writer.filler.int(AGENTS);
    const stamp = Math.round(time * 1000) / 1000;
    const { text, kind, level } = writer.next(stamp, agent);
    const needle = needles.get(index);
    // What a parser reads off the line: access and system logs stamp seconds, storage milliseconds.
    const unit = kind === 0 ? 0.001 : kind === 2 ? 1 : 1000;
    yield {
      file: agent * 4 + kind,
      time: Math.floor(stamp / unit) * unit,
      level,
      text: needle ? `${text} ${needle}` : text,
    };
  }
}

const LEVEL_WORDS = ['INFO', 'TRACE', 'DEBUG', 'INFO', 'NOTICE', 'WARN', 'ERROR', 'FATAL'];

function lineOf(
  kind: number,
  stamp: number,
  agent: number,
  level: number,
  program: string,
  message: string,
  filler: Filler,
): string {
  const iso = new Date(stamp).toISOString();
  const month = MONTHS[Number(iso.slice(5, 7)) - 1]!;
  const word = LEVEL_WORDS[level]!;
  const { pick } = filler;
  switch (kind) {
    case 0: {
      const micros = `${iso.slice(0, 23)}${String(Math.floor((stamp % 1) * 1000)).padStart(3, '0')}Z`;
      return `${micros} ${word} ${program}: ${message}`;
    }
    case 1:
      if (level === 6)
        return `${iso.slice(0, 10).replaceAll('-', '/')} ${iso.slice(11, 19)} [error] ${1 + filler.int(30)}#0: *${filler.int(1e6)} ${message}`;
      return `10.0.${filler.int(4)}.${10 + filler.int(200)} - - [${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000] "${pick(METHODS)} /${pick(BUCKETS)}/obj-${filler.int(1e4)}.dat HTTP/1.1" ${pick([200, 200, 200, 204, 304, 404])} ${filler.int(1e7)} "-" "${pick(CLIENTS)}" rt=0.${String(filler.int(1000)).padStart(3, '0')}`;
    case 2:
      return `${iso.slice(0, 10)} ${iso.slice(11, 19)},${iso.slice(20, 23)} ${word.padEnd(5)} [io-${filler.int(32)}] ${program}.Engine: ${message}`;
    default:
      return `${month} ${iso.slice(8, 10).replace(/^0/, ' ')} ${iso.slice(11, 19)} host-${agent + 1} ${program}[${100 + filler.int(30_000)}]: ${message}`;
  }
}
