import type { Query } from './ast.js';
import { compileRegex } from './regex.js';

/** Whether a query costs much by the line: an expression that only the slow engine takes, or that nothing can be looked up for. */
export function isDear(query: Query): boolean {
  switch (query.kind) {
    case 'and':
    case 'or':
      return query.parts.some(isDear);
    case 'not':
      return isDear(query.part);
    case 'regex': {
      const { slow, literals } = compileRegex(query.source, query.ignoreCase);
      return slow || literals === undefined;
    }
    default:
      return false;
  }
}
