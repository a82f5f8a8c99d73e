import { add, compile, createParams, maskBias, mean, type Numbers, softmax, type Tensor } from '../../engine.ts';
import type { Model } from '../../index.ts';
import { type Inputs, inputsFor } from '../../model.ts';
import { type Attention, across } from '../../training.ts';

type Floats = Numbers<Float32Array>;

/**
 * The last layer's attention of one modality over the other, for each example. Rows of real tokens sum to 1 over the
 * other modality's real tokens, [CLS] among them; a padded token gets 0. Rows of padded tokens mean nothing.
 */
export interface CrossAttention {
  /** Whose row is a word: mean over heads [examples, words, 1 + patches], the image's [CLS] first. */
  readonly textToImage: Floats;
  /** [examples, heads, words, 1 + patches]. */
  readonly textToImageHeads: Floats;
  /** Whose row is an image token: mean over heads [examples, 1 + patches, words]. */
  readonly imageToText: Floats;
  /** [examples, heads, 1 + patches, words]. */
  readonly imageToTextHeads: Floats;
}

export interface CrossAttentionOptions {
  /** Which of an example's images. Default 0, the first. */
  readonly image?: number | undefined;
  /** The symbols that the feeds are for. Default those of the model's sizes. */
  readonly inputs?: Inputs | undefined;
  /** Of the session. Default: the runtime's choice. */
  readonly threads?: number | undefined;
}

/**
 * What a model's words look at in the image and what its image tokens look at in the text: the attention that L_CA
 * compares (Wang et al. 2022, §3.2), of a fusion encoder or of a dual encoder, which computes it for no other use.
 *
 * @param feeds one batch, as `collate` makes it.
 * @throws Error where a feed is missing or does not fit, or where the pair has no such image.
 */
export const crossAttention = async (
  { config, weights }: Model,
  feeds: Readonly<Record<string, Numbers>>,
  { image = 0, inputs, threads }: CrossAttentionOptions = {},
): Promise<CrossAttention> => {
  const { architecture, sizes, images, task } = config;
  const encoded = architecture.encode(createParams(), inputs ?? inputsFor(sizes, { images }), sizes);
  const pair = encoded[image];
  if (!pair) throw new Error(`crossAttention: no image ${image}: an example of ${task} has ${images}, counted from 0`);
  const textToImageHeads = shares(across(pair.text, pair.image));
  const imageToTextHeads = shares(across(pair.image, pair.text));
  const outputs = {
    textToImage: mean(textToImageHeads, [1]),
    textToImageHeads,
    imageToText: mean(imageToTextHeads, [1]),
    imageToTextHeads,
  };
  await using session = await compile(outputs, { parameters: weights, ...(threads === undefined ? {} : { threads }) });
  return await session.run<keyof typeof outputs>(feeds);
};

/** softmax(Q Kᵀ / √d + bias) over the real keys: [batch, heads, queries, keys]. */
const shares = ({ scores, keys }: Attention): Tensor => softmax(add(scores, maskBias(keys)));

/** One example's text-to-image attention without padding: the image as patches, its [CLS] apart. */
export interface WordAttention {
  /** What each real word gives each real patch: [words][patches], in the order of the patches. */
  readonly patches: readonly (readonly number[])[];
  /** What each word gives the image's [CLS]; with its patches that is 1. */
  readonly cls: readonly number[];
}

/**
 * Cuts one example out of `textToImage`.
 *
 * @param counts how many words (with [CLS] and [SEP]) and patches of the example are real.
 */
export const wordAttention = (
  { shape, data }: Floats,
  example: number,
  { words, patches }: { readonly words: number; readonly patches: number },
): WordAttention => {
  const [, rows, tokens] = shape as [number, number, number];
  const row = (word: number): Float32Array => data.subarray((example * rows + word) * tokens).subarray(0, 1 + patches);
  const all = Array.from({ length: words }, (_, word) => [...row(word)]);
  return { cls: all.map(([cls]) => cls!), patches: all.map(([, ...rest]) => rest) };
};

/**
 * KL(teacher ‖ student) = Σ p (log p - log q) of each word's attention, averaged over the words: what one example adds
 * to the text-to-image half of L_CA, but for attentions whose heads are already averaged. In nats.
 *
 * @throws Error where the two do not have the same words and patches.
 */
export const attentionDivergence = (teacher: WordAttention, student: WordAttention): number => {
  const [p, q] = [rowsOf(teacher), rowsOf(student)];
  if (p.length !== q.length || p.some((row, i) => row.length !== q[i]!.length)) {
    throw new Error(`attentionDivergence: ${sizeOf(p)} against ${sizeOf(q)}: give the attention of one example`);
  }
  return meanDivergence(p, q);
};

/** KL(p ‖ q) of each row of probabilities, averaged over the rows. In nats; both have the same rows. */
export const meanDivergence = (p: readonly (readonly number[])[], q: readonly (readonly number[])[]): number =>
  p.reduce((sum, row, i) => sum + relativeEntropy(row, q[i]!), 0) / p.length;

const rowsOf = ({ cls, patches }: WordAttention): number[][] => cls.map((share, word) => [share, ...patches[word]!]);

const sizeOf = (rows: readonly (readonly number[])[]): string =>
  `${rows.length} words over ${rows[0]?.length ?? 0} tokens`;

/** float32 rounds the smallest probabilities to 0, whose logarithm is no number. */
const LEAST = 1e-38;

const relativeEntropy = (p: readonly number[], q: readonly number[]): number =>
  p.reduce((sum, share, i) => (share > 0 ? sum + share * Math.log(share / Math.max(q[i]!, LEAST)) : sum), 0);
