import type { Client } from '@elastic/elasticsearch';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import type { GapReason } from '../../wire/protocol.js';
import type { Gap } from '../store.js';
import { sendBulk } from './bulk.js';
import { asStoreError } from './errors.js';

/** A gap's document; the id makes sure that the same gap, told twice, is one. */
export interface GapDocument extends Omit<Gap, 'reason'> {
  '@timestamp': string;
  reason: string;
}

export interface GapFilter {
  source?: string;
  agent?: string;
  from?: number;
  to?: number;
}

export function gapId({ source, from, to }: Pick<GapDocument, 'source' | 'from' | 'to'>): string {
  return `${source}:${from}:${to ?? 'unknown'}`;
}

const MAX_GAPS = 10_000;

/** @throws DeadairError */
export async function nameGaps(client: Client, index: string, gaps: readonly GapDocument[]): Promise<void> {
  if (gaps.length === 0) return;
  let body = '';
  for (const gap of gaps) body += `{"create":{"_id":"${gapId(gap)}"}}\n${JSON.stringify(gap)}\n`;
  const replies = await sendBulk(client, index, body, gaps.length).catch(thrown => {
    throw asStoreError(thrown, 'naming gaps');
  });
  const wrong = replies.find(({ status }) => status >= 300 && status !== 409);
  if (wrong)
    throw new DeadairError('unavailable', `Elasticsearch did not take a gap (${wrong.error?.reason}).`, {
      subject: index,
      retryAfterSeconds: 5,
    });
}

/** Newest first. @throws DeadairError */
export async function readGaps(client: Client, index: string, filter: GapFilter): Promise<Gap[]> {
  const { source, agent, from, to } = filter;
  try {
    await client.indices.refresh({ index });
    const reply = await client.search<GapDocument>({
      allow_partial_search_results: false,
      index,
      size: MAX_GAPS,
      track_total_hits: false,
      query: {
        bool: {
          filter: [
            ...(source === undefined ? [] : [{ term: { source } }]),
            ...(agent === undefined ? [] : [{ term: { agent } }]),
            { range: { at: { ...defined({ gte: from, lt: to }) } } },
          ],
        },
      },
      sort: [{ at: 'desc' }, { from: 'desc' }],
    });
    return reply.hits.hits.map(({ _source }) => gapOf(_source!));
  } catch (thrown) {
    throw asStoreError(thrown, 'reading gaps');
  }
}

export function gapDocument(gap: Gap): GapDocument {
  return { '@timestamp': new Date(gap.at).toISOString(), ...gap };
}

export function gapOf({ '@timestamp': _, reason, ...gap }: GapDocument): Gap {
  return { ...gap, reason: reason as GapReason };
}
