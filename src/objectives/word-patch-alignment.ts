import { mean } from '../engine/functions.ts';
import {
  add,
  divide,
  exp,
  matmul,
  multiply,
  relu,
  reshape,
  slice,
  sqrt,
  stopGradient,
  subtract,
  sum,
  transposeLast,
} from '../engine/ops.ts';
import { minus } from '../engine/shapes.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Stream, Streams } from '../model/outputs.ts';
import type { EncodedPairs, Objective } from './objective.ts';

/** Options of the proximal point method that finds the transport plan (ViLT code). */
export interface TransportOptions {
  /** Step size β. Default 0.5. */
  readonly beta?: number | undefined;
  /** Number of steps. Default 50. */
  readonly iterations?: number | undefined;
}

/** Tokens to align: [batch, tokens, width], and which of them are real: [batch, tokens]. */
export interface Tokens {
  readonly x: Tensor;
  readonly mask: Tensor;
}

/** Smallest length that a vector is divided by, as in the normalization of ViLT's code. */
const SHORTEST = 1e-5;

/** Added to the denominators of padding, so that the plan moves nothing onto it. */
const FORBIDDEN = 1e4;

/**
 * Word-patch alignment: the words of a text must lie near the patches of its own image and far from those of another
 * one. The distance is the cost of the optimal transport of all words onto all patches:
 *
 *   L_WPA = 1/B (Σ matched ⟨C, T⟩ - Σ unmatched ⟨C, T⟩)        C = 1 - cos(word, patch)        Kim et al. 2021; ViLT code
 *
 * over the final hidden states, without [CLS], [SEP], the image's [CLS] and padding. ViLT adds it to the pre-training
 * with weight 0.1. No gradient flows through the plan T. Target [batch, 2], no and yes → scalar
 */
export const wordPatchAlignment =
  (options?: TransportOptions): Objective<EncodedPairs> =>
  ({ encoded: [pair] }, _, target) =>
    alignment(costsOf(pair!), target, (costs) => transportPlan(costs, options));

/** Word-patch alignment with a given transport plan of the costs. → scalar */
export const alignment = (costs: Costs, target: Tensor, planOf: (costs: Costs) => Tensor): Tensor => {
  const plan = stopGradient(planOf(costs));
  const distances = sum(multiply(costs.cost, plan), [1, 2]);
  const sides = subtract(slice(target, 1, 1, 2), slice(target, 1, 0, 1));
  return mean(multiply(distances, reshape(sides, distances.shape)));
};

/** Costs of moving each word onto each patch, and the masks of both. */
export interface Costs {
  /** [batch, words, patches]; 0 where either is padding. */
  readonly cost: Tensor;
  /** [batch, words]. */
  readonly words: Tensor;
  /** [batch, patches]. */
  readonly patches: Tensor;
}

/** Costs between all words of a text and all patches of its image, special tokens left out. */
export const costsOf = ({ text, image }: Streams): Costs => {
  const [words, patches] = [wordsOf(text), patchesOf(image)];
  const cosine = matmul(normalized(words.x), transposeLast(normalized(patches.x)));
  const both = multiply(column(words.mask), row(patches.mask));
  return { cost: multiply(subtract(1, cosine), both), words: words.mask, patches: patches.mask };
};

/** Words of a text, between [CLS] and the last real token, [SEP]: a token is a word where another real one follows. */
const wordsOf = ({ last, mask }: Stream): Tokens => {
  const end = mask.shape[1]!;
  return { x: slice(last, 1, 1, minus(end, 1)), mask: slice(mask, 1, 2, end) };
};

/** Patches of an image, without its [CLS]. */
const patchesOf = ({ last, mask }: Stream): Tokens => {
  const end = mask.shape[1]!;
  return { x: slice(last, 1, 1, end), mask: slice(mask, 1, 1, end) };
};

const normalized = (x: Tensor): Tensor => divide(x, column(sqrt(add(sum(multiply(x, x), [-1]), SHORTEST ** 2))));

/**
 * Optimal transport between the real words and the real patches, with the same weight for each word and each patch, by
 * the inexact proximal point method (IPOT: Xie et al. 2018), unrolled:
 *
 *   Q = A ∘ T        δ = 1 / (n σQ)        σ = 1 / (m Qδ)        T = δ Q σ        A = exp(-C / β)
 *
 * @returns [batch, words, patches], 0 at padding; the real numbers of each example sum to 1.
 */
export const transportPlan = (
  { cost, words, patches }: Costs,
  { beta = 0.5, iterations = 50 }: TransportOptions = {},
): Tensor => {
  const both = multiply(column(words), row(patches));
  const kernel = multiply(exp(multiply(cost, -1 / beta)), both);
  const [m, n] = [lengthOf(words), lengthOf(patches)];
  // 1 where a text has no word: then nothing is moved, and nothing is divided by 0
  const empty = relu(subtract(1, m));
  const noWord = multiply(subtract(1, column(words)), FORBIDDEN);
  const noPatch = multiply(add(subtract(1, row(patches)), empty), FORBIDDEN);
  let plan = both;
  let sigma = divide(column(words), add(m, empty));
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const q = multiply(kernel, plan);
    const delta = divide(1, add(multiply(n, matmul(turned(sigma), q)), noPatch));
    sigma = divide(1, add(multiply(m, matmul(q, turned(delta))), noWord));
    plan = multiply(multiply(sigma, q), delta);
  }
  return plan;
};

/** [batch, tokens] → [batch, tokens, 1] */
const column = (x: Tensor): Tensor => reshape(x, [...x.shape, 1]);

/** [batch, tokens] → [batch, 1, tokens] */
const row = (x: Tensor): Tensor => reshape(x, x.shape.toSpliced(1, 0, 1));

/** Swaps the last two axes, one of which has the size 1. */
const turned = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, x.shape[2]!, x.shape[1]!]);

/** Number of real tokens: mask [batch, tokens] → [batch, 1, 1] */
const lengthOf = (mask: Tensor): Tensor => reshape(sum(mask, [1]), [mask.shape[0]!, 1, 1]);
