import { plural } from '../../../wording/amount.js';
import { agoWords } from '../../../wording/duration.js';
import type { IncidentHead } from '../api/types.js';
import { app, change, useNow } from '../state/app.js';
import { AgentName, kindText } from '../ui/common.js';

const MOST_SHOWN = 3;
const MOST_NAMES = 4;

export interface IncidentGroup {
  key: string;
  kind: string;
  cause: string | null;
  severity: IncidentHead['severity'];
  incidents: IncidentHead[];
}

const RANK = { critical: 0, warning: 1, info: 2 } as const;

/** Open incidents of one kind and cause together: eight network faults are one line. The worst and newest first. */
function grouped(incidents: readonly IncidentHead[]): IncidentGroup[] {
  const groups = new Map<string, IncidentGroup>();
  for (const one of incidents) {
    const key = `${one.kind} ${one.cause ?? ''}`;
    const group = groups.get(key);
    if (!group)
      groups.set(key, { key, kind: one.kind, cause: one.cause, severity: one.severity, incidents: [one] });
    else {
      group.incidents.push(one);
      if (RANK[one.severity] < RANK[group.severity]) group.severity = one.severity;
    }
  }
  return [...groups.values()].sort(
    (a, b) =>
      RANK[a.severity] - RANK[b.severity] || (a.incidents[0]!.openedAt < b.incidents[0]!.openedAt ? 1 : -1),
  );
}

/** What is open, on every view: a line each, the rest behind one link. */
export function IncidentStrip() {
  const incidents = app.use(state => state.incidents);
  const chosen = app.use(state => (state.view.tab === 'incidents' ? state.view.incident : ''));
  const open = incidents.filter(one => one.resolvedAt === null);
  if (open.length === 0) return null;
  const groups = grouped(open);
  const rest = groups.slice(MOST_SHOWN).reduce((sum, group) => sum + group.incidents.length, 0);
  return (
    <section class="strip" aria-label="Open incidents">
      {groups.slice(0, MOST_SHOWN).map(group => (
        <StripLine key={group.key} group={group} chosen={chosen} />
      ))}
      {rest > 0 && (
        <button
          type="button"
          class="strip-rest link"
          onClick={() => change({ tab: 'incidents', incident: '' })}
        >
          {plural(rest, 'more open incident')}
        </button>
      )}
    </section>
  );
}

function StripLine({ group, chosen }: { group: IncidentGroup; chosen: string }) {
  const now = useNow();
  const [first] = group.incidents as [IncidentHead, ...IncidentHead[]];
  const names = [...new Set(group.incidents.flatMap(one => one.subjects))];
  const seen = group.incidents.every(one => one.acknowledged !== null);
  const one = group.incidents.length === 1;
  return (
    <button
      type="button"
      class={`strip-line severity-${group.severity} ${seen ? 'acknowledged' : ''}`}
      data-incident={first.id}
      data-kind={group.kind}
      aria-current={first.id === chosen ? 'true' : undefined}
      onClick={() => change({ tab: 'incidents', incident: one ? first.id : '', line: '' })}
    >
      <b class="strip-kind">
        {kindText(group.kind)}
        {!one && ` ×${group.incidents.length}`}
      </b>
      <span class="strip-names">
        {names.slice(0, MOST_NAMES).map(name => (
          <AgentName key={name} name={name} />
        ))}
        {names.length > MOST_NAMES && `+${names.length - MOST_NAMES}`}
      </span>
      <span class="strip-text">{one ? first.explanation : (group.cause ?? '').replaceAll('-', ' ')}</span>
      {seen && <span class="badge">seen by {first.acknowledged?.by}</span>}
      <span class="strip-since">{agoWords(now - Date.parse(first.startedAt))}</span>
    </button>
  );
}
