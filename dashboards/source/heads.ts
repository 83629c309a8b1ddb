import { IDS, PAGE_PLACEHOLDER } from '../../src/kibana/ids.js';
import { type SavedObject, savedObject, text } from '../saved-object.js';
import { tagReference } from './common.js';

function markdown(id: string, title: string, lines: readonly string[]): SavedObject {
  return savedObject(
    'visualization',
    id,
    {
      title: `Deadair: ${title}`,
      description: 'What to read, and where to go on',
      version: 1,
      uiStateJSON: '{}',
      kibanaSavedObjectMeta: { searchSourceJSON: '{}' },
      visState: text({
        title: '',
        type: 'markdown',
        aggs: [],
        params: { fontSize: 12, openLinksInNewTab: false, markdown: lines.join('\n') },
      }),
    },
    [tagReference],
  );
}

export const overviewHead = markdown('deadair-overview-head', 'how to read this', [
  '**Is something wrong?** _Open incidents_ say who failed and why; a red figure is somebody Deadair has lost.',
  '**Who failed first?** _First fault by agent_: the top row is the earliest. Whoever complains loudest is seldom the cause.',
  '**Who says nothing?** _Last sign of life_, the longest silent on top; the time picker does not touch it.',
  'Run, host, agent, level and class narrow the lines, and leave agents, incidents and alerts as they are. “its lines” opens an incident in Discover.',
  '',
  `[Deadair's page and post-mortem](${PAGE_PLACEHOLDER}/) · [one run](#/view/${IDS.runDashboard})`,
]);

export const runHead = markdown('deadair-run-head', 'how to read a run', [
  "Set the time to the run's (`deadair runs` and the page tell it; Deadair's links do it), then read from the top: **the first row is who failed first.**",
  'Incidents follow, then volume and faults over time, and every line, oldest first.',
  '',
  `[Deadair's page and post-mortem](${PAGE_PLACEHOLDER}/) · [what is going on now](#/view/${IDS.dashboard})`,
]);

export function heads(): SavedObject[] {
  return [overviewHead, runHead];
}
