import { concat, gemm, slice } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { classifier, classifierRest, widthOf } from './linear.ts';
import type { Params } from './params.ts';

/**
 * The shallow interaction over a text and an image that were encoded apart, text first (DiDE code):
 *
 *   f(t, v) = B gelu(LN(A [t; v]))        t, v [batch, width] → [batch, width]
 */
export const interaction = (p: Params, text: Tensor, image: Tensor): Tensor =>
  classifier(p.within('fusion'), concat([text, image], 1), [2 * widthOf(text), widthOf(text)]);

/**
 * Features of images, A_v v: [images, width] → [images, 2 width].
 *
 * A [t; v] = A_t t + A_v v, so each modality's half of f's first layer can be computed alone and kept. It is twice as long
 * as v, and kept all the same: over v a question takes 1.15 times as long (`npm run bench -- kept`), as often as it is
 * asked, and who wants the bytes back has int8, which halves them, too.
 */
export const imageFeatures = (p: Params, image: Tensor): Tensor => {
  const width = widthOf(image);
  return gemm(image, slice(firstWeight(p, width), 1, width, 2 * width), ['as-is', 'transposed']);
};

/** Features of texts, A_t t + a: [texts, width] → [texts, 2 width]. */
export const textFeatures = (p: Params, text: Tensor): Tensor => {
  const width = widthOf(text);
  const bias = p.within('fusion.0').get('bias', [2 * width], 'zeros');
  return gemm(text, slice(firstWeight(p, width), 1, 0, width), ['as-is', 'transposed'], bias);
};

/**
 * f from the sum of both modalities' features: all that one more question costs over a cached image. [images, 2 width] →
 * [images, width]
 */
export const interactionOfFeatures = (p: Params, sum: Tensor): Tensor =>
  classifierRest(p.within('fusion'), sum, widthOf(sum) / 2);

const firstWeight = (p: Params, width: number): Tensor =>
  p.within('fusion.0').get('weight', [2 * width, 2 * width], 'normal');
