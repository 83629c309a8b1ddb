import { useEffect, useState } from 'preact/hooks';
import { countWords, sizeWords } from '../../../wording/amount.js';
import { fullTime } from '../../../wording/time.js';
import { client, isAbort } from '../api/client.js';
import type { ContextPage, LineRecord } from '../api/types.js';
import { app, change, sayError, useStyle } from '../state/app.js';
import { noFilters } from '../state/view.js';
import { copy, QuietButton } from '../ui/common.js';
import { Icon } from '../ui/icons.js';
import { openKibana } from '../ui/kibana.js';
import { LabelLine } from './label.js';
import { excluding, fieldTerm, requiring } from './query-edit.js';
import { Cells, timeOf } from './row.js';
import { LineText, plainText } from './text.js';

const CONTEXT_STEP = 8;
const CONTEXT_MOST = 400;
/** Longer lines are for the download, not for the eye. */
const MOST_FULL = 100_000;

/** What opens under a line: what to do with it, its text in full, its fields, and its file around it. */
export function LineDetail({ record: shown }: { record: LineRecord }) {
  const [span, setSpan] = useState<[number, number]>([CONTEXT_STEP, CONTEXT_STEP]);
  const [page, setPage] = useState<ContextPage>();
  const [problem, setProblem] = useState('');
  const id = shown.event.id;
  useEffect(() => {
    const stop = new AbortController();
    client
      .call('GET /v1/context', { query: { id, before: span[0], after: span[1] }, signal: stop.signal })
      .then(setPage, error => {
        if (!isAbort(error)) setProblem((error as Error).message);
      });
    return () => stop.abort();
  }, [id, span]);
  // The list has long lines cut; the context brings them whole.
  const record = page?.records[page.at] ?? shown;
  const json = prettyJson(record.message);
  return (
    <div class="detail">
      <Actions record={record} />
      <LabelLine record={record} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <pre class="full" tabIndex={0} role="region" aria-label="The whole line">
        {json ?? <LineText raw={record.deadair.raw.slice(0, MOST_FULL)} prefix full />}
      </pre>
      <div class="detail-columns">
        <section>
          <h2>In its file</h2>
          {problem !== '' && <p class="problem">{problem}</p>}
          <Context page={page} span={span} setSpan={setSpan} />
        </section>
        <section>
          <h2>Fields</h2>
          <Fields record={record} />
        </section>
      </div>
    </div>
  );
}

/** The message laid out, where it is JSON. */
function prettyJson(message: string): string | undefined {
  if (!/^\s*[[{]/.test(message) || message.length > MOST_FULL) return undefined;
  try {
    return JSON.stringify(JSON.parse(message), null, 2);
  } catch {
    return undefined;
  }
}

function Actions({ record }: { record: LineRecord }) {
  const kibana = app.use(state => state.service?.kibana ?? false);
  const time = timeOf(record);
  const around = (ms: number) => ({
    ...noFilters,
    from: new Date(time - ms).toISOString(),
    to: new Date(time + ms).toISOString(),
    order: 'oldest' as const,
    line: record.event.id,
  });
  const inKibana = (show: 'surrounding' | 'file') => () => {
    const query = new URLSearchParams({ id: record.event.id, at: record['@timestamp'], show });
    openKibana(`/v1/kibana/line?${query}`);
  };
  return (
    <div class="detail-actions">
      <QuietButton
        icon="clock"
        title="Every line of every agent, 5 s before to 5 s after"
        onClick={() => change(around(5000))}
      >
        All hosts at this moment
      </QuietButton>
      <QuietButton
        icon="file"
        title={record.log.file.path}
        onClick={() =>
          change({ q: `path:"${record.log.file.path}"`, agents: [record.agent.id], line: record.event.id })
        }
      >
        This file only
      </QuietButton>
      <QuietButton icon="link" title="The address of this line" onClick={() => copy(location.href, 'Link')}>
        Copy link
      </QuietButton>
      <QuietButton
        icon="copy"
        title="The text without colours"
        onClick={() => copy(plainText(record.deadair.raw), 'Line')}
      >
        Copy line
      </QuietButton>
      <QuietButton
        icon="terminal"
        title="The same on the command line"
        onClick={() => copy(`deadair context ${record.event.id}`, 'Command')}
      >
        Copy command
      </QuietButton>
      {kibana && (
        <QuietButton
          icon="link"
          title="What everybody wrote around this line"
          onClick={inKibana('surrounding')}
        >
          Kibana: around it
        </QuietButton>
      )}
      {kibana && (
        <QuietButton
          icon="link"
          title="The file around this line, in its own order"
          onClick={inKibana('file')}
        >
          Kibana: its file
        </QuietButton>
      )}
    </div>
  );
}

function Context(props: {
  page: ContextPage | undefined;
  span: [number, number];
  setSpan: (span: [number, number]) => void;
}) {
  const { page, span, setSpan } = props;
  const style = useStyle();
  if (!page) return <div class="context context-loading" />;
  const [before, after] = span;
  const look = {
    columns: ['time', 'level'] as const,
    times: style.utc ? ('utc' as const) : ('local' as const),
    patterns: none,
  };
  const more = (up: boolean) => {
    const has = up ? page.at >= before : page.records.length - 1 - page.at >= after;
    const most = (up ? before : after) >= CONTEXT_MOST;
    if (!has || most)
      return <p class="context-edge">{most ? '' : up ? 'start of file' : 'newest line of this file'}</p>;
    const step = 4 * CONTEXT_STEP;
    return (
      <button
        type="button"
        class="context-more"
        onClick={() =>
          setSpan(
            up
              ? [Math.min(CONTEXT_MOST, before + step), after]
              : [before, Math.min(CONTEXT_MOST, after + step)],
          )
        }
      >
        <Icon name={up ? 'up' : 'down'} />
        {up ? 'earlier lines' : 'later lines'}
      </button>
    );
  };
  return (
    <div class="context">
      {more(true)}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <div class="context-lines" tabIndex={0} role="region" aria-label="Lines around it">
        {page.records.map((line, i) => (
          <div
            key={line.event.id}
            class={i === page.at ? 'line here' : 'line'}
            aria-current={i === page.at ? 'true' : undefined}
          >
            <Cells record={line} look={look} earlier={undefined} origin={undefined} />
          </div>
        ))}
      </div>
      {more(false)}
    </div>
  );
}

const none = { query: undefined, mark: undefined };

/** Everything known of the line; what makes sense as a filter can be asked for (+) and left out (−). */
function Fields({ record }: { record: LineRecord }) {
  const style = useStyle();
  const { deadair } = record;
  const [own, setOwn] = useState<[string, string][]>([]);
  useEffect(() => {
    const stop = new AbortController();
    client.call('GET /v1/fields', { query: { id: record.event.id }, signal: stop.signal }).then(
      reply => setOwn(reply.fields.map(one => [one.name, one.value])),
      error => {
        if (!isAbort(error)) sayError(error);
      },
    );
    return () => stop.abort();
  }, [record.event.id]);
  const rows: [string, string | undefined, (string | undefined)?][] = [
    [
      '@timestamp',
      `${fullTime(timeOf(record), style)}${deadair.timeKind === 'own' ? '' : ` · ${deadair.timeKind}`}`,
    ],
    ['agent.id', record.agent.id, fieldTerm('agent', record.agent.id)],
    ['host.name', record.host.name, fieldTerm('host', record.host.name)],
    ['log.file.path', record.log.file.path, fieldTerm('path', record.log.file.path)],
    ['log.level', record.log.level, record.log.level && fieldTerm('level', record.log.level)],
    [
      'deadair.class',
      deadair.class === 'none' ? undefined : deadair.class,
      fieldTerm('class', deadair.class),
    ],
    ['deadair.rule', deadair.rule, deadair.rule && fieldTerm('rule', deadair.rule)],
    ['deadair.event', deadair.event, deadair.event && fieldTerm('event', deadair.event)],
    ...own.map(([name, value]): [string, string, string] => [name, value, fieldTerm(name, value)]),
    ['event.created', fullTime(Date.parse(record.event.created), style)],
    ['event.ingested', fullTime(Date.parse(record.event.ingested), style)],
    ['deadair.offset', `${countWords(deadair.offset)} (byte)`],
    ['deadair.flags', deadair.flags?.join(', ') || undefined],
    ['event.id', record.event.id],
    ['size', sizeWords(deadair.length)],
  ];
  return (
    <dl class="fields">
      {rows
        .filter(([, value]) => value !== undefined)
        .map(([name, value, term]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <span>{value}</span>
              {term && <PlusMinus term={term} />}
            </dd>
          </div>
        ))}
    </dl>
  );
}

/** Asks for a term, or leaves it out. */
export function PlusMinus({ term }: { term: string }) {
  const q = app.use(state => state.view.q);
  return (
    <span class="plus-minus">
      <button
        type="button"
        class="tiny"
        title={`Only ${term}`}
        aria-label={`Only ${term}`}
        onClick={() => change({ tab: 'lines', q: requiring(q, term), line: '' })}
      >
        +
      </button>
      <button
        type="button"
        class="tiny"
        title={`Not ${term}`}
        aria-label={`Not ${term}`}
        onClick={() => change({ tab: 'lines', q: excluding(q, term), line: '' })}
      >
        −
      </button>
    </span>
  );
}
