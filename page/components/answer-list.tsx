import { percent } from '../logic/format.ts';
import type { RankedAnswer } from '../source.ts';
import type { Loaded } from '../state/use-loaded.ts';

interface Props {
  readonly question: string;
  readonly answers: Loaded<readonly RankedAnswer[]>;
}

/** The most probable answers to a question about one picture, each with how sure it is. */
export const AnswerList = ({ question, answers: { value, error, isLoading } }: Props) => (
  <section aria-busy={isLoading}>
    <h3>{question}</h3>
    {error && <p class="warning">{error.message}</p>}
    <ol class={isLoading ? 'answers stale' : 'answers'}>
      {value?.map(({ answer, probability }) => (
        <li key={answer}>
          <span>{answer}</span>
          <span class="quiet">{percent(probability)}</span>
          <span class="meter" style={{ width: `${100 * probability}%` }} />
        </li>
      ))}
    </ol>
  </section>
);
