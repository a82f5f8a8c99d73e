/** Colours of the page: those of the system unless somebody chose. */
export type Theme = 'system' | 'light' | 'dark';

const NAME = 'dide-theme';
const themes: readonly Theme[] = ['system', 'light', 'dark'];

/** The colours that were chosen. */
export const chosenTheme = (): Theme => {
  const kept = localStorage.getItem(NAME) as Theme | null;
  return kept !== null && themes.includes(kept) ? kept : 'system';
};

/** Shows the page in the colours that were chosen. */
export const applyTheme = (): void => {
  const theme = chosenTheme();
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
};

/** Chooses the next colours: system, light, dark. */
export const nextTheme = (): Theme => {
  const next = themes[(themes.indexOf(chosenTheme()) + 1) % themes.length]!;
  localStorage.setItem(NAME, next);
  applyTheme();
  return next;
};
