/** 16×16 stroke icons; the paths are all there is to them. */
const ICONS = {
  close: 'M4 4l8 8M12 4l-8 8',
  link: 'M6.5 9.5l3-3M7 4.5l1-1a3 3 0 014.2 4.2l-1.2 1M9 11.5l-1 1A3 3 0 013.8 8.3l1.2-1',
  copy: 'M5.5 5.5h7v8h-7zM3.5 10.5v-8h7',
  up: 'M8 12.5v-9M4 7l4-4 4 4',
  down: 'M8 3.5v9M4 9l4 4 4-4',
  chevron: 'M6 4l4 4-4 4',
  caret: 'M4 6l4 4 4-4',
  pin: 'M6 2.5h4l-.5 4 2.5 2.5h-8l2.5-2.5zM8 9v4.5',
  clock: 'M8 4.5V8l2.5 1.5M14 8A6 6 0 112 8a6 6 0 0112 0z',
  file: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
  search: 'M7 11.5a4.5 4.5 0 110-9 4.5 4.5 0 010 9zM10.5 10.5l3 3',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5l7 4.5-7 4.5z',
  sun: 'M8 11a3 3 0 100-6 3 3 0 000 6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  wrap: 'M2.5 4h11M2.5 8h8.5a2.25 2.25 0 010 4.5H8M9.5 10.5l-2 2 2 2M2.5 12h2',
  help: 'M6 6.2a2 2 0 113 1.6c-.7.4-1 .8-1 1.6M8 11.6v.2M14 8A6 6 0 112 8a6 6 0 0112 0z',
  download: 'M8 2.5v8M4.5 7L8 10.5 11.5 7M3 13.5h10',
  star: 'M8 2.5l1.7 3.6 3.8.5-2.8 2.7.7 3.9L8 11.3l-3.4 1.9.7-3.9-2.8-2.7 3.8-.5z',
  columns: 'M2.5 3.5h11v9h-11zM6.2 3.5v9M9.8 3.5v9',
  fold: 'M3 3.5h10M3 12.5h10M8 5.5v5M6 7l2-1.5L10 7M6 9l2 1.5L10 9',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  bell: 'M8 2.5a3.5 3.5 0 00-3.5 3.5c0 3.5-1.5 4.5-1.5 4.5h10S11.500 9.500 11.500 6A3.500 3.500 0 008 2.500zM6.800 12.800a1.300 1.300 0 002.400 0',
  mute: 'M8 2.5a3.5 3.5 0 00-3.5 3.5c0 3.5-1.5 4.5-1.5 4.5h10S11.500 9.500 11.500 6A3.500 3.500 0 008 2.500zM2.500 2.500l11 11',
  note: 'M3 3h10v7l-3 3H3zM10 13v-3h3M5.500 6h5M5.500 8.500h3',
  terminal: 'M2.500 3.500h11v9h-11zM4.800 6.300l2 1.700-2 1.700M8.200 10h3',
  beside: 'M2.500 3.500h4.500v9H2.500zM9 3.500h4.500v9H9z',
  filter: 'M2.500 3.500h11L9.500 8.500v4l-3-1.500v-2.500z',
  leave: 'M9 2.500H3.500v11H9M6.500 8H14M11 5l3 3-3 3',
} as const;

export type IconName = keyof typeof ICONS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg viewBox="0 0 16 16" class="icon" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}
