/**
 * What the programs of the benches write: a mixed vocabulary made from word lists, so that lines have some thousand shapes, as those
 * of a host with many programs have, and not a dozen. `{…}` are filled anew for each line (lines.ts).
 */
export const PROGRAMS = [
  ...[
    'scheduler',
    'worker-pool',
    'object-store',
    'replicator',
    'rpc-server',
    'metrics',
    'cache',
    'gateway',
    'indexer',
  ],
  ...[
    'kubelet',
    'containerd',
    'etcd',
    'postgres',
    'redis-server',
    'kafka',
    'zookeeper',
    'nginx',
    'haproxy',
    'envoy',
  ],
  ...[
    'sshd',
    'systemd',
    'kernel',
    'cron',
    'dhclient',
    'chronyd',
    'auditd',
    'multipathd',
    'nfsd',
    'smartd',
    'dockerd',
  ],
];

const VERBS = [
  ...[
    'opened',
    'closed',
    'accepted',
    'rejected',
    'scheduled',
    'flushed',
    'compacted',
    'replicated',
    'fetched',
    'wrote',
  ],
  ...[
    'removed',
    'renamed',
    'verified',
    'loaded',
    'evicted',
    'merged',
    'split',
    'moved',
    'assigned',
    'released',
    'granted',
  ],
  ...[
    'started',
    'stopped',
    'registered',
    'elected',
    'expired',
    'renewed',
    'queued',
    'resumed',
    'parsed',
    'cached',
  ],
];
const NOUNS = [
  ...[
    'session',
    'segment',
    'partition',
    'lease',
    'block',
    'shard',
    'snapshot',
    'container',
    'volume',
    'index',
    'table',
  ],
  ...[
    'request',
    'transaction',
    'checkpoint',
    'replica',
    'task',
    'stage',
    'bucket',
    'object',
    'certificate',
    'token',
    'job',
  ],
  ...[
    'page',
    'journal',
    'queue',
    'topic',
    'stream',
    'route',
    'endpoint',
    'policy',
    'quota',
    'user',
    'device',
    'mount',
  ],
];
const TAILS = [
  ...[
    'for {user} from {address} port {port}',
    'id={hex16} size={bytes} took={ms}ms',
    'in {ms} ms ({bytes} bytes)',
  ],
  ...[
    'path={path} mode=0644 uid={small}',
    'on node {host} epoch {number} term {small}',
    'uuid={uuid} retries={small}',
  ],
  ...[
    'sha256:{hex40} ({bytes} bytes)',
    'key={bucket}/obj-{number}.dat etag="{hex32}"',
    'at offset {number} of {bytes}',
  ],
  ...[
    'url=http://{address}:{port}/v1/{bucket}?token={hex8}&page={small}',
    'pid={number} tid={number} cpu={small}',
  ],
  ...[
    '[{hex8}-{hex8}] state {word} -> {word}',
    'mac={mac} vlan {small} mtu 1500',
    'version {small}.{small}.{small}',
  ],
  ...[
    'latency p50={ms}us p99={ms}us max={ms}us',
    'from {path} to {path}',
    'owner={user} group={word} acl={hex8}',
  ],
  ...[
    '{"id":"{hex16}","count":{number},"ok":true,"ratio":0.{number}}',
    'after {small} attempts, next in {ms} ms',
  ],
];
const OPENINGS = ['', '', '', '[{word}] ', 'thread={small} ', '({number}) ', 'req-{hex8}: ', '{word}: '];

/** Faults as programs of many kinds write them. */
export const FAULTS = [
  'connection to {address}:{port} reset by peer (os error 104), attempt {small} of 3',
  'request {hex16} to {address}:{port} failed after {ms} ms: operation timed out',
  'dial tcp {address}:{port}: connect: connection refused',
  'lookup {host}.internal on {address}:53: no such host',
  'x509: certificate for {host} has expired or is not yet valid: current time is after {number}',
  'java.net.SocketTimeoutException: Read timed out ({ms} ms) while reading from /{address}:{port}',
  'upstream timed out (110: Connection timed out) while connecting to upstream, client: {address}, upstream: "http://{address}:{port}/"',
  'could not connect to server: Connection refused; is it running on host "{address}" and accepting on port {port}?',
  'lost connection to {host} (heartbeat missing for {ms} ms), marking replica {number} as down',
  'rpc error: code = Unavailable desc = transport is closing, stream {number}',
  'TLS handshake with {address}:{port} failed: unexpected end of file',
  'broken pipe while writing {bytes} bytes to {address}:{port}',
  'No route to host {address}, giving up on job {uuid}',
  'session 0x{hex16} for server {host}/{address}:{port}, unexpected error, closing socket connection',
];

/**
 * @param pick one of a list
 * @returns the messages of each program, some thousand in all, the same for the same `pick`
 */
export function makePhrases(pick: <T>(list: readonly T[]) => T, each = 50): Map<string, string[]> {
  const phrase = () =>
    `${pick(OPENINGS)}${pick(VERBS)} ${pick(NOUNS)} ${pick(TAILS)}${pick(['', '', ` ${pick(NOUNS)}=${pick(VERBS)}`])}`;
  return new Map(PROGRAMS.map(program => [program, Array.from({ length: each }, phrase)]));
}

export const WORDS = [...VERBS, ...NOUNS];
