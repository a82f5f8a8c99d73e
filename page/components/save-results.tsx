import { counted } from '../logic/format.ts';
import { csvOf, jsonOf } from '../logic/save-file.ts';
import { questionOf, type Search } from '../logic/search-state.ts';
import type { PictureAnswer } from '../source.ts';
import { Icon } from './icon.tsx';

interface Props {
  readonly search: Search;
  readonly answers: readonly PictureAnswer[];
}

/** Saves the answers that are shown as a file. */
export const SaveResults = ({ search, answers }: Props) => {
  const save = (kind: 'csv' | 'json'): void => {
    const text = kind === 'csv' ? csvOf(answers) : jsonOf(answers, questionOf(search));
    const type = kind === 'csv' ? 'text/csv;charset=utf-8' : 'application/json';
    const address = URL.createObjectURL(new Blob([text], { type }));
    const link = Object.assign(document.createElement('a'), { href: address, download: `answers.${kind}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };
  return (
    <fieldset class="save">
      <legend class="unseen">Save {counted(answers.length, 'answer')} as a file</legend>
      <Icon name="save" />
      {(['csv', 'json'] as const).map((kind) => (
        <button
          key={kind}
          type="button"
          class="plain"
          aria-label={`Save as ${kind.toUpperCase()}`}
          onClick={() => save(kind)}
        >
          {kind.toUpperCase()}
        </button>
      ))}
    </fieldset>
  );
};
