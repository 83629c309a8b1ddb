import { useState } from 'preact/hooks';
import { countWords, plural } from '../../../wording/amount.js';
import { client } from '../api/client.js';
import type { LineRecord, Reply } from '../api/types.js';
import { say, sayError } from '../state/app.js';
import { Menu } from '../ui/menu.js';

type Meaning = LineRecord['deadair']['class'];
type Rule = Reply<'POST /v1/lines/label'>;

const MEANINGS: readonly [Meaning, string][] = [
  ['timeout', 'a timeout'],
  ['disconnect', 'a disconnect'],
  ['refused', 'a refused connection'],
  ['dns', 'a name that does not resolve'],
  ['tls', 'a TLS fault'],
  ['recovered', 'a recovery'],
  ['none', 'nothing of the kind'],
];

/** Says what a line means, where it was judged wrongly: shows the rule that makes, and keeps it when asked to. */
export function LabelLine({ record }: { record: LineRecord }) {
  const [everywhere, setEverywhere] = useState(false);
  const [shown, setShown] = useState<{ meaning: Meaning; rule: Rule }>();
  const [busy, setBusy] = useState(false);
  const judged = record.deadair.class;
  const body = (meaning: Meaning) => ({ id: record.event.id, class: meaning, everywhere });
  const work = (done: Promise<void>) => {
    setBusy(true);
    void done.catch(sayError).finally(() => setBusy(false));
  };
  const ask = (meaning: Meaning) =>
    work(
      client.call('POST /v1/lines/label', { body: body(meaning) }).then(rule => setShown({ meaning, rule })),
    );
  const keep = (meaning: Meaning) =>
    work(
      client.call('POST /v1/lines/label/keep', { body: body(meaning) }).then(({ rule }) => {
        setShown(undefined);
        say(`Kept as ${rule}: lines that come are judged so`);
      }),
    );
  return (
    <div class="label">
      <Menu
        label={judged === 'none' ? 'Say what it means' : `Not ${judged}?`}
        title="Make a rule of this line"
        class="quiet"
      >
        {close => (
          <>
            {MEANINGS.filter(([meaning]) => meaning !== judged).map(([meaning, words]) => (
              <button
                type="button"
                class="choice"
                key={meaning}
                onClick={() => {
                  close();
                  ask(meaning);
                }}
              >
                this is {words}
              </button>
            ))}
            <label class="choice">
              <input
                type="checkbox"
                checked={everywhere}
                onChange={event => setEverywhere(event.currentTarget.checked)}
              />{' '}
              in every program’s log
            </label>
          </>
        )}
      </Menu>
      {busy && <span class="label-busy">trying it on the lines of a day …</span>}
      {shown && !busy && (
        <section class="label-rule" aria-label="The rule">
          <p>
            <b>{shown.meaning}</b> for {shown.rule.program ?? 'every program'}:
          </p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
          <pre class="full" tabIndex={0}>
            {shown.rule.pattern}
          </pre>
          <Effect effect={shown.rule.effect} />
          <button type="button" class="primary" onClick={() => keep(shown.meaning)}>
            Keep the rule
          </button>{' '}
          <button type="button" class="secondary" onClick={() => setShown(undefined)}>
            Discard
          </button>
        </section>
      )}
    </div>
  );
}

/** What the rule would have changed. */
function Effect({ effect }: { effect: Rule['effect'] }) {
  const { lines, marked, silenced, marks, silent, added, removed } = effect;
  const examples = [...marks, ...silent].slice(0, 5);
  return (
    <>
      <p>
        Of {countWords(lines)} lines since yesterday it would decide {countWords(marked)}
        {silenced > 0 && ` and silence ${countWords(silenced)}`};{' '}
        {added.length + removed.length === 0
          ? 'incidents stay as they are.'
          : `${plural(added.length, 'incident')} more, ${plural(removed.length, 'incident')} less.`}
      </p>
      {examples.length > 0 && (
        <ul class="label-examples">
          {examples.map(({ id, agent, text }) => (
            <li key={id}>
              {agent}: {text}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
