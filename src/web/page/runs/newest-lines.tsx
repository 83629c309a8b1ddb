import { useEffect, useMemo, useState } from 'preact/hooks';
import { client } from '../api/client.js';
import { LineList } from '../lines/list.js';
import { LineModel } from '../lines/model.js';
import { change } from '../state/app.js';
import { initialView } from '../state/view.js';

/** What the hosts write now, under their lanes. */
export function NewestLines({ from, to }: { from: string; to: string }) {
  const [, draw] = useState(0);
  const model = useMemo(() => new LineModel(client, () => draw(n => n + 1)), []);
  useEffect(() => model.show({ ...initialView, from, to }), [from, to]);
  useEffect(() => () => model.close(), []);
  const { flood } = model.state;
  return (
    <section class="newest" aria-label="Newest lines">
      <header>
        <h2>{to === '' ? 'Newest lines' : 'Last lines'}</h2>
        {flood && <span class="hint">{flood.perSecond} lines/s, the newest of them</span>}
        <button type="button" class="link" onClick={() => change({ ...initialView, tab: 'lines', from, to })}>
          search and filter
        </button>
      </header>
      <div class="lines-frame">
        <LineList model={model} empty={<p class="hint">No line yet.</p>} />
      </div>
    </section>
  );
}
