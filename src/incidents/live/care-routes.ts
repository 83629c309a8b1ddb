import { z } from 'zod';
import { CareReply, careReply } from '../../http/incident-reply.js';
import { type Route, route } from '../../http/route.js';
import type { CareBook } from './care-book.js';
import type { IncidentWatch } from './incident-watch.js';

const by = z.string().trim().min(1).max(100).default('somebody').describe('Who says so');
const params = z.object({ id: z.string().max(64).describe('Id of the incident') });

/** Acknowledge, note, close: what people do about an incident. */
export function careRoutes(
  watch: Pick<IncidentWatch, 'find' | 'close'>,
  care: CareBook,
  /** Told of each change, after it was kept. */
  onCare: (incident: string) => void,
): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/incidents/:id/acknowledge',
      summary: 'Somebody looks at it: shown to all others',
      tag: 'incidents',
      auth: 'write',
      params,
      body: z.strictObject({ by }),
      reply: CareReply,
      async handler({ params: { id }, body }) {
        watch.find(id);
        const said = await care.acknowledge(id, body.by);
        onCare(id);
        return careReply(said);
      },
    }),
    route({
      method: 'post',
      path: '/v1/incidents/:id/notes',
      summary: 'A note on an incident, shown to all others',
      tag: 'incidents',
      auth: 'write',
      params,
      body: z.strictObject({ by, text: z.string().trim().min(1).max(4000) }),
      reply: CareReply,
      async handler({ params: { id }, body }) {
        watch.find(id);
        const said = await care.note(id, body.by, body.text);
        onCare(id);
        return careReply(said);
      },
    }),
    route({
      method: 'post',
      path: '/v1/incidents/:id/close',
      summary: 'It is over, whatever the logs say; the next fault opens a new one',
      tag: 'incidents',
      auth: 'write',
      params,
      body: z.strictObject({ by }),
      reply: CareReply,
      async handler({ params: { id }, body }) {
        watch.find(id);
        const said = await care.close(id, body.by);
        await watch.close(id);
        return careReply(said);
      },
    }),
  ];
}
