import { percent } from '../logic/format.ts';
import { isOpen, type Search } from '../logic/search-state.ts';
import type { About, Asked } from '../source.ts';
import type { ChangeSearch } from '../state/use-search.ts';

/** No picture is as probable as the cut; one click shows the surest ones. */
export const NoAnswers = ({
  asked,
  atLeast,
  change,
}: {
  readonly asked: Asked;
  readonly atLeast: number;
  readonly change: ChangeSearch;
}) => {
  const surest = Math.max(0, ...asked.answers.map(({ probability }) => probability));
  const lower = Math.max(0, Math.floor(100 * surest - 5) / 100);
  return (
    <section class="note">
      <h2>No picture is that sure</h2>
      <p>
        None {asked.answer === undefined ? 'is sure' : `answers ${asked.answer}`} above {percent(atLeast)}. The surest
        is {percent(surest)}.
      </p>
      <button type="button" class="button strong" onClick={() => change({ atLeast: lower }, 'within')}>
        Show those above {percent(lower)}
      </button>
    </section>
  );
};

/** There is no picture, at all or behind these filters. */
export const NoPictures = ({
  about,
  search,
  change,
}: {
  readonly about: About;
  readonly search: Search;
  readonly change: ChangeSearch;
}) => {
  if (about.pictures > 0 && !isOpen(search.filter))
    return (
      <section class="note">
        <h2>No picture is from then and there</h2>
        <p class="quiet">The filters let none through.</p>
        <button type="button" class="button strong" onClick={() => change({ filter: {} })}>
          Clear filters
        </button>
      </section>
    );
  return (
    <section class="note">
      <h2>No pictures yet</h2>
      <p class="quiet">
        {about.canAdd
          ? 'Drop some here, or choose them with the button above. They can be asked at once.'
          : 'Encode a folder with dide cache, and start dide serve with it.'}
      </p>
    </section>
  );
};
