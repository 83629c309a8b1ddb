import { kuery, type SavedObject, savedObject } from '../saved-object.js';
import { FAULTS } from './common.js';

/** Saved queries: what one would type, under a name, in any view of lines. */
const QUERIES: { id: string; title: string; description: string; query: string }[] = [
  {
    id: 'faults',
    title: 'every network fault',
    description: 'Timeouts, disconnects, refusals, DNS and TLS',
    query: FAULTS,
  },
  {
    id: 'timeouts',
    title: 'timeouts',
    description: 'Lines that say something took too long',
    query: 'deadair.class : timeout',
  },
  {
    id: 'disconnects',
    title: 'disconnects',
    description: 'Lines that say a connection broke',
    query: 'deadair.class : disconnect',
  },
  { id: 'refused', title: 'refused', description: 'Nobody listens there', query: 'deadair.class : refused' },
  {
    id: 'names-and-certificates',
    title: 'DNS and TLS',
    description: 'Names and certificates',
    query: 'deadair.class : (dns or tls)',
  },
  {
    id: 'recoveries',
    title: 'recoveries',
    description: 'Lines that say it works again',
    query: 'deadair.class : recovered',
  },
  {
    id: 'errors',
    title: 'errors',
    description: 'Level error and above, whatever they say',
    query: 'log.level : (error or fatal)',
  },
  {
    id: 'errors-no-fault',
    title: 'errors that are no network fault',
    description: 'The other things that go wrong',
    query: `log.level : (error or fatal) and not ${FAULTS}`,
  },
  {
    id: 'life',
    title: "agents' lives",
    description: 'Started, ready, running, stopped: as the programs say it',
    query: 'deadair.event : agent.*',
  },
  {
    id: 'runs',
    title: 'runs begin and end',
    description: 'To find the time span of a run',
    query: 'deadair.event : (run.started or run.completed or run.failed or run.interrupted)',
  },
  {
    id: 'controller',
    title: 'controller',
    description: 'What the controller says',
    query: 'agent.id : controller*',
  },
  {
    id: 'late',
    title: 'late lines',
    description: 'Arrived more than ten seconds after they were written: outage or wrong clock',
    query: 'deadair.delay_ms > 10000',
  },
];

export function queries(): SavedObject[] {
  return QUERIES.map(({ id, title, description, query }) =>
    savedObject('query', `deadair-query-${id}`, {
      title: `Deadair: ${title}`,
      description,
      query: kuery(query),
      filters: [],
    }),
  );
}
