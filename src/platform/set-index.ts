/** Several values under one key: a key without any is not there. */
export type SetIndex<K, V> = Map<K, Set<V>>;

export function addTo<K, V>(index: SetIndex<K, V>, key: K, value: V): void {
  const values = index.get(key);
  if (values) values.add(value);
  else index.set(key, new Set([value]));
}

export function removeFrom<K, V>(index: SetIndex<K, V>, key: K, value: V): void {
  const values = index.get(key);
  if (values?.delete(value) && values.size === 0) index.delete(key);
}
