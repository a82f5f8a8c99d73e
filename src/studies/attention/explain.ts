import { collate, createTokenizer, encodePng, type PreparedImage, probabilityOf } from '../../data.ts';
import type { Numbers } from '../../engine.ts';
import { UserError } from '../../errors.ts';
import { type Example, type Model, openPredictor, preprocessorFor } from '../../index.ts';
import { crossAttention, meanDivergence } from './cross-attention.ts';
import type { ExplainedModel, ExplainedPair, HeadedAttention } from './explained-pair.ts';

export interface ExplainOptions {
  /** Of each session. Default: the runtime's choice. */
  readonly threads?: number | undefined;
  /** How many of the best answers are kept. Default 3. */
  readonly answers?: number | undefined;
  /** Hears what was done to the data: a text cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * What models answer about pairs of a text and a picture, and what they attend to: the last layer's attention across
 * modalities, recomputed from queries and keys as L_CA compares it (Wang et al. 2022, §3.2), every head of it.
 *
 * @param models by name; the first is the one that the others are compared with, so a teacher comes first.
 * @throws UserError where a model answers about two pictures, or where the models do not read alike or differ in heads.
 */
export const explainPairs = async (
  models: Readonly<Record<string, Model>>,
  examples: readonly Example[],
  options: ExplainOptions = {},
): Promise<ExplainedPair[]> => {
  for (const [name, trained] of Object.entries(models)) refuseTwoPictures(name, trained);
  const all: { readonly name: string; readonly seen: Seen[] }[] = [];
  for (const [name, trained] of Object.entries(models)) {
    all.push({ name, seen: await lookAt(trained, examples, options) });
  }
  return await Promise.all(
    examples.map((example, i) =>
      pairOf(
        example,
        all.map(({ name, seen }) => ({ name, ...seen[i]! })),
      ),
    ),
  );
};

const refuseTwoPictures = (name: string, { config: { images, task } }: Model): void => {
  if (images === 1) return;
  throw new UserError(
    `explain: the ${name} (${task}) answers about ${images} pictures together: give a model that answers about one`,
  );
};

/** What one model makes of one example, padding cut away. */
interface Seen extends Omit<ExplainedModel, 'name' | 'divergence'> {
  readonly words: readonly string[];
  readonly picture: PreparedImage;
}

const lookAt = async (trained: Model, examples: readonly Example[], options: ExplainOptions): Promise<Seen[]> => {
  const { config } = trained;
  const { threads, onWarning, answers: most = 3 } = options;
  const preprocessor = preprocessorFor(config, { batch: examples.length, ...(onWarning ? { onWarning } : {}) });
  const encoded = await Promise.all(examples.map((example) => preprocessor.prepare(example)));
  const feeds = collate(encoded, preprocessor.collate);
  const using = threads === undefined ? {} : { threads };
  const { textToImageHeads, imageToTextHeads } = await crossAttention(trained, feeds, using);
  const answers = await bestAnswers(trained, feeds, { most, ...using });
  const tokenizer = createTokenizer(config.vocabulary);
  return encoded.map(({ words, images: [picture] }, i) => {
    const tokens = 1 + picture!.rows * picture!.columns;
    return {
      words: tokenizer.encode(examples[i]!.text, { limit: config.sizes.words }).pieces,
      picture: picture!,
      answers: answers[i] ?? [],
      textToImage: headsOf(textToImageHeads, i, [words.length, tokens]),
      imageToText: headsOf(imageToTextHeads, i, [tokens, words.length]),
    };
  });
};

/** The best answers to each example; none at all from a model that has no answers. */
const bestAnswers = async (
  { config, weights }: Model,
  feeds: Parameters<typeof crossAttention>[1],
  { most, ...options }: { readonly most: number; readonly threads?: number | undefined },
): Promise<ExplainedModel['answers'][]> => {
  if (!config.purpose.logits) return [];
  await using predictor = await openPredictor({ config, weights }, options);
  const logits = await predictor.logits(feeds);
  return Array.from({ length: logits.shape[0]! }, (_, row) =>
    config.answers
      .map((answer, place) => ({ answer, probability: probabilityOf(logits, [row, place], config.scoring) }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, most),
  );
};

/** One example's real rows and columns of [examples, heads, rows, columns]. */
const headsOf = (
  { shape, data }: Numbers<Float32Array>,
  example: number,
  [queries, keys]: readonly [number, number],
): HeadedAttention => {
  const [, heads, rows, columns] = shape as [number, number, number, number];
  return Array.from({ length: heads }, (_, head) =>
    Array.from({ length: queries }, (__, query) => {
      const from = ((example * heads + head) * rows + query) * columns;
      return [...data.subarray(from, from + keys)];
    }),
  );
};

const pairOf = async (
  { text, answers }: Example,
  looks: readonly (Seen & { readonly name: string })[],
): Promise<ExplainedPair> => {
  const [first, ...others] = looks;
  if (!first) throw new Error('explain: no models: give at least one');
  for (const other of others) refuseUnlike(first, other);
  const { words, picture } = first;
  const png = await encodePng(picture.pixels);
  return {
    image: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
    rows: picture.rows,
    columns: picture.columns,
    text,
    words,
    ...(answers[0] ? { truth: answers[0].answer } : {}),
    models: looks.map((look) => modelOf(look, first)),
  };
};

const modelOf = (
  { words: _, picture: __, ...model }: Seen & { readonly name: string },
  first: Seen,
): ExplainedModel => {
  if (model.textToImage === first.textToImage) return model;
  const apart = (p: HeadedAttention, q: HeadedAttention): number[] => p.map((rows, i) => meanDivergence(rows, q[i]!));
  return {
    ...model,
    divergence: {
      textToImage: apart(first.textToImage, model.textToImage),
      imageToText: apart(first.imageToText, model.imageToText),
    },
  };
};

/** Only attention over the same words and patches, by as many heads, can be compared. */
const refuseUnlike = (first: Seen & { readonly name: string }, other: Seen & { readonly name: string }): void => {
  const sizeOf = ({ words, picture, textToImage }: Seen): string =>
    `${words.join(' ')} (${picture.rows} x ${picture.columns} patches, ${textToImage.length} heads)`;
  if (sizeOf(first) === sizeOf(other)) return;
  throw new UserError(
    `explain: the ${other.name} sees ${sizeOf(other)}, the ${first.name} ${sizeOf(first)}: give models with the same words, picture size and heads`,
  );
};
