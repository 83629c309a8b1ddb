import type { SavedObject } from '../../dashboards/saved-object.js';
import { lensRequests } from './requests.js';

const WIDTH = 60;

interface Drawn {
  title: string;
  visualizationType: string;
  state: {
    visualization: {
      sorting?: { columnId: string; direction: 'asc' | 'desc' };
      layers?: { xAccessor: string; splitAccessor?: string }[];
    };
  };
}

/** A chart as letters, as Lens would draw it of the rows of its layers (requests.ts): tables in their order, bars, or one figure. */
export function drawing(lens: SavedObject, layers: readonly (readonly string[])[]): string {
  return layers.map((rows, at) => layerDrawing(lens, rows, at)).join('');
}

function layerDrawing(lens: SavedObject, rows: readonly string[], at: number): string {
  const { title: chart, visualizationType, state } = lens.attributes as unknown as Drawn;
  const title = at === 0 ? chart : `${chart}: over it`;
  const request = lensRequests(lens)[at]!;
  const columns = [...request.buckets, ...request.figures];
  const cells = rows.map(row => {
    const parts = row.split('|');
    // A text may hold the separator itself: what is too much belongs to it.
    while (parts.length > columns.length) parts.splice(1, 2, parts.slice(1, 3).join('|'));
    return parts;
  });
  const shown = (at: number, cell: string) =>
    cell !== '' && columns[at]!.column.dataType === 'date' ? new Date(Number(cell)).toISOString() : cell;
  if (visualizationType === 'lnsMetric')
    return heading(title, [`${cells[0]![0]}  ${columns[0]!.column.label}`]);
  if (visualizationType === 'lnsXY') {
    const { xAccessor, splitAccessor } = state.visualization.layers![at]!;
    const x = columns.findIndex(({ id }) => id === xAccessor);
    const split = columns.findIndex(({ id }) => id === splitAccessor);
    const figure = columns.length - 1;
    const bars = new Map<string, [string, number][]>();
    for (const row of cells) {
      const key = shown(x, row[x]!);
      bars.set(key, [...(bars.get(key) ?? []), [row[split] ?? '', Number(row[figure])]]);
    }
    const most = Math.max(...[...bars.values()].map(parts => parts.reduce((sum, [, n]) => sum + n, 0)));
    return heading(
      title,
      [...bars].map(([key, parts]) => {
        const bar = parts.map(([name, n]) => (name[0] ?? '#').repeat(Math.ceil((n * WIDTH) / most))).join('');
        return `${key.padEnd(24)} ${bar}  ${parts.map(([name, n]) => `${name} ${n}`).join(', ')}`;
      }),
    );
  }
  const { columnId, direction } = state.visualization.sorting!;
  const by = columns.findIndex(({ id }) => id === columnId);
  const sorted = cells.toSorted((a, b) => Number(a[by]) - Number(b[by]) || 0);
  if (direction === 'desc') sorted.reverse();
  return heading(title, [
    columns.map(({ column }) => column.label).join(' │ '),
    ...sorted.map(row => row.map((cell, at) => shown(at, cell)).join(' │ ')),
  ]);
}

function heading(title: string, lines: readonly string[]): string {
  return `\n══ ${title}\n${lines.map(line => line.slice(0, 200)).join('\n')}\n`;
}
