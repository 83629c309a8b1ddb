import type { Principal } from '../http/access.js';
import { RawBody, type Route, route } from '../http/route.js';
import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { asDeadairError, DeadairError } from '../platform/errors.js';
import type { Metrics } from '../platform/metrics.js';
import {
  Heartbeat,
  HeartbeatReply,
  PositionsReply,
  PositionsRequest,
  RangesReply,
} from '../wire/protocol.js';
import { FRAME_CONTENT_TYPE, WIRE_VERSION } from '../wire/version.js';
import type { Stay } from './admission.js';
import { readFrameBody } from './body.js';
import { ENCODINGS } from './decompress.js';
import type { Intake } from './intake.js';
import type { SourceBounds } from './line-stage.js';
import type { IngestSettings } from './settings.js';

export interface IngestRoutesDeps {
  intake: Pick<Intake, 'enter' | 'take' | 'positions' | 'lookAround'>;
  settings: IngestSettings;
  clock: Clock;
  /** @param from the address it came from, as the socket knows it */
  onHeartbeat: (beat: Heartbeat, receivedAt: number, from: string | undefined) => void;
  /** Whether what it names may be kept. @throws DeadairError `names.too-many` */
  admitNames?: (beat: Heartbeat, receivedAt: number) => void;
  /** When the host was last heard of by heartbeat, ms since the epoch. */
  lastHeartbeatAt?: (host: string) => number | undefined;
  metrics?: Pick<Metrics, 'requestStored' | 'requestRefused'>;
  /** Whose hosts are whose; default: nobody's. */
  owners?: HostClaims;
  /** Bytes of log in a request that suit the store. */
  batchBytes?: number | undefined;
}

/** Which hosts and agents a collector's token may speak for. */
export interface HostClaims {
  /** @throws DeadairError `auth.scope` */
  claim(principal: Principal, host: string, agents: Iterable<string>): Promise<void>;
  /** What it may ship lines of; undefined: of all. */
  bounds(principal: Principal): SourceBounds | undefined;
}

/** What collectors call (docs/reference/protocol.md). */
export function ingestRoutes({
  intake,
  settings,
  clock,
  onHeartbeat,
  admitNames,
  lastHeartbeatAt,
  metrics,
  owners,
  batchBytes,
}: IngestRoutesDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/ranges',
      summary: 'Ship byte ranges of sources; acknowledged when durable',
      tag: 'collectors',
      auth: 'collect',
      body: new RawBody(
        FRAME_CONTENT_TYPE,
        'A frame: "DAR1", length of the JSON head, head, payloads; compressed',
      ),
      reply: RangesReply,
      async handler({ req, principal }) {
        const began = clock.monotonic();
        let stay: Stay | undefined;
        try {
          stay = intake.enter();
          const { body, encoding } = await readFrameBody(req, settings.maxBody, stay);
          const { reply, lines, rawBytes } = await intake.take(
            body,
            encoding,
            stay,
            owners?.bounds(principal),
          );
          metrics?.requestStored(lines, rawBytes, (clock.monotonic() - began) / 1000);
          return reply;
        } catch (thrown) {
          metrics?.requestRefused(asDeadairError(thrown).code);
          throw thrown;
        } finally {
          stay?.leave();
        }
      },
    }),
    route({
      method: 'post',
      path: '/v1/positions',
      summary: "Ask for a host's sources and their committed positions",
      tag: 'collectors',
      auth: 'collect',
      body: PositionsRequest,
      reply: PositionsReply,
      async handler({ body, principal }) {
        checkVersion(body.version);
        await owners?.claim(principal, body.host, []);
        await intake.lookAround();
        return {
          version: WIRE_VERSION,
          now: clock.now(),
          sources: intake.positions(body.host, lastHeartbeatAt?.(body.host)),
          encodings: [...ENCODINGS],
          maxBodyBytes: settings.maxBody,
          maxRawBytes: settings.maxRaw,
          ...defined({ batchBytes }),
          heartbeatSeconds: settings.heartbeatSeconds,
        };
      },
    }),
    route({
      method: 'post',
      path: '/v1/heartbeat',
      summary: "A collector's sign of life, or its goodbye",
      tag: 'collectors',
      auth: 'collect',
      body: Heartbeat,
      reply: HeartbeatReply,
      async handler({ body, principal, req }) {
        checkVersion(body.version);
        const now = clock.now();
        admitNames?.(body, now);
        await owners?.claim(principal, body.host, [...body.agents, ...body.files.map(file => file.agent)]);
        onHeartbeat(body, now, req.socket.remoteAddress);
        return { version: WIRE_VERSION, now, heartbeatSeconds: settings.heartbeatSeconds };
      },
    }),
  ];
}

function checkVersion(version: number): void {
  if (version === WIRE_VERSION) return;
  throw new DeadairError(
    'request.version',
    `The collector speaks protocol version ${version}, this server ${WIRE_VERSION}: use the same release on both sides.`,
    { subject: 'version' },
  );
}
