import { errors } from '@elastic/elasticsearch';
import { DeadairError, messageOf } from '../../platform/errors.js';

/** An error as Elasticsearch words it, of a whole request or of one item of a bulk. */
export interface ServerError {
  type?: string;
  reason?: string;
}

/** Status and words of a failed request; status 0: there was no answer. */
export function failureOf(thrown: unknown): { status: number; error: ServerError; answered: boolean } {
  if (thrown instanceof errors.ResponseError) {
    const body = thrown.body as { error?: ServerError | string } | undefined;
    const error = typeof body?.error === 'string' ? { reason: body.error } : (body?.error ?? {});
    return { status: thrown.statusCode ?? 0, error, answered: true };
  }
  return { status: 0, error: { reason: messageOf(thrown).replace(SOCKET_ENDS, '') }, answered: false };
}

/** Which the client adds to what befell a connection: with its ports the same trouble would be news at each try. */
const SOCKET_ENDS = / - Local: \S+, Remote: \S+$/;

/** Overload or a node on its way: the same request may go through later. */
export function isPassing(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

/** The disk is nearly full: Elasticsearch has put a block on its indices. */
export function isFull(error: ServerError): boolean {
  return (
    error.type === 'cluster_block_exception' && /flood-stage|read-only-allow-delete/.test(error.reason ?? '')
  );
}

export function fullError(error: ServerError): DeadairError {
  return new DeadairError(
    'store.full',
    `Elasticsearch takes no more lines, its disk is nearly full (${error.reason}): make room or drop old indices; it goes on by itself.`,
    { subject: 'store.elasticsearch', retryAfterSeconds: 10 },
  );
}

/** What a failed request means for whoever asked. */
export function asStoreError(thrown: unknown, doing: string): DeadairError {
  if (thrown instanceof DeadairError) return thrown;
  if (thrown instanceof errors.ConfigurationError)
    return new DeadairError('config.invalid', `${thrown.message}.`, {
      subject: 'store.elasticsearch',
      cause: thrown,
    });
  const { status, error, answered } = failureOf(thrown);
  const details = { subject: 'store.elasticsearch', cause: thrown };
  const said = error.reason ?? error.type ?? `status ${status}`;
  if (!answered)
    return new DeadairError(
      'unavailable',
      `Elasticsearch did not answer while ${doing} (${said}): check that it runs and store.elasticsearch.nodes.`,
      { ...details, retryAfterSeconds: 5 },
    );
  if (isFull(error)) return fullError(error);
  if (status === 401)
    return new DeadairError(
      'unavailable',
      `Elasticsearch does not know this key or password, or not yet (${doing}): in its first minute that passes by itself; if it stays, check store.elasticsearch, or make a key with \`deadair elasticsearch setup\`.`,
      { ...details, retryAfterSeconds: 30 },
    );
  if (status === 403)
    return new DeadairError(
      'unavailable',
      `Elasticsearch refuses ${doing}: ${said}. \`deadair elasticsearch setup\` gives the rights Deadair needs.`,
      { ...details, retryAfterSeconds: 30 },
    );
  if (isPassing(status))
    return new DeadairError('unavailable', `Elasticsearch is too busy for ${doing}: ${said}.`, {
      ...details,
      retryAfterSeconds: 5,
    });
  return new DeadairError('internal', `Elasticsearch could not do it (${doing}): ${said}.`, details);
}

/**
 * A document that could not be read, by its own error within an answer that is a success: a shard that recovers, a node on its way.
 * That is never "there is none": who took it for that would write over what stands there.
 */
export function itemError(
  error: { type?: string; reason?: string | null },
  index: string,
  doing: string,
): DeadairError {
  return new DeadairError(
    'unavailable',
    `Elasticsearch could not give a document while ${doing} (${error.reason ?? error.type ?? 'no reason given'}): it is tried again; \`deadair elasticsearch check\` says what is wrong.`,
    { subject: index, retryAfterSeconds: 5 },
  );
}

/** A field has another type there (somebody else's template): such an index holds nothing that the query could mean. */
const OTHER_MAPPING = /^(?:query_shard_exception|illegal_argument_exception)$/;

/**
 * Lines of a shard that is away are not lines that are not there. Elasticsearch counts such shards without naming them; one
 * whose mapping does not fit the query is named, and has no say.
 * @throws DeadairError `unavailable`
 */
export function mustBeWhole(
  shards: { failed: number; failures?: { reason?: { type?: string; reason?: string | null } }[] } | undefined,
  index: string,
): void {
  const failures = shards?.failures ?? [];
  const unfit = failures.filter(({ reason }) => OTHER_MAPPING.test(reason?.type ?? ''));
  if (!shards || shards.failed <= unfit.length) return;
  const other = failures.find(failure => !unfit.includes(failure));
  throw itemError(other?.reason ?? { reason: `${shards.failed} shards are away` }, index, 'searching');
}
