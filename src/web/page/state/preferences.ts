export const TIME_MODES = ['local', 'utc', 'relative', 'delta'] as const;
export type TimeMode = (typeof TIME_MODES)[number];
export const COLUMNS = ['time', 'agent', 'host', 'file', 'level'] as const;
export type Column = (typeof COLUMNS)[number];

/** How this person likes the page; kept in the browser, not in the address. */
export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  /** `relative`: to the first line shown; `delta`: to the line before. */
  times: TimeMode;
  wrap: boolean;
  /** Stack traces and repeats as one row. */
  fold: boolean;
  columns: Column[];
  facets: boolean;
  /** Newest first. */
  history: string[];
  saved: { name: string; address: string }[];
  /** Who acknowledges and writes notes. */
  name: string;
}

const KEY = 'deadair.preferences';
const usual: Preferences = {
  theme: 'system',
  times: 'local',
  wrap: false,
  fold: true,
  columns: ['time', 'agent', 'level'],
  facets: true,
  history: [],
  saved: [],
  name: '',
};

export function loadPreferences(): Preferences {
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>) };
  } catch {
    return { ...usual };
  }
}

export function savePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // A browser that keeps nothing for this page shows it all the same.
  }
}

/** Brings theme and wrapping onto the page; the style sheet does the rest. */
export function applyPreferences(preferences: Preferences): void {
  const root = document.documentElement;
  if (preferences.theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = preferences.theme;
  root.dataset.wrap = String(preferences.wrap);
}
