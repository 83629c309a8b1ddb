import { z } from 'zod';
import { closedSpan, lineQueryParameters, narrowedQuery, readLineQuery } from '../../http/line-query.js';
import { alsoByPost, type Route, route } from '../../http/route.js';
import { defined } from '../../platform/defined.js';
import { lineFields } from '../../records/line-fields.js';
import { displayText } from '../../records/text.js';
import type { LineRoutesDeps } from './lines.js';
import { placeOf } from './lines.js';

/** Counted exactly, by the store. */
const EXACT = ['agent', 'level', 'class'] as const;
/** Lines whose other fields are looked at. */
const SAMPLE = 2000;
const PAGE = 1000;
const MOST_VALUES = 50;
const MOST_FIELDS = 40;
/** A field with a value of its own in nearly every line tells nothing apart; a handful of values is always worth a look. */
const TOO_MANY = 0.5;
const FEW = 12;
/** Names that mean something of Deadair's in a query, whatever lines call so. */
const OWN = new Set<string>([...EXACT, 'host', 'path', 'rule']);

const Facet = z.object({
  field: z.string(),
  values: z.array(z.object({ value: z.string(), count: z.number() })).describe('Most frequent first'),
  distinct: z.number().describe('How many values there are'),
  sampled: z.number().nullable().describe('Of so many of the newest lines; null: of all'),
});

/** What values the fields of matching lines have, and what fields one line has. */
export function facetRoutes({ store, clock, runs }: LineRoutesDeps): Route[] {
  return [
    ...alsoByPost(
      route({
        method: 'get',
        path: '/v1/facets',
        summary: 'The most frequent values of fields among the lines that match',
        description:
          'agent, level and class are counted over all lines; host, file, rule and what lines of JSON, logfmt and access logs name themselves over the newest ones.',
        tag: 'lines',
        auth: 'read',
        query: z.strictObject({
          ...lineQueryParameters,
          limit: z.coerce.number().int().min(1).max(MOST_VALUES).default(8).describe('Values of each field'),
        }),
        reply: z.object({ facets: z.array(Facet) }),
        async handler({ query: { limit, ...text }, signal }) {
          const lines = await readLineQuery(text, { now: clock.now(), runs });
          const span = await closedSpan(lines, store, clock.now());
          const exact = EXACT.map(async by => {
            const { series } = await store.histogram(
              {
                query: narrowedQuery(lines),
                from: span.from,
                to: span.to,
                interval: Math.max(60_000, Math.ceil((span.to - span.from) / 60_000) * 60_000),
                by,
              },
              signal,
            );
            const counts = new Map(
              series.map(({ key, counts }) => [key, counts.reduce((sum, one) => sum + one, 0)]),
            );
            return facet(by, counts, limit, null);
          });
          // All waited for together: one that fails alone, unheard, would end the service.
          const [sampled, ...counted] = await Promise.all([sample(), ...exact]);
          return { facets: [...counted, ...sampled].filter(one => one.distinct > 0) };

          async function sample() {
            const counts = new Map<string, Map<string, number>>();
            let seen = 0;
            let cursor: string | undefined;
            do {
              const page = await store.search(
                { ...lines, order: 'newest', limit: PAGE, ...defined({ cursor }) },
                signal,
              );
              cursor = page.cursor;
              for (const row of page.rows) {
                seen++;
                add(counts, 'host', row.host);
                add(counts, 'path', row.path);
                if (row.rule !== undefined) add(counts, 'rule', row.rule);
                for (const [name, value] of lineFields(displayText(row.raw)))
                  if (!OWN.has(name)) add(counts, name, value);
              }
            } while (cursor !== undefined && seen < SAMPLE);
            return [...counts]
              .map(([field, values]) => facet(field, values, limit, seen))
              .filter(
                one =>
                  OWN.has(one.field) ||
                  one.distinct < Math.max(FEW, total(counts.get(one.field)!) * TOO_MANY),
              )
              .sort(
                (a, b) =>
                  Number(OWN.has(b.field)) - Number(OWN.has(a.field)) ||
                  total(counts.get(b.field)!) - total(counts.get(a.field)!),
              )
              .slice(0, MOST_FIELDS);
          }
        },
      }),
    ),
    route({
      method: 'get',
      path: '/v1/fields',
      summary: 'The fields a line names itself: JSON, logfmt, access logs',
      tag: 'lines',
      auth: 'read',
      query: z.strictObject({ id: z.string().max(100).describe('event.id of the line') }),
      reply: z.object({ fields: z.array(z.object({ name: z.string(), value: z.string() })) }),
      async handler({ query: { id }, signal }) {
        const page = await store.context({ ...placeOf(id), before: 0, after: 0 }, signal);
        const row = page.rows[page.at];
        const fields = row ? lineFields(displayText(row.raw)) : new Map<string, string>();
        return { fields: [...fields].map(([name, value]) => ({ name, value })) };
      },
    }),
  ];
}

function add(counts: Map<string, Map<string, number>>, field: string, value: string): void {
  const values = counts.get(field);
  if (!values) counts.set(field, new Map([[value, 1]]));
  else values.set(value, (values.get(value) ?? 0) + 1);
}

const total = (values: ReadonlyMap<string, number>) =>
  [...values.values()].reduce((sum, one) => sum + one, 0);

function facet(field: string, counts: ReadonlyMap<string, number>, limit: number, sampled: number | null) {
  const values = [...counts]
    .filter(([value, count]) => count > 0 && value !== '' && value !== 'none')
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return {
    field,
    values: values.slice(0, limit).map(([value, count]) => ({ value, count })),
    distinct: values.length,
    sampled,
  };
}
