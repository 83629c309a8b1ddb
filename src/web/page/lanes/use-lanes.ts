import { useEffect, useRef, useState } from 'preact/hooks';
import { client, isAbort } from '../api/client.js';
import type { Lanes, Query } from '../api/types.js';
import { app } from '../state/app.js';

const GOING_MS = 3000;
const QUIET_MS = 15_000;

export interface LanesState {
  lanes: Lanes | undefined;
  problem: string;
}

/** The lanes of a run or a time, fetched again while it goes on: soon after an incident changed, else every few seconds. */
export function useLanes(query: Query<'GET /v1/lanes'>, going: boolean): LanesState {
  const [state, setState] = useState<LanesState>({ lanes: undefined, problem: '' });
  const incidents = app.use(one => one.incidents);
  const lines = app.use(one => one.storeHead?.lines ?? 0);
  const tick = app.use(one => one.tick);
  const last = useRef({ at: 0, key: '', incidents, lines: -1 });
  const key = JSON.stringify(query);
  useEffect(() => {
    const { at, key: before, incidents: had, lines: read } = last.current;
    const age = Date.now() - at;
    const fresh = incidents !== had || lines !== read;
    if (
      key === before &&
      !(going && ((fresh && age >= GOING_MS) || age >= QUIET_MS)) &&
      !(incidents !== had && age >= 1000)
    )
      return;
    last.current = { at: Date.now(), key, incidents, lines };
    client.call('GET /v1/lanes', { query }).then(
      lanes => {
        if (last.current.key === key) setState({ lanes, problem: '' });
      },
      error => {
        if (!isAbort(error)) setState(old => ({ ...old, problem: (error as Error).message }));
      },
    );
  }, [key, tick, incidents]);
  return state;
}
