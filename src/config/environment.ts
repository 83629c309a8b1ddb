/**
 * The environment variables that are settings, and the setting each stands for. `list`: several values, separated by
 * commas. An empty variable counts as not set: that is how docker-compose passes one on that nobody gave.
 */
export const ENVIRONMENT: Record<string, { path: string; type?: 'number' | 'list' }> = {
  DEADAIR_DATA: { path: 'data' },
  DEADAIR_LISTEN: { path: 'server.listen' },
  DEADAIR_PORT: { path: 'server.port', type: 'number' },
  DEADAIR_TOKEN: { path: 'server.token' },
  DEADAIR_TOKEN_FILE: { path: 'server.tokenFile' },
  DEADAIR_WATCH: { path: 'collect.watch', type: 'list' },
  DEADAIR_AGENT: { path: 'collect.agent' },
  DEADAIR_HOST: { path: 'collect.host' },
  DEADAIR_TO: { path: 'collect.to' },
  DEADAIR_STORE: { path: 'store.kind' },
  DEADAIR_BACKUPS: { path: 'store.backups' },
  DEADAIR_ES_URL: { path: 'store.elasticsearch.nodes', type: 'list' },
  DEADAIR_ES_CLOUD_ID: { path: 'store.elasticsearch.cloudId' },
  DEADAIR_ES_API_KEY: { path: 'store.elasticsearch.apiKey' },
  DEADAIR_ES_API_KEY_FILE: { path: 'store.elasticsearch.apiKeyFile' },
  DEADAIR_ES_USERNAME: { path: 'store.elasticsearch.username' },
  DEADAIR_ES_PASSWORD: { path: 'store.elasticsearch.password' },
  DEADAIR_ES_PASSWORD_FILE: { path: 'store.elasticsearch.passwordFile' },
  DEADAIR_ES_CA_FILE: { path: 'store.elasticsearch.caFile' },
  DEADAIR_ES_CA_FINGERPRINT: { path: 'store.elasticsearch.caFingerprint' },
  DEADAIR_ES_SERVICES: { path: 'store.elasticsearch.services' },
  DEADAIR_ES_NAMESPACE: { path: 'store.elasticsearch.namespace' },
  DEADAIR_PAGE_URL: { path: 'alerts.pageUrl' },
  DEADAIR_KIBANA_URL: { path: 'alerts.kibana.url' },
  DEADAIR_LOG_LEVEL: { path: 'log.level' },
  DEADAIR_LOG_FORMAT: { path: 'log.format' },
};

/** Settings that the commands which run something (`up`, `serve`, `collect`, `pull`) take as flags too. */
export const FLAGS: Record<string, string> = {
  data: '--data',
  'server.port': '--port',
  'server.listen': '--listen',
  'collect.watch': '--watch',
  'collect.to': '--to',
  'collect.agent': '--agent',
  'collect.host': '--host',
  'collect.from': '--from',
  'collect.tokenFile': '--token-file',
};

/** Variables with our prefix that are no settings of deadair.yaml: of clients, of tests, of compose and the scripts. */
export const OTHER_VARIABLES = new Set([
  'DEADAIR_CONFIG',
  'DEADAIR_URL',
  'DEADAIR_DEBUG',
  'DEADAIR_IMAGE',
  'DEADAIR_LOGS',
  'DEADAIR_BIND',
  'DEADAIR_KIBANA_PASSWORD',
  'DEADAIR_KIBANA_API_KEY',
  'DEADAIR_ES_USER_PASSWORD',
  'DEADAIR_ES_LINES',
]);
