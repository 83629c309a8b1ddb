import { DeadairError } from '../platform/errors.js';

/** @param index place in the query (0-based); the error's column counts from 1 */
export function queryError(message: string, index: number): DeadairError {
  return new DeadairError('query.invalid', `${message} (column ${index + 1})`, {
    subject: 'query',
    column: index + 1,
  });
}

/**
 * The query with a caret below the wrong place, for terminals:
 * ```
 *   levle>=warn timeout
 *   ^
 * ```
 */
export function caretHelp(query: string, error: DeadairError): string {
  if (error.column === undefined) return '';
  const before = Array.from(query.slice(0, error.column - 1), char => (char === '\t' ? '\t' : ' ')).join('');
  return `  ${query.replace(/[\r\n]/g, ' ')}\n  ${before}^`;
}
