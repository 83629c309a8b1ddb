import { IDS, PAGE_PLACEHOLDER } from '../../src/kibana/ids.js';
import { defined } from '../../src/platform/defined.js';
import { type SavedObject, savedObject, text } from '../saved-object.js';

interface View {
  title: string;
  name: string;
  /** Absent: the time picker does not touch it. */
  timeField?: string;
  labels?: Record<string, string>;
  formats?: Record<string, unknown>;
  runtime?: Record<string, unknown>;
}

const wholeNumber = { id: 'number', params: { pattern: '0' } };
const milliseconds = {
  id: 'duration',
  params: {
    inputFormat: 'milliseconds',
    outputFormat: 'humanizePrecise',
    outputPrecision: 1,
    useShortSuffix: true,
  },
};
const incidentLink = {
  id: 'url',
  params: { type: 'a', urlTemplate: `${PAGE_PLACEHOLDER}/?incident={{value}}`, labelTemplate: '{{value}}' },
};

/** Its value is Discover's state (store/elasticsearch/kibana-view.ts). */
const linesLink = {
  id: 'url',
  params: { type: 'a', urlTemplate: '../app/discover#/?{{rawValue}}', labelTemplate: 'its lines' },
};

const nanoseconds = {
  id: 'duration',
  params: {
    inputFormat: 'nanoseconds',
    outputFormat: 'humanizePrecise',
    outputPrecision: 1,
    useShortSuffix: true,
  },
};
const INCIDENT_LABELS = {
  'deadair.incident.kind': 'Kind',
  'deadair.incident.subjects': 'Agents',
  'deadair.incident.state': 'State',
  'deadair.incident.severity': 'Severity',
  'deadair.incident.lines': 'Lines',
  'deadair.incident.summary': 'What happened',
  'event.reason': 'What happened (text)',
};
const INCIDENT_FORMATS = {
  'deadair.incident.id': incidentLink,
  'deadair.incident.lines': linesLink,
  'event.duration': nanoseconds,
};

const VIEWS: Record<keyof typeof IDS.views, View> = {
  lines: {
    title: 'logs-deadair.lines-*',
    name: 'Deadair lines',
    timeField: '@timestamp',
    labels: {
      'deadair.class': 'Fault class',
      'deadair.skeleton': 'Kind of line',
      'labels.run': 'Run',
      'deadair.rule': 'Pattern (rule)',
      'deadair.offset': 'File offset',
      'deadair.delay_ms': 'Delay',
    },
    formats: {
      'deadair.offset': wholeNumber,
      'event.sequence': wholeNumber,
      'deadair.delay_ms': milliseconds,
    },
    runtime: {
      // From the line's own time to its arrival: an outage of the collector, or a wrong clock, shows here.
      'deadair.delay_ms': {
        type: 'long',
        script: {
          source:
            "if (doc['event.ingested'].size() > 0 && doc['@timestamp'].size() > 0) { emit(doc['event.ingested'].value.toInstant().toEpochMilli() - doc['@timestamp'].value.toInstant().toEpochMilli()) }",
        },
      },
    },
  },
  // As with agents: what has been open since yesterday must not leave the table of what is open.
  incidents: {
    title: 'deadair-incidents*',
    name: 'Deadair incidents (as they are now)',
    labels: { 'event.start': 'Began', ...INCIDENT_LABELS },
    formats: INCIDENT_FORMATS,
  },
  changes: {
    title: 'logs-deadair.incidents-*',
    name: 'Deadair incidents (each change)',
    timeField: '@timestamp',
    labels: INCIDENT_LABELS,
    formats: INCIDENT_FORMATS,
  },
  alerts: {
    title: 'logs-deadair.alerts-*',
    name: 'Deadair alerts (each change)',
    timeField: '@timestamp',
    labels: { 'deadair.alert.channel': 'Channel', 'deadair.alert.status': 'Delivery' },
    formats: { 'deadair.incident.id': incidentLink },
  },
  // One document an agent, and no time field: an agent that has been dead for a day must not leave the table.
  agents: {
    title: 'deadair-agents*',
    name: 'Deadair agents (as they are now)',
    labels: {
      'deadair.last_seen': 'Last sign of life',
      'deadair.lag_bytes': 'Not shipped yet',
      'deadair.incidents': 'Open incidents',
    },
    formats: {
      'deadair.lag_bytes': { id: 'bytes', params: { pattern: '0.0 b' } },
      'deadair.incidents': incidentLink,
    },
  },
};

export function views(): SavedObject[] {
  return Object.entries(VIEWS).map(([key, view]) =>
    savedObject('index-pattern', IDS.views[key as keyof typeof VIEWS], {
      // No error page before the first line is there.
      allowNoIndex: true,
      fieldAttrs: text(
        Object.fromEntries(
          Object.entries(view.labels ?? {}).map(([field, customLabel]) => [field, { customLabel }]),
        ),
      ),
      fieldFormatMap: text(view.formats ?? {}),
      fields: '[]',
      name: view.name,
      runtimeFieldMap: text(view.runtime ?? {}),
      sourceFilters: '[]',
      ...defined({ timeFieldName: view.timeField }),
      title: view.title,
      typeMeta: '{}',
    }),
  );
}
