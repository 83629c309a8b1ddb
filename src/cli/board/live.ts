import { messageOf } from '../../platform/errors.js';
import type { DeadairClient } from '../client.js';
import { type BoardView, boardRows } from './board.js';
import { readBoard } from './data.js';
import { Screen } from './screen.js';

const EVERY_MS = 2000;

/** The board of `deadair watch`, until q or Ctrl-C. The first answer must come; later ones are waited for. */
export async function liveBoard(client: DeadairClient, { utc }: { utc: boolean }): Promise<void> {
  let data = await readBoard(client, undefined);
  let end = () => {};
  const ended = new Promise<void>(resolve => {
    end = resolve;
  });
  const view: BoardView = {
    utc,
    columns: 80,
    rows: 24,
    chosen: 0,
    below: 'incidents',
    incident: 0,
  };
  const draw = () =>
    screen.draw(boardRows(data, Object.assign(view, { columns: screen.columns, rows: screen.rows })));
  let reading = false;
  const refresh = async () => {
    if (reading) return;
    reading = true;
    const wanted = view.below === 'lines' ? data.lanes[view.chosen]?.name : undefined;
    try {
      data = await readBoard(client, wanted);
    } catch (thrown) {
      data = { ...data, now: Date.now(), away: `the service is away: ${messageOf(thrown)}` };
    }
    reading = false;
    draw();
  };
  const screen = new Screen(process.stdin, process.stdout, {
    key: name => {
      const last = Math.max(0, data.lanes.length - 1);
      if (name === 'q') return end();
      if (name === 'up') view.chosen = Math.max(0, view.chosen - 1);
      else if (name === 'down') view.chosen = Math.min(last, view.chosen + 1);
      else if (name === 'enter') view.below = view.below === 'lines' ? 'incidents' : 'lines';
      else if (name === 'escape') view.below = 'incidents';
      else if (name === 'i') {
        view.incident += view.below === 'incidents' ? 1 : 0;
        view.below = 'incidents';
      }
      if (view.below === 'lines') {
        data = { ...data, lines: [] };
        void refresh();
      }
      draw();
    },
    resize: () => draw(),
  });
  const timer = setInterval(() => void refresh(), EVERY_MS);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.once(signal, end);
  draw();
  await ended;
  clearInterval(timer);
  screen.close();
  process.exit(0);
}
