import { z } from 'zod';
import { PROGRAM_EVENTS } from '../../detect/events.js';
import { readTimeSpan } from '../../http/line-query.js';
import { type Route, route } from '../../http/route.js';
import { LEVELS, SIGNAL_CLASSES } from '../../model/vocabulary.js';
import { defined } from '../../platform/defined.js';
import { isoMicros } from '../../records/ecs.js';
import type { LineRoutesDeps } from './lines.js';

const MarkReply = z.object({
  seq: z.number(),
  id: z.string().describe('event.id of the line'),
  '@timestamp': z.string(),
  agent: z.string(),
  host: z.string(),
  path: z.string(),
  level: z.enum(LEVELS),
  class: z.enum(SIGNAL_CLASSES),
  rule: z.string(),
  event: z.string().optional(),
  fields: z.record(z.string(), z.string()).optional(),
  text: z.string(),
});

/** The few lines that mean something, in the order they were stored: for programs that follow them. */
export function markRoutes({ store, clock, runs }: LineRoutesDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/marks',
      summary: 'Lines that detection marked, in commit order',
      description: 'Pass the last `seq` as `after` to go on; marks of one commit share it and come together.',
      tag: 'lines',
      auth: 'read',
      query: z.strictObject({
        after: z.coerce.number().int().min(0).optional(),
        from: z.string().max(100).optional(),
        to: z.string().max(100).optional(),
        agent: z.string().max(200).optional(),
        class: z.enum(SIGNAL_CLASSES).optional(),
        event: z.enum(PROGRAM_EVENTS).optional(),
        limit: z.coerce.number().int().min(1).max(5000).default(500),
      }),
      reply: z.object({ marks: z.array(MarkReply) }),
      async handler({ query }) {
        const span = await readTimeSpan(query, { now: clock.now(), runs });
        const marks = await store.marks({
          ...span,
          ...defined({ afterSeq: query.after }),
          ...(query.agent === undefined ? {} : { agents: [query.agent] }),
          ...(query.class === undefined ? {} : { classes: [query.class] }),
          ...(query.event === undefined ? {} : { events: [query.event] }),
          limit: query.limit,
        });
        return {
          marks: marks.map(mark => ({
            seq: mark.seq,
            id: `${mark.source}:${mark.offset}`,
            '@timestamp': isoMicros(mark.time),
            agent: mark.agent,
            host: mark.host,
            path: mark.path,
            level: LEVELS[mark.level] ?? 'none',
            class: mark.class,
            rule: mark.rule,
            ...defined({ event: mark.event, fields: mark.fields }),
            text: mark.text,
          })),
        };
      },
    }),
  ];
}
