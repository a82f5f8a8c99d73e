import { render } from 'preact';
import { applyTheme } from '../state/theme.ts';
import { TrainPage } from './train-page.tsx';

applyTheme();
render(<TrainPage />, document.getElementById('page')!);
