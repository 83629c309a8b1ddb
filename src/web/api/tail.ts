import type { Response } from 'express';
import { z } from 'zod';
import { flush } from '../../http/compress.js';
import { lineQueryParameters, readLineQuery } from '../../http/line-query.js';
import { alsoByPost, RawReply, type Route, route } from '../../http/route.js';
import type { LogRow } from '../../model/log-row.js';
import { messageOf } from '../../platform/errors.js';
import { type Logger, silentLogger } from '../../platform/logger.js';
import { ecsLine } from '../../records/ecs.js';
import { Followers } from './followers.js';
import { cutParameter, cutRow, type LineRoutesDeps } from './lines.js';
import { streamTail, type TailSink } from './tail-stream.js';

/** Comments at this distance keep proxies from cutting a quiet stream, and show a dead client. */
const KEEP_ALIVE_MS = 15_000;

/** Lines as they come, as server-sent events. */
export function tailRoutes(deps: LineRoutesDeps & { logger?: Logger }): Route[] {
  const { store, clock, runs } = deps;
  const logger = deps.logger ?? silentLogger;
  const places = new Followers();
  let followers = 0;
  // The store has no "newest commit" to ask for: known while somebody follows. While nobody does, nobody listens either, for
  // Elasticsearch has to make lines visible for those who do.
  let newest: number | undefined;
  let forget: (() => void) | undefined;
  const follow = () => {
    if (followers++ > 0) return;
    forget = store.onAppend(receipt => {
      newest = Math.max(newest ?? 0, receipt.seq);
    });
  };
  const leave = () => {
    if (--followers > 0) return;
    forget?.();
    newest = undefined;
  };
  return [
    ...alsoByPost(
      route({
        method: 'get',
        path: '/v1/tail',
        summary: 'Lines as they come (server-sent events)',
        description:
          'Events: `open` once; `lines` {records}. The last id is the commit to pass as `after` (or Last-Event-ID) to go on ' +
          'without loss; `skipped` {lines, atLeast} when the client was too slow: so many matching lines were left out. ' +
          'A line that comes again with the same event.id was completed.',
        tag: 'lines',
        auth: 'read',
        query: z.strictObject({
          ...lineQueryParameters,
          after: z.coerce
            .number()
            .int()
            .min(0)
            .optional()
            .describe('Last commit seen; absent: only new lines'),
          behind: z.coerce
            .number()
            .int()
            .min(100)
            .max(1_000_000)
            .default(20_000)
            .describe('Lines one may fall behind before older ones are skipped'),
          every: z.coerce
            .number()
            .int()
            .min(40)
            .max(5000)
            .optional()
            .describe('At most one event in so many ms'),
          newest: z.coerce
            .number()
            .int()
            .min(1)
            .max(1000)
            .optional()
            .describe(
              'Of what came since the last event only so many of the newest; `skipped` tells of the others',
            ),
          cut: cutParameter,
        }),
        reply: new RawReply('text/event-stream', 'Events until the client goes'),
        async handler({ query: { after, behind, every, newest: most, cut, ...text }, req, res, signal }) {
          const giveBack = places.enter(req.socket.remoteAddress ?? 'an unknown address');
          const lines = await readLineQuery(text, { now: clock.now(), runs }).catch((thrown: unknown) => {
            giveBack();
            throw thrown;
          });
          const resume = after ?? readEventId(req.headers['last-event-id']);
          res.writeHead(200, {
            'Content-Type': 'text/event-stream; charset=utf-8',
            'Cache-Control': 'no-store',
            'X-Accel-Buffering': 'no',
          });
          follow();
          const keepAlive = clock.every(KEEP_ALIVE_MS, () => {
            res.write(': alive\n\n');
            flush(res);
          });
          try {
            await streamTail({
              store,
              clock,
              lines,
              after: resume,
              newest,
              behind,
              every,
              most,
              sink: eventSink(res, signal, cut),
              signal,
            });
          } catch (error) {
            // The status line is long gone: only breaking the stream tells the client, which then comes again.
            logger.warn('tail.broken', { error: messageOf(error) });
            res.destroy();
          } finally {
            keepAlive.cancel();
            leave();
            giveBack();
            res.end();
          }
        },
      }),
    ),
  ];
}

function readEventId(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** Writes events to a reply. @param cut of longer lines only so many characters */
export function eventSink(res: Response, signal: AbortSignal, cut: number | undefined): TailSink {
  // Heard once for all: a compressed reply hands listeners on to its stream and takes none back, so they would pile up.
  let wake = () => {};
  res.on('drain', () => wake());
  signal.addEventListener('abort', () => wake());
  return {
    write(event, data, id) {
      const body =
        event === 'lines' ? { records: (data as LogRow[]).map(row => ecsLine(cutRow(row, cut))) } : data;
      const idLine = id === undefined ? '' : `id: ${id}\n`;
      const taken = res.write(`event: ${event}\n${idLine}data: ${JSON.stringify(body)}\n\n`);
      flush(res);
      return taken;
    },
    drained: () =>
      new Promise(resolve => {
        wake = resolve;
        if (!res.writableNeedDrain || signal.aborted) resolve();
      }),
  };
}
