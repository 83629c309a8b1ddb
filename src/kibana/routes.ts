import { z } from 'zod';
import { type Route, route } from '../http/route.js';
import type { Incident } from '../model/incident.js';
import type { Run } from '../model/run.js';
import type { Clock } from '../platform/clock.js';
import { DeadairError } from '../platform/errors.js';
import { findRun, RUN_WORDS } from '../runs/find.js';
import { runSpan } from '../runs/span.js';
import { incidentSpan } from '../wording/kibana-state.js';
import type { KibanaLinks } from './links.js';

export interface KibanaRoutesDeps {
  /** Absent where no Kibana is named. */
  links: KibanaLinks | undefined;
  incidents: () => Promise<Incident[]>;
  runs: () => Promise<Run[]>;
  clock: Clock;
}

const Address = z.object({ url: z.string() });

/**
 * Ways from the page into Kibana, so that one place (links.ts) knows Kibana's addresses. No redirects: a link can't carry the
 * service's token.
 */
export function kibanaRoutes({ links, incidents, runs, clock }: KibanaRoutesDeps): Route[] {
  const known = (): KibanaLinks => {
    if (!links)
      throw new DeadairError(
        'not-found',
        'No Kibana is known: set alerts.kibana.url or DEADAIR_KIBANA_URL.',
        {
          subject: 'alerts.kibana',
        },
      );
    return links;
  };
  return [
    route({
      method: 'get',
      path: '/v1/kibana/line',
      summary: "Address in Kibana of a line's surrounding documents, or of its file in file order",
      tag: 'kibana',
      auth: 'read',
      query: z.strictObject({
        id: z.string().regex(/^.{1,200}:\d{1,16}$/, 'write it as SOURCE:OFFSET'),
        at: z.iso.datetime({ offset: true }),
        show: z.enum(['surrounding', 'file']).default('surrounding'),
      }),
      reply: Address,
      handler({ query: { id, at, show } }) {
        return { url: show === 'file' ? known().file(id, Date.parse(at)) : known().surrounding(id) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/kibana/incident',
      summary: "Address in Kibana of the lines of an incident's agents around it",
      tag: 'kibana',
      auth: 'read',
      query: z.strictObject({ id: z.string().min(1).max(200) }),
      reply: Address,
      async handler({ query: { id } }) {
        const found = (await incidents()).find(one => one.id === id);
        if (!found) throw new DeadairError('not-found', `There is no incident ${id}.`, { subject: 'id' });
        return { url: known().lines({ ...incidentSpan(found), agents: found.subjects }) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/kibana/run',
      summary: 'Address in Kibana of all lines of a run, split by agent',
      tag: 'kibana',
      auth: 'read',
      query: z.strictObject({ id: z.string().min(1).max(200).describe(`The run: ${RUN_WORDS}`) }),
      reply: Address,
      async handler({ query: { id } }) {
        const all = await runs();
        const span = runSpan(findRun(all, id), 'report', { now: clock.now(), runs: all });
        return { url: known().run(span) };
      },
    }),
  ];
}
