import { useState } from 'preact/hooks';
import { app } from '../state/app.js';
import { type Completion, complete } from './complete.js';

/** What the query box offers below it: completions while one types, the past queries by arrow key. */
export function useOffers(fields: readonly string[], history: readonly string[]) {
  const agents = app.use(state => state.agents);
  const runs = app.use(state => state.runs);
  const [offers, setOffers] = useState<Completion[]>([]);
  const [chosen, setChosen] = useState(-1);
  const offer = (value: string, at: number) => {
    setOffers(
      complete(value, at, {
        agents: agents.map(one => one.id),
        hosts: [...new Set(agents.map(one => one.host))],
        runs: runs.map(one => one.name),
        fields,
        history,
      }),
    );
    setChosen(-1);
  };
  const close = () => {
    setOffers([]);
    setChosen(-1);
  };
  const keys = (event: KeyboardEvent, take: (one: Completion) => void) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const list = offers.length > 0 ? offers : past(history);
      if (offers.length === 0) setOffers(list);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen(Math.max(-1, Math.min(list.length - 1, chosen + step)));
    } else if (event.key === 'Escape' && offers.length > 0) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if ((event.key === 'Enter' || event.key === 'Tab') && chosen >= 0 && offers[chosen]) {
      event.preventDefault();
      take(offers[chosen]);
    }
  };
  return { offers, chosen, offer, close, keys };
}

function past(history: readonly string[]): Completion[] {
  return history
    .slice(0, 10)
    .map(text => ({ label: text, says: '', text, cursor: text.length, whole: true }));
}
