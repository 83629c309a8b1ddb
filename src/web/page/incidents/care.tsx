import { useState } from 'preact/hooks';
import { agoWords } from '../../../wording/duration.js';
import { client } from '../api/client.js';
import type { Incident } from '../api/types.js';
import { app, prefer, say, sayError, useNow } from '../state/app.js';

import { Menu } from '../ui/menu.js';

const SILENCES: [number, string][] = [
  [30, '30 minutes'],
  [120, '2 hours'],
  [480, '8 hours'],
  [1440, 'a day'],
];

/** Who is looking; asked for once. */
function useName(): string {
  return app.use(state => state.preferences.name) || 'somebody';
}

/** Says that somebody looks at it, closes it by hand, and keeps its alerts quiet for a while. */
export function CareActions({ incident }: { incident: Incident }) {
  const by = useName();
  const now = useNow();
  const { care } = incident;
  const path = { id: incident.id };
  const done = (work: Promise<unknown>, text: string) => void work.then(() => say(text), sayError);
  return (
    <div class="care">
      {care.acknowledged ? (
        <span class="care-seen">
          Seen by {care.acknowledged.by} {agoWords(now - Date.parse(care.acknowledged.at))}
        </span>
      ) : (
        <button
          type="button"
          class="secondary"
          onClick={() =>
            done(client.call('POST /v1/incidents/{id}/acknowledge', { path, body: { by } }), 'Acknowledged')
          }
        >
          Acknowledge
        </button>
      )}
      {incident.resolvedAt === null && (
        <button
          type="button"
          class="secondary"
          title="It is over, whatever the logs say; the next fault opens a new one"
          onClick={() => done(client.call('POST /v1/incidents/{id}/close', { path, body: { by } }), 'Closed')}
        >
          Close
        </button>
      )}
      <Menu label="Silence" title="Hold its alerts" icon="mute">
        {close => (
          <>
            {SILENCES.map(([minutes, text]) => (
              <button
                type="button"
                class="choice"
                key={minutes}
                onClick={() => {
                  close();
                  done(
                    client.call('POST /v1/alerts/silences', {
                      body: {
                        match: { agents: incident.subjects },
                        minutes,
                        by,
                        comment: `from incident ${incident.id}`,
                      },
                    }),
                    `Alerts about ${incident.subjects.join(', ')} are held for ${text}`,
                  );
                }}
              >
                for {text}
              </button>
            ))}
          </>
        )}
      </Menu>
      <label class="care-name">
        as{' '}
        <input
          value={app.get().preferences.name}
          placeholder="your name"
          maxlength={60}
          onChange={event => prefer({ name: event.currentTarget.value.trim() })}
        />
      </label>
    </div>
  );
}

/** What people wrote on it. */
export function CareNotes({ incident }: { incident: Incident }) {
  const by = useName();
  const now = useNow();
  const [text, setText] = useState('');
  return (
    <section class="notes">
      <h2>Notes</h2>
      {incident.care.notes.length === 0 && (
        <p class="hint">None yet. They stay with the incident, for everybody.</p>
      )}
      <ul>
        {incident.care.notes.map(note => (
          <li key={note.at}>
            <b>{note.by}</b> <span class="since">{agoWords(now - Date.parse(note.at))}</span>
            <p>{note.text}</p>
          </li>
        ))}
      </ul>
      <form
        onSubmit={event => {
          event.preventDefault();
          if (text.trim() === '') return;
          client
            .call('POST /v1/incidents/{id}/notes', {
              path: { id: incident.id },
              body: { by, text: text.trim() },
            })
            .then(() => setText(''), sayError);
        }}
      >
        <label class="sr" for="note">
          A note on this incident
        </label>
        <textarea
          id="note"
          rows={2}
          maxlength={4000}
          value={text}
          placeholder="what you found, what you did"
          onInput={event => setText(event.currentTarget.value)}
        />
        <button type="submit" class="secondary">
          Add note
        </button>
      </form>
    </section>
  );
}
