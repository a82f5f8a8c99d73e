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
import type { Encoded, Stream } from '../model/outputs.ts';
import type { Objective } from './objective.ts';

/** How the transport is found (ViLT code). */
export interface TransportOptions {
  /** How far a step of the proximal point method goes. Default 0.5. */
  readonly beta?: number | undefined;
  /** How many of them. Default 50. */
  readonly iterations?: number | undefined;
}

/** Tokens to align: [batch, tokens, width], and which of them are real: [batch, tokens]. */
export interface Tokens {
  readonly x: Tensor;
  readonly mask: Tensor;
}

/** PyTorch's normalize in ViLT's code divides by no less. */
const SHORTEST = 1e-5;

/** Denominators of padding get this much more, so that padding is given nothing. */
const FORBIDDEN = 1e4;

/**
 * Words and patches of a text and its own image must lie near each other, those of another image far apart; how near is
 * the cost of moving all words onto all patches at best:
 *
 *   L_WPA = 1/B (Σ matched ⟨C, T⟩ - Σ unmatched ⟨C, T⟩)        C = 1 - cos(word, patch)        Kim et al. 2021; ViLT code
 *
 * over the final hidden states, without [CLS], [SEP], the image's [CLS] and padding. ViLT adds it to the pre-training
 * with weight 0.1. No gradient flows through the plan T. Target [batch, 2], no and yes → scalar
 */
export const wordPatchAlignment =
  (options?: TransportOptions): Objective =>
  ({ encoded: [pair] }, _, target) =>
    alignment(costsOf(pair!), target, (costs) => transportPlan(costs, options));

/** The same with any plan of the costs. */
export const alignment = (costs: Costs, target: Tensor, planOf: (costs: Costs) => Tensor): Tensor => {
  const plan = stopGradient(planOf(costs));
  const distances = sum(multiply(costs.cost, plan), [1, 2]);
  const sides = subtract(slice(target, 1, 1, 2), slice(target, 1, 0, 1));
  return mean(multiply(distances, reshape(sides, distances.shape)));
};

/** What it costs to move each word onto each patch, and which of both are real. */
export interface Costs {
  /** [batch, words, patches]; 0 where either is padding. */
  readonly cost: Tensor;
  /** [batch, words]. */
  readonly words: Tensor;
  /** [batch, patches]. */
  readonly patches: Tensor;
}

/** The costs between all words of a text and all patches of its image, special tokens left out. */
export const costsOf = ({ text, image }: Encoded): Costs => {
  const [words, patches] = [wordsOf(text), patchesOf(image)];
  const cosine = matmul(normalized(words.x), transposeLast(normalized(patches.x)));
  const both = multiply(column(words.mask), row(patches.mask));
  return { cost: multiply(subtract(1, cosine), both), words: words.mask, patches: patches.mask };
};

/** Between [CLS] and the last real token, [SEP]: a token is a word where another real one follows. */
const wordsOf = ({ last, mask }: Stream): Tokens => {
  const end = mask.shape[1]!;
  return { x: slice(last, 1, 1, minus(end, 1)), mask: slice(mask, 1, 2, end) };
};

const patchesOf = ({ last, mask }: Stream): Tokens => {
  const end = mask.shape[1]!;
  return { x: slice(last, 1, 1, end), mask: slice(mask, 1, 1, end) };
};

const normalized = (x: Tensor): Tensor => divide(x, column(sqrt(add(sum(multiply(x, x), [-1]), SHORTEST ** 2))));

/**
 * The optimal transport between the real words and the real patches, each word and each patch weighing the same, by the
 * inexact proximal point method (IPOT: Xie et al. 2018), its steps written out one after another:
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

/** Rows to columns and back, where one of the last two sizes is 1. */
const turned = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, x.shape[2]!, x.shape[1]!]);

/** How many tokens are real: mask [batch, tokens] → [batch, 1, 1] */
const lengthOf = (mask: Tensor): Tensor => reshape(sum(mask, [1]), [mask.shape[0]!, 1, 1]);
