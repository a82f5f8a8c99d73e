import type { Model } from '../../checkpoints/model-file.ts';
import { collate, type EncodedExample, type PreparedImage } from '../../data/batch.ts';
import { createTokenizer } from '../../data/tokenizer.ts';
import type { Numbers } from '../../engine/numbers.ts';
import type { Compile, Session } from '../../engine/runtime/session.ts';
import { UserError } from '../../errors.ts';
import type { Pixels } from '../../kernels/pixels.ts';
import type { ModelConfig } from '../../model/config.ts';
import { probabilityOf } from '../../tasks/task.ts';
import { crossAttention, meanDivergence } from './cross-attention.ts';
import type { ExplainedModel, ExplainedPair, HeadedAttention } from './explained-pair.ts';
import { greyed } from './greyed.ts';

/** A text about one image, whatever the image is given as. */
export interface TextOfImage {
  readonly text: string;
  /** The right answer, where it is known. */
  readonly truth?: string | undefined;
}

/** Options of a look at pairs. */
export interface LookOptions {
  /** Names of the models that look. Default: all. */
  readonly only?: readonly string[] | undefined;
  /** Number of most probable answers. Default 3. */
  readonly answers?: number | undefined;
}

/**
 * Models that say where they look. Each is compiled when it first looks, and stays so. Calls may overlap; a model looks at
 * one batch after the other.
 */
export interface Explainer<Pair extends TextOfImage> extends AsyncDisposable {
  /** Names of the models, the first of which the others are compared with. */
  readonly models: readonly string[];
  /**
   * Answers and cross-modal attention of the models for pairs: the attention of every head of the last layer, recomputed
   * from queries and keys as L_CA compares it (Wang et al. 2022, §3.2). The others are compared with the first model.
   *
   * @throws UserError where an image cannot be read, a text is empty, or the models differ in words, patches or heads.
   */
  explain(pairs: readonly Pair[], options?: LookOptions): Promise<ExplainedPair[]>;
  /** Frees what was compiled, once the looks under way have ended. */
  close(): Promise<void>;
}

/** Platform on which models are explained, Node or a browser: computes attention and reads pairs. */
export interface ExplainerHost<Pair> {
  readonly compile: Compile;
  /** Encodes the text and decodes the image of each pair for a model. */
  readonly prepare: (config: ModelConfig, pairs: readonly Pair[]) => Promise<readonly EncodedExample[]>;
  /** Address of an image of its own: a data URI. */
  readonly draw: (pixels: Pixels) => Promise<string>;
}

/**
 * Opens an explainer of models by name, the teacher first if there is one.
 *
 * @throws UserError where a model takes two images.
 */
export const explainerOn = <Pair extends TextOfImage>(
  models: Readonly<Record<string, Model>>,
  host: ExplainerHost<Pair>,
): Explainer<Pair> => {
  for (const [name, model] of Object.entries(models)) refuseTwoImages(name, model);
  const looks = Object.entries(models).map(([name, model]) => ({ name, ...openLook(model, host) }));
  const close = async (): Promise<void> => {
    await Promise.all(looks.map((look) => look.close()));
  };
  return {
    models: Object.keys(models),
    explain: async (pairs, { only, answers = 3 } = {}) => {
      const all: { readonly name: string; readonly seen: Seen[] }[] = [];
      // one after the other: each has all threads
      for (const { name, look } of looks)
        if (only?.includes(name) ?? true) all.push({ name, seen: await look(pairs, answers) });
      const seenAt = (i: number) => all.map(({ name, seen }) => ({ name, ...seen[i]! }));
      return await Promise.all(pairs.map((pair, i) => pairOf(pair, seenAt(i), host.draw)));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

const refuseTwoImages = (name: string, { config: { images, task } }: Model): void => {
  if (images === 1) return;
  throw new UserError(
    `explain: the ${name} (${task}) answers about ${images} pictures together: give a model that answers about one`,
  );
};

/** Answers and attention of one model for one pair, without padding. */
interface Seen extends Omit<ExplainedModel, 'name' | 'divergence'> {
  readonly words: readonly string[];
  readonly picture: PreparedImage;
}

/** A model that looks at one batch at a time. */
const openLook = <Pair extends TextOfImage>({ config, weights }: Model, { compile, prepare }: ExplainerHost<Pair>) => {
  const { sizes } = config;
  const tokenizer = createTokenizer(config.vocabulary, config.words);
  let session: Promise<Session> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const look = async (pairs: readonly Pair[], answers: number): Promise<Seen[]> => {
    const encoded = await prepare(config, pairs);
    const feeds = collate(encoded, { patch: sizes.patch, grid: sizes.grid });
    session ??= compile({ ...crossAttention(config) }, { weights });
    const opened = session;
    const running = last.then(async () => await (await opened).run<'textToImage' | 'imageToText' | 'logits'>(feeds));
    last = running.catch(() => undefined);
    const { textToImage, imageToText, logits } = await running;
    return encoded.map(({ words, images: [picture] }, i) => {
      const tokens = 1 + picture!.rows * picture!.columns;
      return {
        words: tokenizer.encode(pairs[i]!.text, { limit: sizes.words }).pieces,
        picture: picture!,
        answers: config.purpose.logits ? bestAnswers(config, [logits, i], answers) : [],
        textToImage: headsOf(textToImage, i, [words.length, tokens]),
        imageToText: headsOf(imageToText, i, [tokens, words.length]),
      };
    });
  };
  const close = async (): Promise<void> => {
    await last;
    await session?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  };
  return { look, close };
};

/** The most probable answers of one row. */
const bestAnswers = (
  config: ModelConfig,
  [logits, row]: readonly [Numbers, number],
  most: number,
): ExplainedModel['answers'] =>
  config.answers
    .map((answer, place) => ({ answer, probability: probabilityOf(logits, [row, place], config.scoring) }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, most);

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
  { text, truth }: TextOfImage,
  looks: readonly (Seen & { readonly name: string })[],
  draw: (pixels: Pixels) => Promise<string>,
): Promise<ExplainedPair> => {
  const [first, ...others] = looks;
  if (!first) throw new Error('explain: no models: give at least one');
  for (const other of others) refuseUnlike(first, other);
  const { words, picture } = first;
  return {
    image: await draw(picture.pixels),
    grey: await draw(greyed(picture.pixels)),
    rows: picture.rows,
    columns: picture.columns,
    text,
    words,
    ...(truth === undefined ? {} : { truth }),
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

/** Attention can only be compared over the same words and patches, and with the same number of heads. */
const refuseUnlike = (first: Seen & { readonly name: string }, other: Seen & { readonly name: string }): void => {
  const sizeOf = ({ words, picture, textToImage }: Seen): string =>
    `${words.join(' ')} (${picture.rows} x ${picture.columns} patches, ${textToImage.length} heads)`;
  if (sizeOf(first) === sizeOf(other)) return;
  throw new UserError(
    `explain: the ${other.name} sees ${sizeOf(other)}, the ${first.name} ${sizeOf(first)}: give models with the same words, picture size and heads`,
  );
};
