import { useState } from 'preact/hooks';
import { chosenTheme, nextTheme } from '../state/theme.ts';
import { Icon } from './icon.tsx';

const names = { system: 'as the system', light: 'light', dark: 'dark' } as const;

/** Changes between the colours of the system, light and dark ones. */
export const ThemeButton = () => {
  const [theme, setTheme] = useState(chosenTheme());
  const label = `Colours: ${names[theme]}`;
  return (
    <button type="button" class="plain" title={label} aria-label={label} onClick={() => setTheme(nextTheme())}>
      <Icon name={theme} />
    </button>
  );
};
