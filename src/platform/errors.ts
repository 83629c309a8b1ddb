import { defined } from './defined.js';

/** @param means for docs/reference/errors.md: when it arises, and what to do where that is always the same */
function code(http: number, exit: 1 | 2, means: string): { http: number; exit: 1 | 2; means: string } {
  return { http, exit, means };
}

/**
 * Every error a person or a client can meet: a stable code, a sentence that says what to do, and the setting
 * or file concerned. The HTTP status and the CLI's exit status follow from the code, in one place.
 */
export const ERROR_CODES = {
  // wrong use: exit status 2, HTTP 4xx
  'config.invalid': code(400, 2, 'A setting is wrong: the message names the setting and where it was given.'),
  'config.unreadable': code(400, 2, "The settings file, a pack or a secret's file can't be read."),
  'usage.invalid': code(400, 2, 'A command, flag or value of the command line is wrong.'),
  'query.invalid': code(400, 2, 'The text of a query, rule or time span is wrong; `column` says where.'),
  'rules.invalid': code(400, 2, 'A rule pack is wrong: the message names the rule and the place in it.'),
  'request.invalid': code(400, 2, "A request's body or parameter is wrong; `subject` names it."),
  'request.version': code(400, 2, 'Collector and service speak other versions of the protocol.'),
  'request.encoding': code(415, 2, 'A content type or encoding is not known here.'),
  'request.too-large': code(413, 2, 'A request is larger than the limit.'),
  'auth.missing': code(401, 2, 'No token came, and the service asks for one.'),
  'auth.wrong': code(403, 2, "The token is not this service's, was revoked or is over."),
  'auth.scope': code(403, 2, 'The token may not do this, or not for this host or agent.'),
  'request.cross-site': code(403, 2, 'A web page of another site asked.'),
  'request.timeout': code(408, 1, 'A request did not come whole in time.'),
  'capsule.damaged': code(400, 1, 'An archive is incomplete or was changed.'),
  'capsule.version': code(400, 1, 'An archive was made by a newer Deadair.'),
  'capsule.too-large': code(413, 2, 'An archive is beyond the limits of what is taken in.'),
  'not-found': code(404, 2, 'What was asked for (run, incident, line, path) is not there.'),
  conflict: code(
    409,
    1,
    "It can't be done as things stand now: it is so already, or somebody else was quicker.",
  ),
  // trouble: exit status 1, HTTP 5xx or 429
  busy: code(429, 1, 'More comes in than can be taken just now; come back after Retry-After.'),
  'names.too-many': code(
    429,
    1,
    'A sender brings more hosts, agents, logs or runs than are kept; those who were there go on.',
  ),
  unavailable: code(503, 1, 'Who can answer is not there: the service stops, starts, or another one leads.'),
  'store.full': code(
    507,
    1,
    'There is no room for more lines; make room or lower retention. Collectors keep theirs.',
  ),
  'store.read-only': code(503, 1, "The store can't be written: rights, or a medium that is read-only."),
  'store.gone': code(
    503,
    1,
    "The store's files were moved or deleted under the service; stop it, put them back.",
  ),
  'store.locked': code(503, 1, 'Another process has the store open.'),
  'store.damaged': code(500, 1, 'A part of the store is broken; `deadair store check` says which.'),
  'store.version': code(500, 1, 'The store was written by a newer Deadair.'),
  'limits.open-files': code(
    500,
    1,
    'The process may open too few files at once to work at all (`ulimit -n`).',
  ),
  'watch.unreadable': code(500, 1, "A directory that is to be followed can't be read or made."),
  'port.taken': code(500, 1, 'Another program listens at the port.'),
  'query.timeout': code(408, 1, 'A search took longer than it may; narrow it by time, agent or run.'),
  'remote.failed': code(
    502,
    1,
    'Another service (Elasticsearch, Kibana, a receiver of alerts, ssh) refused or did not answer.',
  ),
  internal: code(500, 1, "A fault of Deadair's own; its log has the particulars."),
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** The setting (`alerts.channels[0].url`), file or request field concerned. */
  subject?: string;
  /** Seconds a client should wait before it tries again (HTTP Retry-After). */
  retryAfterSeconds?: number;
  /** Column in the text (1-based), where the text of a query or rule is wrong. */
  column?: number;
  cause?: unknown;
}

export class DeadairError extends Error {
  readonly code: ErrorCode;
  readonly subject: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly column: number | undefined;

  /** @param message one sentence: what is wrong and what to do about it */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'DeadairError';
    this.code = code;
    this.subject = details.subject;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.column = details.column;
  }

  get httpStatus(): number {
    return ERROR_CODES[this.code].http;
  }

  /** 1 failed, 2 wrong use (docs/reference/errors.md). */
  get exitStatus(): number {
    return ERROR_CODES[this.code].exit;
  }

  /** The form errors take in HTTP replies and with `--json`. */
  toJSON(): { error: { code: ErrorCode; message: string; subject?: string; column?: number } } {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...defined({ subject: this.subject, column: this.column }),
      },
    };
  }
}

/** Wraps what was thrown as an `internal` error unless it already is one of ours. */
export function asDeadairError(thrown: unknown): DeadairError {
  if (thrown instanceof DeadairError) return thrown;
  return new DeadairError('internal', messageOf(thrown), { cause: thrown });
}

/** What was thrown, in one line for a message or log: an Error's own words, else whatever it is. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** With the place it was thrown at, for the log of a fault of ours. */
export function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
