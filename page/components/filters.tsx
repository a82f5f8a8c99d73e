import { useState } from 'preact/hooks';
import { counted } from '../logic/format.ts';
import { isOpen, type Search } from '../logic/search-state.ts';
import type { About } from '../source.ts';
import type { ChangeSearch } from '../state/use-search.ts';

interface Props {
  readonly about: About;
  readonly search: Search;
  readonly change: ChangeSearch;
}

/** Which pictures are asked at all: collection, folder, first and last day; and whether near-duplicates are shown. */
export const Filters = ({ about, search, change }: Props) => {
  const { filter } = search;
  const [isUnfolded, setIsUnfolded] = useState(false);
  const by = (part: Search['filter']): void => change({ filter: { ...filter, ...part } });
  const [first, last] = [about.dates?.first.slice(0, 10), about.dates?.last.slice(0, 10)];
  return (
    <fieldset class={isUnfolded ? 'filters unfolded' : 'filters'}>
      <legend class="unseen">Filters</legend>
      <button
        type="button"
        class="button only-phone"
        aria-expanded={isUnfolded}
        onClick={() => setIsUnfolded(!isUnfolded)}
      >
        Filters{isOpen(filter) ? '' : ' (on)'}
      </button>
      {about.collections.length > 1 && (
        <label class="field">
          Collection
          <select
            value={about.collection}
            onChange={(event) => change({ collection: event.currentTarget.value, filter: {}, open: undefined })}
          >
            {about.collections.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      {about.folders.length > 0 && (
        <label class="field">
          Folder
          <select
            value={filter.folder ?? ''}
            onChange={(event) => by({ folder: event.currentTarget.value || undefined })}
          >
            <option value="">all folders</option>
            {about.folders.map(({ path, pictures }) => (
              <option key={path} value={path}>
                {path} ({counted(pictures, 'picture')})
              </option>
            ))}
          </select>
        </label>
      )}
      {first !== undefined && first !== last && (
        <>
          <label class="field">
            From
            <input
              type="date"
              min={first}
              max={last}
              value={filter.from ?? ''}
              onChange={(event) => by({ from: event.currentTarget.value || undefined })}
            />
          </label>
          <label class="field">
            To
            <input
              type="date"
              min={first}
              max={last}
              value={filter.to ?? ''}
              onChange={(event) => by({ to: event.currentTarget.value || undefined })}
            />
          </label>
        </>
      )}
      {search.question !== '' && (
        <label class="check">
          <input
            type="checkbox"
            checked={search.groups}
            onChange={(event) => change({ groups: event.currentTarget.checked })}
          />
          Hide near-duplicates
        </label>
      )}
      {!isOpen(filter) && (
        <button type="button" class="plain" onClick={() => change({ filter: {} })}>
          Clear filters
        </button>
      )}
    </fieldset>
  );
};
