import { useEffect, useState } from 'preact/hooks';
import { client, isAbort } from '../api/client.js';
import type { ContextPage, Evidence } from '../api/types.js';
import { parseLine, withoutPrefix } from '../lines/ansi.js';
import { Cells } from '../lines/row.js';
import { change, useStyle } from '../state/app.js';
import { AgentName, Time } from '../ui/common.js';
import { Icon } from '../ui/icons.js';

const AROUND = 5;

export function EvidenceList({
  items,
  nothing,
  openFirst,
}: {
  items: readonly Evidence[];
  nothing: string;
  openFirst?: boolean;
}) {
  if (items.length === 0) return <p class="hint">{nothing}</p>;
  const first = openFirst
    ? (items.find(one => one.record !== undefined && one.role === 'cause') ??
      items.find(one => one.record !== undefined))
    : undefined;
  return (
    <ol class="evidence">
      {items.map(item => (
        <EvidenceItem
          key={item.record ?? `${item.at} ${item.by} ${item.text}`}
          item={item}
          near={items[0]!.at}
          open={item === first}
        />
      ))}
    </ol>
  );
}

/** One line of evidence; what stands around it in its file unfolds in place. */
function EvidenceItem({ item, near, open: opened }: { item: Evidence; near: string; open: boolean }) {
  const style = useStyle();
  const [open, setOpen] = useState(opened);
  const text = withoutPrefix(parseLine(item.text))
    .map(segment => segment.text)
    .join('');
  const body = (
    <>
      <Time at={item.at} style={style} near={Date.parse(near)} />
      <AgentName name={item.by} />
      <span class={`evidence-text role-${item.role}`}>{text}</span>
    </>
  );
  if (item.record === undefined)
    return (
      <li>
        <div class="evidence-item">{body}</div>
      </li>
    );
  return (
    <li>
      <button
        type="button"
        class="evidence-item"
        aria-expanded={open}
        title="What stands around it in its file"
        onClick={() => setOpen(!open)}
      >
        {body}
        <Icon name="chevron" />
      </button>
      {open && <Around record={item.record} agent={item.by} at={item.at} />}
    </li>
  );
}

function Around({ record, agent, at }: { record: string; agent: string; at: string }) {
  const style = useStyle();
  const [page, setPage] = useState<ContextPage>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const stop = new AbortController();
    client
      .call('GET /v1/context', { query: { id: record, before: AROUND, after: AROUND }, signal: stop.signal })
      .then(setPage, error => {
        if (!isAbort(error)) setProblem((error as Error).message);
      });
    return () => stop.abort();
  }, [record]);
  const look = {
    columns: ['time', 'level'] as const,
    times: style.utc ? ('utc' as const) : ('local' as const),
    patterns: { query: undefined, mark: undefined },
  };
  const time = Date.parse(at);
  return (
    <div class="around">
      {problem !== '' && <p class="problem">{problem}</p>}
      {page?.records.map((line, i) => (
        <div key={line.event.id} class={i === page.at ? 'line here' : 'line'}>
          <Cells record={line} look={look} earlier={undefined} origin={undefined} />
        </div>
      ))}
      <button
        type="button"
        class="link around-more"
        onClick={() =>
          change({
            tab: 'lines',
            q: '',
            agents: [agent],
            level: '',
            classes: [],
            from: new Date(time - 60_000).toISOString(),
            to: new Date(time + 60_000).toISOString(),
            order: 'oldest',
            line: record,
          })
        }
      >
        in its lines
      </button>
    </div>
  );
}
