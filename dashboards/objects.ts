import { IDS } from '../src/kibana/ids.js';
import { type SavedObject, savedObject } from './saved-object.js';
import { heads } from './source/heads.js';
import { dashboards } from './source/overview.js';
import { panels } from './source/panels.js';
import { queries } from './source/queries.js';
import { sessions } from './source/sessions.js';
import { views } from './source/views.js';

/** Everything Deadair puts into Kibana, each object before those that refer to it. */
export function allObjects(): SavedObject[] {
  const tag = savedObject('tag', IDS.tag, {
    color: '#6092C0',
    description: 'Brought by Deadair; importing again replaces it',
    name: 'Deadair',
  });
  return [tag, ...views(), ...queries(), ...sessions(), ...panels(), ...heads(), ...dashboards()];
}
