import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Response } from 'express';
import { z } from 'zod';
import { RawBody, RawReply, type Route, route } from '../http/route.js';
import type { JudgedBy, Witnessed } from '../incidents/replay/witnessed.js';
import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { asDeadairError, DeadairError } from '../platform/errors.js';
import { ulid } from '../platform/ids.js';
import { RUN_WORDS } from '../runs/find.js';
import type { Store } from '../store/store.js';
import { CAPSULE_LIMITS } from './format.js';
import { type ImportResult, importCapsule } from './import.js';
import { openCapsule } from './open.js';
import { packCapsule } from './pack.js';
import { readBack } from './read-back.js';
import { packRequestOf } from './request.js';
import { receiveUpload } from './upload.js';

export interface CapsuleRoutesDeps {
  store: Store;
  clock: Clock;
  /** Uploads lie here until they have been checked. */
  folder: string;
  /** What witnesses said, word by word. */
  witnesses?: (from: number, to: number) => Promise<Witnessed[]>;
  /** Agents and thresholds that are in force, so that a capsule replays as it was judged. */
  judged?: () => JudgedBy;
  /** Copies of the store are made in there; undefined: none are. */
  backups: string | undefined;
  /** Bytes of the disk that stay free: uploads and copies must not cost old days. */
  keepFree: number;
  onImported: (result: ImportResult) => Promise<void>;
}

const CAPSULE_TYPE = 'application/gzip';
const PROGRESS_TYPE = 'application/x-ndjson';
/** Each reads the store as fast as it can. */
const MAX_EXPORTS = 2;
const MAX_UPLOADS = 4;
const PROGRESS_MS = 200;

/** `/v1/export`, `/v1/import`, `/v1/backup`. */
export function capsuleRoutes(deps: CapsuleRoutesDeps): Route[] {
  const { store, clock, folder } = deps;
  let exporting = 0;
  let uploads = 0;
  let importing: Promise<unknown> = Promise.resolve();
  let copying = false;
  // What a crash left of an upload.
  rmSync(folder, { recursive: true, force: true });
  return [
    route({
      method: 'get',
      path: '/v1/export',
      summary:
        'A run, or a time span, as a capsule: one archive that `deadair import` and `deadair replay` take',
      description: 'Without parameters the newest run. The form is described in src/capsule/format.ts.',
      tag: 'runs',
      auth: 'read',
      query: z.strictObject({
        run: z.string().max(200).optional().describe(`The run: ${RUN_WORDS}`),
        from: z.string().max(100).optional(),
        to: z.string().max(100).optional(),
        agent: z.union([z.string(), z.array(z.string())]).optional(),
      }),
      reply: new RawReply(CAPSULE_TYPE, 'A gzip-compressed tar archive'),
      async handler({ query: { run, from, to, agent }, res, signal }) {
        if (exporting >= MAX_EXPORTS) throw busy(`${MAX_EXPORTS} exports are under way`);
        exporting++;
        try {
          const agents = agent === undefined ? undefined : [agent].flat().flatMap(one => one.split(','));
          const now = clock.now();
          const request = await packRequestOf(store.documents, { run, from, to, agents }, now);
          const archive = packCapsule(store, request, {
            now,
            signal,
            ...defined({ witnesses: deps.witnesses, judged: deps.judged?.() }),
          });
          // Whatever is wrong with the request shows here, while an error can still be told.
          const first = await archive.next();
          res.setHeader('Content-Type', CAPSULE_TYPE);
          const all = (async function* () {
            if (!first.done) yield first.value;
            yield* archive;
          })();
          await pipeline(Readable.from(readBack(all)), createGzip(), res);
        } finally {
          exporting--;
        }
      },
    }),
    route({
      method: 'post',
      path: '/v1/import',
      summary: "Store a capsule's lines, run and incidents, each once",
      description:
        'The reply is a line of JSON a sign of progress, {"lines"}, and at the end {"result"} or {"error"}. Nothing is stored of a capsule that is damaged.',
      tag: 'runs',
      auth: 'write',
      query: z.strictObject({
        maxBytes: z.coerce
          .number()
          .int()
          .min(1)
          .default(CAPSULE_LIMITS.bytes)
          .describe('After decompression'),
      }),
      body: new RawBody(CAPSULE_TYPE, 'A capsule'),
      reply: new RawReply(PROGRESS_TYPE, 'Progress, then the result'),
      async handler({ query: { maxBytes }, req, res, signal }) {
        if (uploads >= MAX_UPLOADS) throw busy(`${MAX_UPLOADS} imports are under way`);
        uploads++;
        const file = path.join(folder, `${ulid(clock.now())}.tar.gz`);
        try {
          mkdirSync(folder, { recursive: true, mode: 0o700 });
          const room = () => {
            const free = freeBytes(folder);
            return free === null ? null : free - deps.keepFree;
          };
          await receiveUpload(req, file, { maxBytes, room }, clock);
          await inLines(res, clock, async onProgress => {
            // One at a time: each takes the store as fast as it can.
            const before = importing;
            const result = before.then(async () => {
              signal.throwIfAborted();
              const now = clock.now();
              const capsule = await openCapsule(file, { maxBytes, now, called: 'The capsule' });
              const imported = await importCapsule(capsule, store, { now, onProgress, signal });
              await deps.onImported(imported);
              return imported;
            });
            importing = result.catch(() => {});
            return result;
          });
        } finally {
          uploads--;
          rmSync(file, { force: true });
        }
      },
    }),
    route({
      method: 'post',
      path: '/v1/backup',
      summary: 'Copy the whole store, as of one moment, into a new folder on the host of the service',
      description:
        'The copy is a data directory of its own. The reply is {"result"} or {"error"} as a line of JSON.',
      tag: 'service',
      auth: 'admin',
      body: z.strictObject({ directory: z.string().min(1).max(4096) }),
      reply: new RawReply(PROGRESS_TYPE, 'The result'),
      async handler({ body: { directory }, res }) {
        const backup = store.backup?.bind(store);
        if (!backup)
          throw new DeadairError(
            'usage.invalid',
            'This service stores in Elasticsearch: use its snapshots for a copy of everything.',
          );
        const target = backupFolder(deps.backups, directory);
        if (copying) throw busy('Another copy is being made');
        copying = true;
        try {
          await inLines(res, clock, async () => {
            const { bytes, diskFree } = await store.stats();
            if (diskFree !== null && bytes + deps.keepFree > diskFree)
              throw new DeadairError(
                'store.full',
                'The disk has no room for a copy beside what retention keeps free.',
                {
                  subject: 'store.backups',
                },
              );
            await backup(target);
            return { directory: target };
          });
        } finally {
          copying = false;
        }
      },
    }),
  ];
}

/** A client names the copy, the operator the folder it lies in: a path of a client's is never used. */
function backupFolder(backups: string | undefined, wanted: string): string {
  if (backups === undefined)
    throw new DeadairError(
      'usage.invalid',
      'This service makes copies only in the folder that store.backups (DEADAIR_BACKUPS) names, and none is set. On its host, with the service stopped, `deadair export --all DIR --data DATA` makes one anywhere.',
      { subject: 'store.backups' },
    );
  const folder = path.resolve(backups);
  const name =
    path.isAbsolute(wanted) && path.dirname(path.normalize(wanted)) === folder
      ? path.basename(wanted)
      : wanted;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name))
    throw new DeadairError(
      'usage.invalid',
      `Name the copy by letters, digits, dots and dashes; it will lie in the folder that store.backups names.`,
      { subject: 'directory' },
    );
  return path.join(folder, name);
}

/** Replies in lines of JSON, so that a client sees that work goes on: HTTP clients give up on a silent reply. */
async function inLines(
  res: Response,
  clock: Clock,
  work: (onProgress: (lines: number) => void) => Promise<unknown>,
): Promise<void> {
  res.setHeader('Content-Type', PROGRESS_TYPE);
  const tell = (value: unknown) => res.write(`${JSON.stringify(value)}\n`);
  tell({ lines: 0 });
  let told = clock.monotonic();
  const alive = clock.every(15_000, () => tell({}));
  try {
    const result = await work(lines => {
      if (clock.monotonic() - told < PROGRESS_MS) return;
      told = clock.monotonic();
      tell({ lines });
    });
    tell({ result });
  } catch (thrown) {
    tell(asDeadairError(thrown).toJSON());
  } finally {
    alive.cancel();
    res.end();
  }
}

function busy(what: string): DeadairError {
  return new DeadairError('busy', `${what}; try again when it is done.`, { retryAfterSeconds: 10 });
}

function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
