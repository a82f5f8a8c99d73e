import { counted, grouped, percent } from '../logic/format.ts';
import { barHeights } from '../logic/results.ts';
import type { Search } from '../logic/search-state.ts';
import type { About, Asked } from '../source.ts';
import type { ChangeSearch } from '../state/use-search.ts';

interface Props {
  readonly about: About;
  readonly asked: Asked;
  readonly search: Search;
  readonly change: ChangeSearch;
  readonly atLeast: number;
  /** Pictures that are at least so probable. */
  readonly shown: number;
}

/**
 * The sentence that says which pictures are shown, with its answer and its order to choose, and the slider that cuts at a
 * probability, over the number of pictures at each probability.
 */
export const Cut = ({ about, asked, search, change, atLeast, shown }: Props) => {
  const isScored = about.does === 'searches';
  return (
    <section class="cut" aria-label="Which answers are shown">
      <p class="sentence">
        <span>
          <strong>{grouped(shown)}</strong> of {counted(asked.asked, 'picture')}
        </span>{' '}
        {isScored ? (
          <span>by how well they fit</span>
        ) : (
          <>
            <AnswerChoice {...{ about, asked, search, change }} />{' '}
            <span>
              above <output class="p">{percent(atLeast)}</output>
            </span>
          </>
        )}
        <span class="comma">, </span>
        <OrderChoice search={search} change={change} isScored={isScored} />
      </p>
      {!isScored && <Slider {...{ asked, change, atLeast, shown }} />}
    </section>
  );
};

const AnswerChoice = ({ about, asked, search, change }: Omit<Props, 'atLeast' | 'shown'>) => {
  const judgements = ['entailment', 'neutral', 'contradiction'];
  const answers = about.does === 'judges' ? judgements : about.answers;
  const chosen = search.answer === null ? '' : (search.answer ?? asked.answer ?? '');
  const onChange = (value: string): void => change({ answer: value === '' ? null : value, atLeast: undefined });
  return (
    <label>
      {chosen === '' ? 'are sure of' : about.does === 'judges' ? 'are judged' : 'answer'}{' '}
      <select class="inline" value={chosen} onChange={(event) => onChange(event.currentTarget.value)}>
        {about.does === 'answers' && <option value="">their own answer</option>}
        {answers.map((answer) => (
          <option key={answer} value={answer}>
            {answer}
          </option>
        ))}
      </select>
    </label>
  );
};

const OrderChoice = ({
  search,
  change,
  isScored,
}: Pick<Props, 'search' | 'change'> & { readonly isScored: boolean }) => (
  <label>
    <span class="unseen">Order</span>
    <select
      class="inline"
      value={search.sort}
      onChange={(event) => change({ sort: event.currentTarget.value as Search['sort'] })}
    >
      <option value="probability">{isScored ? 'the best first' : 'the surest first'}</option>
      <option value="date">the newest first</option>
      <option value="path">by name</option>
    </select>
  </label>
);

const Slider = ({ asked, change, atLeast, shown }: Pick<Props, 'asked' | 'change' | 'atLeast' | 'shown'>) => {
  const { histogram } = asked;
  return (
    <div class="slider">
      <div class="bars" aria-hidden="true">
        {barHeights(histogram).map((height, i) => (
          <div
            key={i}
            class={(i + 1) / histogram.length > atLeast + 1e-9 ? 'in' : 'out'}
            style={{ height: `${height === 0 ? 0 : Math.max(4, 100 * height)}%` }}
          />
        ))}
      </div>
      <input
        type="range"
        min="0"
        max="1"
        step="0.01"
        aria-label="Least probability"
        aria-valuetext={`${percent(atLeast)}: ${counted(shown, 'picture')}`}
        value={atLeast}
        onInput={(event) => change({ atLeast: Number(event.currentTarget.value) }, 'within')}
      />
      <div class="scale" aria-hidden="true">
        <span>0 %</span>
        <span>50 %</span>
        <span>100 %</span>
      </div>
    </div>
  );
};
