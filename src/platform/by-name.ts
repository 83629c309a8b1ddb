declare const byNameMark: unique symbol;

/**
 * A table whose keys are names from outside (hosts, agents, sources), where it has to be JSON: checkpoints. It has no prototype, so
 * that a host called `__proto__` or `constructor` is a key like any other. The mark, which exists for the compiler alone, keeps a
 * plain object from being taken for one. Where nothing has to be saved, use a Map.
 */
export type ByName<T> = Record<string, T> & { readonly [byNameMark]: true };

/** @param saved what JSON.parse gave, or an earlier table: copied */
export function byName<T>(saved?: Readonly<Record<string, T>>): ByName<T> {
  return Object.assign(Object.create(null) as ByName<T>, saved);
}
