import { square } from '../engine/functions.ts';
import { add, divide, expand, multiply, reshape, stopGradient, subtract, sum } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Stream, Streams } from '../model/outputs.ts';
import { type LayerPair, layerAt, meanOverLayers } from './layers.ts';
import { type EncodedPairs, type Objective, overImages } from './objective.ts';

/** Options of hidden-state distillation. */
export interface HiddenStateOptions {
  /**
   * Layers that are compared, each by its hidden states after the block, before any final LayerNorm; the loss is the
   * mean over them. Default: the outputs of the final LayerNorm.
   */
  readonly layers?: readonly LayerPair[] | undefined;
  /** Mean over each modality, both of which count the same (default), or over all tokens. */
  readonly mean?: 'modality' | 'token' | undefined;
}

/**
 * Hidden-state distillation, which the method is compared with: each of the student's tokens must become the teacher's
 * token at the same place.
 *
 *   L_H = mean of (h_S - h_T)² over the real tokens of the text + the same over the image's        Wang et al. 2022, ablations
 *
 * Both need the same width.  → scalar
 */
export const hiddenStateDistillation = (
  student: Streams,
  teacher: Streams,
  { layers, mean = 'modality' }: HiddenStateOptions = {},
): Tensor => {
  const modality = (name: 'text' | 'image', tokensOf: TokensOf) =>
    squares(tokensOf(student[name], 'student'), tokensOf(teacher[name], 'teacher'), student[name].mask);
  const compared = (tokensOf: TokensOf): Tensor => {
    const [text, image] = [modality('text', tokensOf), modality('image', tokensOf)];
    if (mean === 'modality') return add(divide(text.total, text.count), divide(image.total, image.count));
    return divide(add(text.total, image.total), add(text.count, image.count));
  };
  return layers === undefined
    ? compared(({ last }) => last)
    : meanOverLayers(layers, (pair) => compared((stream, of) => layerAt(stream, pair[of]).hidden));
};

type TokensOf = (stream: Stream, of: keyof LayerPair) => Tensor;

/** Σ (s - t)² over the real tokens, and the count of its terms. */
const squares = (
  student: Tensor,
  teacher: Tensor,
  mask: Tensor,
): { readonly total: Tensor; readonly count: Tensor } => {
  const [batch, tokens] = mask.shape;
  const real = expand(reshape(mask, [batch!, tokens!, 1]), student.shape);
  return { total: sum(multiply(square(subtract(student, stopGradient(teacher))), real)), count: sum(real) };
};

/** Hidden-state distillation, as an objective: summed over the images of an example. */
export const hiddenStates = (options?: HiddenStateOptions): Objective<EncodedPairs> =>
  overImages((student, teacher) => hiddenStateDistillation(student, teacher, options));
