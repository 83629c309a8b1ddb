import { IDS } from '../src/kibana/ids.js';

/** A rule or connector under an id of ours, as Kibana's alerting API takes it. */
export interface AlertingObject {
  path: string;
  create: Record<string, unknown>;
  /** Kind and consumer of a rule can't be changed later. */
  update: Record<string, unknown>;
}

/** Where rules write what they found; basic Kibana can deliver nowhere else but to its own log. */
const RULE_INDEX = 'deadair-kibana-rules';
const CONNECTOR = 'deadair-rules-index';

interface Rule {
  id: string;
  name: string;
  message: string;
  params: Record<string, unknown>;
}

/** Looks at what was true in the last two minutes, once a minute: that is Kibana's practical floor. */
const common = { searchType: 'esQuery', size: 100, timeWindowUnit: 'm', aggType: 'count', groupBy: 'all' };
const query = (filter: object[]) => JSON.stringify({ query: { bool: { filter } } });

const RULES: Rule[] = [
  {
    id: 'deadair-rule-itself',
    name: 'Deadair itself is silent',
    message:
      'Deadair has not looked at its agents for five minutes: is it running? No other alert comes while it is down.',
    params: {
      ...common,
      index: ['deadair-agents*'],
      // Refreshed for every agent whether it lives or not; silence of this field is silence of Deadair.
      timeField: 'deadair.checked_at',
      esQuery: query([{ exists: { field: 'deadair.checked_at' } }]),
      timeWindowSize: 5,
      threshold: [1],
      thresholdComparator: '<',
      excludeHitsFromPreviousRun: false,
    },
  },
  {
    id: 'deadair-rule-silent-agent',
    name: 'Deadair: an agent is silent',
    message:
      'At least one agent has shown no sign of life for two minutes; see the dashboard “Deadair – run overview”.',
    params: {
      ...common,
      index: ['deadair-agents*'],
      timeField: 'deadair.checked_at',
      esQuery: JSON.stringify({
        query: {
          bool: {
            filter: [{ range: { 'deadair.last_seen': { lt: 'now-2m' } } }],
            must_not: [{ terms: { 'deadair.state': ['stopped', 'unknown'] } }],
          },
        },
      }),
      timeWindowSize: 5,
      threshold: [0],
      thresholdComparator: '>',
      excludeHitsFromPreviousRun: false,
    },
  },
  {
    id: 'deadair-rule-incident',
    name: 'Deadair: an incident was opened',
    message: 'Deadair opened an incident; see the session “Deadair: incidents”.',
    params: {
      ...common,
      index: ['deadair-incidents*'],
      // When it was opened: a change of an open one is nothing new.
      timeField: 'event.created',
      esQuery: query([{ exists: { field: 'deadair.incident.id' } }]),
      timeWindowSize: 2,
      threshold: [0],
      thresholdComparator: '>',
      excludeHitsFromPreviousRun: true,
    },
  },
];

/**
 * Rules for Kibana's own alerting, as far as the free licence goes: they write into an index. Deadair's alerts do not need them; the
 * first one is what Deadair can't do itself, since it tells that Deadair is down.
 */
export function alertingObjects(): AlertingObject[] {
  const connector = {
    name: 'Deadair: findings of the rules',
    config: { index: RULE_INDEX, refresh: true, executionTimeField: '@timestamp' },
    secrets: {},
  };
  return [
    {
      path: `/api/actions/connector/${CONNECTOR}`,
      create: { ...connector, connector_type_id: '.index' },
      update: connector,
    },
    ...RULES.map(({ id, name, message, params }) => {
      const rule = {
        name,
        tags: ['Deadair'],
        schedule: { interval: '1m' },
        params,
        actions: [
          {
            id: CONNECTOR,
            group: 'query matched',
            params: {
              documents: [
                { rule: id, message, at: '{{date}}', dashboard: IDS.dashboard, value: '{{context.value}}' },
              ],
            },
            frequency: { summary: false, notify_when: 'onActionGroupChange', throttle: null },
          },
        ],
      };
      return {
        path: `/api/alerting/rule/${id}`,
        create: { ...rule, rule_type_id: '.es-query', consumer: 'stackAlerts' },
        update: rule,
      };
    }),
  ];
}
