/**
 * The floors, ground floor first; ARCHITECTURE.md shows the same. A folder imports from floors below its own and from
 * itself, never from beside or above; types count like code. `src/web/page` is the browser's and imports from itself alone.
 */
export const FLOORS: readonly (readonly string[])[] = [
  ['platform'],
  ['wire', 'safe-regex'],
  ['model'],
  ['records', 'runs', 'wording'],
  ['detect', 'query', 'skeletons'],
  ['store', 'http'],
  ['access', 'agents', 'ingest', 'kibana', 'templates', 'probe', 'collectors'],
  ['incidents', 'alerts', 'report', 'web', 'dashboards'],
  ['backtest', 'capsule', 'config', 'demo'],
  ['service'],
  ['cli'],
];
