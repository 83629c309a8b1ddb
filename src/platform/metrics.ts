import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What the service counts about itself, one typed function an event; served at /metrics in Prometheus' format. */
export class Metrics {
  readonly registry = new Registry();
  private readonly lines: Counter;
  private readonly bytes: Counter;
  private readonly refused: Counter<'code'>;
  private readonly stored: Histogram;
  private readonly incidents: Counter<'kind' | 'change'>;
  private readonly heartbeats: Counter;
  private readonly gaps: Counter<'reason'>;
  private readonly gapBytes: Counter;
  private readonly tokens: Counter;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.tokens = new Counter({
      name: 'deadair_tokens_refused_total',
      help: 'Requests and logins with a wrong token',
      registers,
    });
    this.lines = new Counter({ name: 'deadair_lines_stored_total', help: 'Lines stored', registers });
    this.bytes = new Counter({
      name: 'deadair_bytes_received_total',
      help: 'Bytes of requests after decompression',
      registers,
    });
    this.refused = new Counter({
      name: 'deadair_requests_refused_total',
      help: 'Range requests refused, by error code',
      labelNames: ['code'],
      registers,
    });
    this.stored = new Histogram({
      name: 'deadair_request_seconds',
      help: 'From a range request to its durable acknowledgement',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
    this.incidents = new Counter({
      name: 'deadair_incident_changes_total',
      help: 'Incidents opened, worsened, resolved',
      labelNames: ['kind', 'change'],
      registers,
    });
    this.heartbeats = new Counter({
      name: 'deadair_heartbeats_total',
      help: 'Heartbeats received',
      registers,
    });
    this.gaps = new Counter({
      name: 'deadair_log_gaps_total',
      help: 'Byte ranges of logs that could not be had, by reason; "unseen": whether there was more is not known',
      labelNames: ['reason'],
      registers,
    });
    this.gapBytes = new Counter({
      name: 'deadair_log_gap_bytes_total',
      help: 'Bytes in gaps of known size',
      registers,
    });
  }

  requestStored(lines: number, bytes: number, seconds: number): void {
    this.lines.inc(lines);
    this.bytes.inc(bytes);
    this.stored.observe(seconds);
  }

  requestRefused(code: string): void {
    this.refused.inc({ code });
  }

  incidentChanged(kind: string, change: string): void {
    this.incidents.inc({ kind, change });
  }

  tokenRefused(): void {
    this.tokens.inc();
  }

  heartbeatReceived(): void {
    this.heartbeats.inc();
  }

  gapNamed({ from, to, reason }: { from: number; to: number | null; reason: string }): void {
    this.gaps.inc({ reason });
    if (to !== null) this.gapBytes.inc(to - from);
  }

  /** @param waiting requests being taken in @param behind bytes in logs that are not delivered yet */
  watchIntake(waiting: () => number, behind: () => number): void {
    this.gauge('deadair_requests_waiting', 'Range requests being taken in', waiting);
    this.gauge(
      'deadair_log_behind_bytes',
      'Bytes that collectors see in logs and have not delivered, by their last heartbeats',
      behind,
    );
  }

  /** A value that is asked for when somebody looks. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}
