import { render } from 'preact';
import { App } from './components/app.tsx';
import { applyTheme } from './state/theme.ts';

applyTheme();
render(<App />, document.getElementById('page')!);
