import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { percent } from '../logic/format.ts';
import { meanOf, sharpestWord, strengths, wordsOf } from '../logic/words.ts';
import type { Explained, ExplainedModel, Source } from '../source.ts';
import { useLoaded } from '../state/use-loaded.ts';

interface Props {
  readonly explain: NonNullable<Source['explain']>;
  readonly path: string;
  readonly question: string;
}

/** Attention of each word of the question over the picture: the teacher's, if there is one, beside the student's. */
export const Attention = ({ explain, path, question }: Props) => {
  const { value, error, retry } = useLoaded(`${path} ${question}`, (signal) => explain(path, question, signal));
  if (error)
    return (
      <section>
        <h3>Where the words look</h3>
        <p class="warning">{error.message}</p>
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      </section>
    );
  if (!value)
    return (
      <section aria-busy="true">
        <h3>Where the words look</h3>
        <div class="looking" />
      </section>
    );
  return <Looks explained={value} />;
};

const Looks = ({ explained }: { readonly explained: Explained }) => {
  const words = wordsOf(explained.words);
  const [chosen, setChosen] = useState(() => sharpestWord(words, explained.models[0]!.attention));
  const word = words[chosen] ?? words[0]!;
  return (
    <section>
      <h3>Where the words look</h3>
      <div class="words" role="radiogroup" aria-label="Word">
        {words.map(({ text }, i) => (
          <label key={i}>
            <input
              type="radio"
              class="unseen"
              name="word"
              checked={i === chosen}
              onChange={() => setChosen(i)}
              onMouseEnter={() => setChosen(i)}
            />
            <span>{text}</span>
          </label>
        ))}
      </div>
      <div class="looks">
        {explained.models.map((model) => (
          <Look key={model.name} {...{ explained, model }} pieces={word.pieces} text={word.text} />
        ))}
      </div>
    </section>
  );
};

interface LookProps {
  readonly explained: Explained;
  readonly model: ExplainedModel;
  /** Places of the word's pieces. */
  readonly pieces: readonly number[];
  readonly text: string;
}

const Look = ({ explained: { image, rows, columns }, model, pieces, text }: LookProps) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => paint(canvas.current!, meanOf(pieces.map((piece) => model.attention[piece]!)), columns));
  const [best] = model.answers;
  return (
    <figure>
      <div class="look">
        <img src={image} alt={`Where the ${model.name} looks for “${text}”`} />
        <canvas ref={canvas} width={columns} height={rows} />
      </div>
      <figcaption>
        {model.name}
        {best && (
          <span class="quiet">
            {best.answer}, {percent(best.probability)}
          </span>
        )}
      </figcaption>
    </figure>
  );
};

/** Paints a patch the more strongly, the more the word attends to it: the least one not at all, the most wholly. */
const paint = (canvas: HTMLCanvasElement, attention: readonly number[], columns: number): void => {
  const context = canvas.getContext('2d')!;
  context.clearRect(0, 0, canvas.width, canvas.height);
  for (const [i, strength] of strengths(attention).entries()) {
    context.fillStyle = `rgb(255 84 16 / ${0.9 * strength})`;
    context.fillRect(i % columns, Math.floor(i / columns), 1, 1);
  }
};
