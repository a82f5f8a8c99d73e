import {
  collate,
  createTokenizer,
  encodePng,
  type PictureOptions,
  type Pixels,
  type PreparedImage,
  preprocessorFor,
  probabilityOf,
} from '../../data.ts';
import type { Numbers } from '../../engine.ts';
import { UserError } from '../../errors.ts';
import { type Example, type Model, openPredictor } from '../../index.ts';
import { crossAttention, meanDivergence } from './cross-attention.ts';
import type { ExplainedModel, ExplainedPair, HeadedAttention } from './explained-pair.ts';
import { greyed } from './greyed.ts';

export interface ExplainOptions extends PictureOptions {
  /** Threads of each session. Default: the runtime's choice. */
  readonly threads?: number | undefined;
  /** Number of most probable answers. Default 3. */
  readonly answers?: number | undefined;
  /** Receives warnings about the data, such as a truncated text or an unknown word. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Answers and cross-modal attention of models for image-text pairs: the attention of every head of the last layer,
 * recomputed from queries and keys as L_CA compares it (Wang et al. 2022, §3.2).
 *
 * @param models by name; the others are compared with the first, which is the teacher if there is one.
 * @throws UserError where a model takes two images, or where the models differ in words, patches or heads.
 */
export const explainPairs = async (
  models: Readonly<Record<string, Model>>,
  examples: readonly Example[],
  options: ExplainOptions = {},
): Promise<ExplainedPair[]> => {
  for (const [name, model] of Object.entries(models)) refuseTwoPictures(name, model);
  const all: { readonly name: string; readonly seen: Seen[] }[] = [];
  for (const [name, model] of Object.entries(models)) {
    all.push({ name, seen: await lookAt(model, examples, options) });
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

/** Answers and attention of one model for one example, without padding. */
interface Seen extends Omit<ExplainedModel, 'name' | 'divergence'> {
  readonly words: readonly string[];
  readonly picture: PreparedImage;
}

const lookAt = async (model: Model, examples: readonly Example[], options: ExplainOptions): Promise<Seen[]> => {
  const { config } = model;
  const { threads, onWarning, pictures, maxMegapixels, answers: most = 3 } = options;
  const preprocessor = preprocessorFor(config, { batch: examples.length, onWarning, pictures, maxMegapixels });
  const encoded = await Promise.all(examples.map((example) => preprocessor.prepare(example)));
  const feeds = collate(encoded, preprocessor.collate);
  const { textToImageHeads, imageToTextHeads } = await crossAttention(model, feeds, { threads });
  const answers = await bestAnswers(model, feeds, { most, threads });
  const tokenizer = createTokenizer(config.vocabulary, config.words);
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

/** The most probable answers to each example; empty for a model of retrieval. */
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

/** The attention of one example without padding: from [examples, heads, rows, columns] to [heads][queries][keys]. */
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
  return {
    image: await dataUri(picture.pixels),
    grey: await dataUri(greyed(picture.pixels)),
    rows: picture.rows,
    columns: picture.columns,
    text,
    words,
    ...(answers[0] ? { truth: answers[0].answer } : {}),
    models: looks.map((look) => modelOf(look, first)),
  };
};

const dataUri = async (pixels: Pixels): Promise<string> =>
  `data:image/png;base64,${Buffer.from(await encodePng(pixels)).toString('base64')}`;

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

/** Attention can only be compared over the same words and patches, and with the same number of heads. */
const refuseUnlike = (first: Seen & { readonly name: string }, other: Seen & { readonly name: string }): void => {
  const sizeOf = ({ words, picture, textToImage }: Seen): string =>
    `${words.join(' ')} (${picture.rows} x ${picture.columns} patches, ${textToImage.length} heads)`;
  if (sizeOf(first) === sizeOf(other)) return;
  throw new UserError(
    `explain: the ${other.name} sees ${sizeOf(other)}, the ${first.name} ${sizeOf(first)}: give models with the same words, picture size and heads`,
  );
};
