import { defined } from '../platform/defined.js';
import type { Query } from './ast.js';

const ALL: Query = { kind: 'all' };
/** Matches no line. */
export const NOTHING: Query = { kind: 'not', part: ALL };

/**
 * The same query in its simplest form: nested and/or flattened, doubles and `all` removed, double negation undone. Stores
 * get this form.
 */
export function simplify(query: Query): Query {
  switch (query.kind) {
    case 'and':
      return simplifyList(query.parts, 'and');
    case 'or':
      return simplifyList(query.parts, 'or');
    case 'not': {
      const part = simplify(query.part);
      return part.kind === 'not' ? part.part : { kind: 'not', part };
    }
    case 'class':
      return query.classes.length === 0 ? NOTHING : query;
    case 'time':
      if (query.from === undefined && query.to === undefined) return ALL;
      return query.from !== undefined && query.to !== undefined && query.from >= query.to ? NOTHING : query;
    default:
      return query;
  }
}

function simplifyList(parts: Query[], kind: 'and' | 'or'): Query {
  const seen = new Map<string, Query>();
  const collect = (part: Query): void => {
    const simple = simplify(part);
    if (simple.kind === kind) for (const inner of simple.parts) seen.set(JSON.stringify(inner), inner);
    else seen.set(JSON.stringify(simple), simple);
  };
  for (const part of parts) collect(part);
  const [neutral, absorbing] = kind === 'and' ? [ALL, NOTHING] : [NOTHING, ALL];
  if (seen.has(JSON.stringify(absorbing))) return absorbing;
  seen.delete(JSON.stringify(neutral));
  const rest = [...seen.values()];
  if (rest.length === 0) return neutral;
  return rest.length === 1 ? rest[0]! : { kind, parts: rest };
}

/** The query's parts that hold for every line found: itself, or the parts of its outermost `and`. */
function conjuncts(query: Query): Query[] {
  return query.kind === 'and' ? query.parts : [query];
}

/**
 * Takes the time bounds that hold for every line out of a query, so that a store can choose what to read.
 * @returns the rest of the query, and event time [from, to)
 */
export function splitTime(query: Query): { query: Query; from?: number; to?: number } {
  const simple = simplify(query);
  let from: number | undefined;
  let to: number | undefined;
  const rest: Query[] = [];
  for (const part of conjuncts(simple)) {
    if (part.kind !== 'time') {
      rest.push(part);
      continue;
    }
    if (part.from !== undefined) from = Math.max(from ?? part.from, part.from);
    if (part.to !== undefined) to = Math.min(to ?? part.to, part.to);
  }
  return {
    query: simplify({ kind: 'and', parts: rest }),
    ...defined({ from, to }),
  };
}

/** Replaces every leaf by what `change` returns for it. */
export function mapLeaves(query: Query, change: (leaf: Query) => Query): Query {
  switch (query.kind) {
    case 'and':
    case 'or':
      return { kind: query.kind, parts: query.parts.map(part => mapLeaves(part, change)) };
    case 'not':
      return { kind: 'not', part: mapLeaves(query.part, change) };
    default:
      return change(query);
  }
}
