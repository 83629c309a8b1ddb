export type SavedObjectType =
  | 'tag'
  | 'index-pattern'
  | 'query'
  | 'search'
  | 'lens'
  | 'visualization'
  | 'dashboard';

export interface Reference {
  id: string;
  name: string;
  type: SavedObjectType;
}

/** A line of the file Kibana imports. */
export interface SavedObject {
  attributes: Record<string, unknown>;
  coreMigrationVersion: string;
  id: string;
  managed: boolean;
  references: Reference[];
  type: SavedObjectType;
  typeMigrationVersion: string;
}

/** Last core migration; the same in every export since 8.8. */
export const CORE_VERSION = '8.8.0';

/**
 * The oldest form of each type that needs no migration older than 8.9. Kibana migrates older ones up and refuses newer ones
 * (document_migrator.ts), so these import into every Kibana from 8.9 on, 9.x too.
 */
export const TYPE_VERSIONS: Record<SavedObjectType, string> = {
  tag: '8.0.0',
  'index-pattern': '8.0.0',
  query: '8.0.0',
  search: '8.0.0',
  lens: '8.9.0',
  visualization: '8.0.0',
  dashboard: '8.9.0',
};

export function savedObject(
  type: SavedObjectType,
  id: string,
  attributes: Record<string, unknown>,
  references: Reference[] = [],
): SavedObject {
  return {
    attributes,
    coreMigrationVersion: CORE_VERSION,
    id,
    managed: false,
    references,
    type,
    typeMigrationVersion: TYPE_VERSIONS[type],
  };
}

/** Several attributes are JSON inside JSON. */
export const text = (value: unknown): string => JSON.stringify(value);

export const kuery = (query = ''): { language: 'kuery'; query: string } => ({ language: 'kuery', query });

export function toNdjson(objects: readonly SavedObject[]): string {
  return objects.map(object => `${JSON.stringify(object)}\n`).join('');
}
