import { Controls, DashboardOptions, IgnoreSettings, Panels, SearchSource } from './attributes.js';
import type { ObjectCheck } from './check.js';

interface DashboardAttributes {
  panelsJSON: string;
  optionsJSON: string;
  timeRestore: boolean;
  timeFrom?: string;
  timeTo?: string;
  kibanaSavedObjectMeta: { searchSourceJSON: string };
  controlGroupInput?: { panelsJSON: string; ignoreParentSettingsJSON: string };
}

const WIDTH = 48;

/** A dashboard: panels on the grid without overlap, each by reference; controls on fields their data view has. */
export function checkDashboard(check: ObjectCheck): void {
  const attributes = check.object.attributes as unknown as DashboardAttributes;
  check.parsed('optionsJSON', attributes.optionsJSON, DashboardOptions);
  const source = check.parsed(
    'searchSourceJSON',
    attributes.kibanaSavedObjectMeta.searchSourceJSON,
    SearchSource,
  );
  if (source && 'query' in source.query) check.query(source.query.query, undefined);
  else if (source) check.fail('its query is not KQL');
  if (attributes.timeRestore && !(attributes.timeFrom && attributes.timeTo))
    check.fail('timeRestore wants timeFrom and timeTo');
  const panels = check.parsed('panelsJSON', attributes.panelsJSON, Panels) ?? [];
  panels.forEach((panel, at) => {
    const { gridData: grid, panelIndex } = panel;
    if (grid.i !== panelIndex) check.fail(`panel ${panelIndex}: gridData.i is ${grid.i}`);
    if (grid.x + grid.w > WIDTH) check.fail(`panel ${panelIndex} goes beyond the ${WIDTH} columns`);
    for (const { gridData: other, panelIndex: name } of panels.slice(0, at)) {
      if (name === panelIndex) check.fail(`two panels are called ${panelIndex}`);
      const apart =
        grid.x >= other.x + other.w ||
        other.x >= grid.x + grid.w ||
        grid.y >= other.y + other.h ||
        other.y >= grid.y + grid.h;
      if (!apart) check.fail(`the panels ${name} and ${panelIndex} overlap`);
    }
    if (panel.panelRefName !== `panel_${panelIndex}`)
      check.fail(`panel ${panelIndex}: panelRefName is ${panel.panelRefName}`);
    check.reference(`${panelIndex}:${panel.panelRefName}`, panel.type);
  });
  const group = attributes.controlGroupInput;
  if (!group) return;
  check.parsed('ignoreParentSettingsJSON', group.ignoreParentSettingsJSON, IgnoreSettings);
  const controls = Object.entries(
    check.parsed('controlGroupInput.panelsJSON', group.panelsJSON, Controls) ?? {},
  );
  if (new Set(controls.map(([, { order }]) => order)).size !== controls.length)
    check.fail('two controls have the same order');
  for (const [id, { explicitInput }] of controls) {
    if (explicitInput.id !== id) check.fail(`the control ${id} calls itself ${explicitInput.id}`);
    const fields = check.fields(check.reference(`controlGroup_${id}:optionsListDataView`, 'index-pattern'));
    if (fields && !fields.get(explicitInput.fieldName)?.aggregatable)
      check.fail(`the control ${id} lists ${explicitInput.fieldName}, which can't be listed`);
  }
}
