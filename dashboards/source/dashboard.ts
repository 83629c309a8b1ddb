import { IDS } from '../../src/kibana/ids.js';
import { kuery, type Reference, type SavedObject, savedObject, text } from '../saved-object.js';
import { tagReference, viewReference } from './common.js';

/** Where an object stands on Kibana's grid, which is 48 wide. */
export interface Placed {
  id: string;
  type: 'lens' | 'search' | 'visualization';
  x: number;
  y: number;
  w: number;
  h: number;
}

/** They narrow lines: panels of agents, incidents and alerts stand apart from them (lens.ts), whose views lack most of these fields. */
const CONTROLS = [
  { id: 'control-run', field: 'labels.run', title: 'Run' },
  { id: 'control-host', field: 'host.name', title: 'Host' },
  { id: 'control-agent', field: 'agent.id', title: 'Agent' },
  { id: 'control-level', field: 'log.level', title: 'Level' },
  { id: 'control-class', field: 'deadair.class', title: 'Fault class' },
];

/** All panels are by reference: each object is then migrated by its own type. */
export function dashboard(about: {
  id: string;
  title: string;
  description: string;
  layout: readonly Placed[];
  /** Its own span, and how often it is drawn anew, ms; absent: the reader's span, drawn when the reader says so. */
  live?: { from: string; refresh: number };
}): SavedObject {
  const { layout, live } = about;
  const references: Reference[] = [
    ...layout.map(({ id, type }) => ({ id, name: `${panelIndex(id)}:panel_${panelIndex(id)}`, type })),
    ...CONTROLS.map(({ id }) => viewReference(`controlGroup_${id}:optionsListDataView`, IDS.views.lines)),
    tagReference,
  ];
  return savedObject(
    'dashboard',
    about.id,
    {
      title: about.title,
      description: about.description,
      version: 1,
      kibanaSavedObjectMeta: { searchSourceJSON: text({ filter: [], query: kuery() }) },
      optionsJSON: text({
        hidePanelTitles: false,
        syncColors: true,
        syncCursor: true,
        syncTooltips: false,
        useMargins: true,
      }),
      ...(live
        ? {
            timeRestore: true,
            timeFrom: live.from,
            timeTo: 'now',
            refreshInterval: { pause: false, value: live.refresh },
          }
        : { timeRestore: false }),
      controlGroupInput: {
        chainingSystem: 'HIERARCHICAL',
        controlStyle: 'oneLine',
        ignoreParentSettingsJSON: text({
          ignoreFilters: false,
          ignoreQuery: false,
          ignoreTimerange: false,
          ignoreValidations: false,
        }),
        panelsJSON: text(
          Object.fromEntries(
            CONTROLS.map(({ id, field, title }, order) => [
              id,
              {
                explicitInput: { enhancements: {}, fieldName: field, id, selectedOptions: [], title },
                grow: true,
                order,
                type: 'optionsListControl',
                width: 'small',
              },
            ]),
          ),
        ),
      },
      panelsJSON: text(
        layout.map(({ id, type, x, y, w, h }) => ({
          version: '8.9.0',
          type,
          gridData: { x, y, w, h, i: panelIndex(id) },
          panelIndex: panelIndex(id),
          embeddableConfig: { enhancements: {} },
          panelRefName: `panel_${panelIndex(id)}`,
        })),
      ),
    },
    references,
  );
}

function panelIndex(id: string): string {
  return `panel-${id.replace('deadair-', '')}`;
}
