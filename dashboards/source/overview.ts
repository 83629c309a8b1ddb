import { IDS } from '../../src/kibana/ids.js';
import { kuery, type Reference, type SavedObject, savedObject, text } from '../saved-object.js';
import { tagReference, viewReference } from './common.js';
import { faultsByAgent, faultsOverTime, firstFaults, lastSign, topPatterns, volume } from './panels.js';

/** Kibana's grid is 48 wide. All panels are by reference: each object is then migrated by its own type. */
const LAYOUT: { id: string; type: 'lens' | 'search'; x: number; y: number; w: number; h: number }[] = [
  { id: IDS.sessions.open, type: 'search', x: 0, y: 0, w: 24, h: 11 },
  { id: lastSign.id, type: 'lens', x: 24, y: 0, w: 24, h: 11 },
  { id: firstFaults.id, type: 'lens', x: 0, y: 11, w: 48, h: 10 },
  { id: faultsOverTime.id, type: 'lens', x: 0, y: 21, w: 32, h: 11 },
  { id: faultsByAgent.id, type: 'lens', x: 32, y: 21, w: 16, h: 11 },
  { id: IDS.sessions.incidents, type: 'search', x: 0, y: 32, w: 24, h: 12 },
  { id: IDS.sessions.alerts, type: 'search', x: 24, y: 32, w: 24, h: 12 },
  { id: volume.id, type: 'lens', x: 0, y: 44, w: 32, h: 11 },
  { id: topPatterns.id, type: 'lens', x: 32, y: 44, w: 16, h: 11 },
  { id: IDS.sessions.faults, type: 'search', x: 0, y: 55, w: 48, h: 18 },
];

/** Only fields that every view has: a control on another one would empty the tables of agents and incidents. */
const CONTROLS = [{ id: 'control-agent', field: 'agent.id', title: 'Agent' }];

export function overview(): SavedObject {
  const references: Reference[] = [
    ...LAYOUT.map(({ id, type }) => ({ id, name: `${panelIndex(id)}:panel_${panelIndex(id)}`, type })),
    ...CONTROLS.map(({ id }) => viewReference(`controlGroup_${id}:optionsListDataView`, IDS.views.lines)),
    tagReference,
  ];
  return savedObject(
    'dashboard',
    IDS.dashboard,
    {
      title: 'Deadair – run overview',
      description: 'Who is alive, what is wrong, what the logs say of it',
      version: 1,
      kibanaSavedObjectMeta: { searchSourceJSON: text({ filter: [], query: kuery() }) },
      optionsJSON: text({
        hidePanelTitles: false,
        syncColors: true,
        syncCursor: true,
        syncTooltips: false,
        useMargins: true,
      }),
      timeRestore: true,
      timeFrom: 'now-3h',
      timeTo: 'now',
      refreshInterval: { pause: false, value: 30_000 },
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
                width: 'medium',
              },
            ]),
          ),
        ),
      },
      panelsJSON: text(
        LAYOUT.map(({ id, type, x, y, w, h }) => ({
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
