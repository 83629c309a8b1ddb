/**
 * Every error a person or a client can meet: a stable code, a sentence that says what to do, and the setting
 * or file concerned. The HTTP status and the CLI's exit status follow from the code, in one place.
 */
export const ERROR_CODES = {
  // wrong use: exit status 2, HTTP 4xx
  'config.invalid': { http: 400, exit: 2 },
  'config.unreadable': { http: 400, exit: 2 },
  'usage.invalid': { http: 400, exit: 2 },
  'query.invalid': { http: 400, exit: 2 },
  'rules.invalid': { http: 400, exit: 2 },
  'request.invalid': { http: 400, exit: 2 },
  'request.version': { http: 400, exit: 2 },
  'request.encoding': { http: 415, exit: 2 },
  'request.too-large': { http: 413, exit: 2 },
  'auth.missing': { http: 401, exit: 2 },
  'auth.wrong': { http: 403, exit: 2 },
  'capsule.damaged': { http: 400, exit: 1 },
  'capsule.version': { http: 400, exit: 1 },
  'capsule.too-large': { http: 413, exit: 2 },
  'not-found': { http: 404, exit: 2 },
  conflict: { http: 409, exit: 1 },
  // trouble: exit status 1, HTTP 5xx or 429
  busy: { http: 429, exit: 1 },
  unavailable: { http: 503, exit: 1 },
  'store.full': { http: 507, exit: 1 },
  'store.read-only': { http: 503, exit: 1 },
  'store.gone': { http: 503, exit: 1 },
  'store.locked': { http: 503, exit: 1 },
  'store.damaged': { http: 500, exit: 1 },
  'store.version': { http: 500, exit: 1 },
  'watch.unreadable': { http: 500, exit: 1 },
  'port.taken': { http: 500, exit: 1 },
  'query.timeout': { http: 503, exit: 1 },
  'remote.failed': { http: 502, exit: 1 },
  internal: { http: 500, exit: 1 },
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

  /** 1 failed, 2 wrong use (DESIGN: exit codes). */
  get exitStatus(): number {
    return ERROR_CODES[this.code].exit;
  }

  /** The form errors take in HTTP replies and with `--json`. */
  toJSON(): { error: { code: ErrorCode; message: string; subject?: string; column?: number } } {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.subject === undefined ? {} : { subject: this.subject }),
        ...(this.column === undefined ? {} : { column: this.column }),
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
