/**
 * Lines as a distributed test run writes them: 8 agents × 4 files × 6 hours, about 178 bytes a line, with the
 * entropy of real logs (request ids, addresses, durations, sizes), because a generator without it flatters the
 * compression. Deterministic: the same seed gives the same lines.
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

const COMPONENTS = [
  'scheduler',
  'worker-pool',
  'object-store',
  'replicator',
  'rpc-server',
  'metrics',
  'cache',
];
const OPERATIONS = ['GET', 'PUT', 'LIST', 'STAT', 'DELETE', 'HEAD'];
const BUCKETS = ['bench-data', 'bench-meta', 'results', 'warmup', 'scratch'];
const AGENT_STRINGS = [
  'sai3-bench/0.8.97 (x86_64-unknown-linux-gnu)',
  'aws-sdk-rust/1.3.3 os/linux lang/rust/1.84.0',
  'curl/8.5.0',
  'Go-http-client/1.1',
  'Prometheus/2.51.0',
];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * @param total how many lines over `spanMs` from `start`
 * @param needles rare words planted at known line numbers, for the search figures
 */
export function* generateLines(
  total: number,
  start: number,
  seed = 1,
  needles: Map<number, string> = new Map(),
  spanMs = 6 * 3_600_000,
): Generator<GeneratedLine> {
  const random = seeded(seed);
  const int = (below: number) => Math.floor(random() * below);
  const pick = <T>(list: readonly T[]) => list[int(list.length)] as T;
  const hex = (digits: number) => {
    let out = '';
    while (out.length < digits) out += int(0x10000).toString(16).padStart(4, '0');
    return out.slice(0, digits);
  };
  const step = spanMs / total;
  let time = start;
  for (let index = 0; index < total; index++) {
    time += step * 2 * random();
    const agent = int(AGENTS);
    const draw = random();
    const kind = draw < 0.4 ? 0 : draw < 0.75 ? 1 : draw < 0.92 ? 2 : 3;
    const stamp = Math.round(time * 1000) / 1000;
    const iso = new Date(stamp).toISOString();
    const micros = `${iso.slice(0, 23) + String(Math.floor((stamp % 1) * 1000)).padStart(3, '0')}Z`;
    let level = 3;
    let text: string;
    if (kind === 0) {
      const shape = random();
      const id = hex(8);
      if (shape < 0.004) {
        level = 6;
        text = `${micros} ERROR ${pick(COMPONENTS)}: request ${id} to 10.0.${int(4)}.${10 + int(8)}:7761 failed after ${30000 + int(900)} ms: connection reset by peer (os error 104), attempt ${1 + int(3)} of 3, giving up`;
      } else if (shape < 0.03) {
        level = 5;
        text = `${micros} WARN ${pick(COMPONENTS)}: slow operation ${pick(OPERATIONS)} took ${1000 + int(9000)} ms (threshold 1000 ms) request=${id} key=${pick(BUCKETS)}/obj-${int(1e6)}.dat queue=${int(64)} thread=worker-${int(16)}`;
      } else if (shape < 0.35) {
        level = 2;
        text = `${micros} DEBUG ${pick(COMPONENTS)}: dispatched op=${pick(OPERATIONS)} request=${id} bucket=${pick(BUCKETS)} key=obj-${int(1e4)}.dat size=${int(8) * 1048576} thread=worker-${int(16)} inflight=${int(64)} retries=0 deadline_ms=30000 pool=default`;
      } else {
        text = `${micros} INFO ${pick(COMPONENTS)}: completed op=${pick(OPERATIONS)} request=${id} bucket=${pick(BUCKETS)} key=obj-${int(1e4)}.dat bytes=${int(8) * 1048576} latency_us=${200 + int(9000)} status=ok agent=agent-${agent + 1} retries=0 pool=default`;
      }
    } else if (kind === 1) {
      const status = random() < 0.01 ? 503 : random() < 0.03 ? 404 : 200;
      if (status === 503) level = 6;
      text = `10.0.${int(4)}.${10 + int(200)} - - [${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000] "${pick(OPERATIONS)} /${pick(BUCKETS)}/obj-${int(1e4)}.dat HTTP/1.1" ${status} ${int(8) * 1048576 + 212} "-" "${pick(AGENT_STRINGS)}" rt=0.${String(int(100)).padStart(3, '0')} upstream=10.0.0.${10 + int(8)}:7761 cache=MISS`;
    } else if (kind === 2) {
      text = `${iso.slice(0, 10)} ${iso.slice(11, 23)} [io-${int(32)}] TRACE store::engine > segment ${int(4096)} compacted in background thread pool: in=${int(4096)}KiB out=${int(4096)}KiB level=L${int(6)} files=${int(12)} elapsed=${int(4000)}us checksum=ok reason=size-threshold throttled=false tier=${pick(['hot', 'warm', 'cold'])}`;
      level = 1;
    } else {
      text = `${MONTHS[Number(iso.slice(5, 7)) - 1]} ${iso.slice(8, 10).replace(/^0/, ' ')} ${iso.slice(11, 19)} host-${agent + 1} ${pick(['kernel', 'systemd[1]', `sshd[${1000 + int(30000)}]`, 'chronyd[612]'])}: [${(index * step) / 1000 + 4200}] ${pick([random() < 0.01 ? 'eth0: NIC Link is Up 25000 Mbps Full Duplex, Flow Control: rx/tx' : `EXT4-fs (nvme0n1p${int(9)}): mounted filesystem ${hex(8)} r/w with ordered data mode`, `audit: type=1400 audit(${Math.floor(time / 1000)}.${int(1000)}:${index}): apparmor="ALLOWED" operation="open" profile="agent" pid=${int(32768)}`, `Accepted publickey for ubuntu from 10.0.0.${int(250)} port ${32768 + int(28000)} ssh2: ED25519 SHA256:${hex(20)}`, `Started session-${int(9000)}.scope - Session ${int(9000)} of User ubuntu.`])}`;
      level = 0;
    }
    const needle = needles.get(index);
    if (needle) text += ` ${needle}`;
    // What a parser reads off the line: access and system logs stamp seconds, storage milliseconds.
    const unit = kind === 0 ? 0.001 : kind === 2 ? 1 : 1000;
    yield { file: agent * 4 + kind, time: Math.floor(stamp / unit) * unit, level, text };
  }
}
