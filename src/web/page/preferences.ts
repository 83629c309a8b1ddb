/** How this person likes the page; kept in the browser, not in the address. */
export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  utc: boolean;
  wrap: boolean;
}

const KEY = 'deadair.preferences';
const usual: Preferences = { theme: 'system', utc: false, wrap: false };

export function loadPreferences(): Preferences {
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>) };
  } catch {
    return { ...usual };
  }
}

export function savePreferences(preferences: Preferences): void {
  localStorage.setItem(KEY, JSON.stringify(preferences));
}

/** Brings theme and wrapping onto the page; the style sheet does the rest. */
export function applyPreferences(preferences: Preferences): void {
  const root = document.documentElement;
  if (preferences.theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = preferences.theme;
  root.dataset.wrap = String(preferences.wrap);
}
