import { gelu } from '../engine/functions.ts';
import { add, divide, exp, gemm, matmul, multiply, reshape, sqrt, sum, transposeLast } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { layerNorm, linear, widthOf } from './linear.ts';
import type { Params } from './params.ts';
import type { Sizes } from './sizes.ts';

/** Whether a text belongs to an image, ViLT's `itm_score`: pair [batch, width] → logits [batch, 2], no and yes. */
export const matchingHead = (p: Params, pair: Tensor): Tensor => linear(p.within('itm_score.fc'), pair, 2);

/**
 * How well a text belongs to an image, ViLT's `rank_output`: pair [batch, width] → scores [batch, 1]. It begins as the
 * "yes" of the matching head.
 */
export const rankHead = (p: Params, pair: Tensor): Tensor => linear(p.within('rank_output'), pair, 1);

/**
 * Which word stands at each place, BERT's prediction head:
 *
 *   LN(gelu(W x + b)) Dᵀ + c        x [rows, width] → logits [rows, vocabulary]
 *
 * @param decoder D [vocabulary, width]: the model's own word table, or a parameter of its own.
 */
export const languageHead = (p: Params, x: Tensor, decoder: Tensor, { textEpsilon }: Sizes): Tensor => {
  const score = p.within('mlm_score');
  const raised = gelu(linear(score.within('transform.dense'), x, widthOf(x)));
  const normed = layerNorm(score.within('transform.LayerNorm'), raised, textEpsilon);
  const bias = score.get('bias', [decoder.shape[0] as number], 'zeros');
  return gemm(normed, decoder, ['as-is', 'transposed'], bias);
};

/** A table of words of the language head's own, as ViLT's is: D [vocabulary, width]. */
export const ownDecoder = (p: Params, { vocabulary, width }: Sizes): Tensor =>
  p.within('mlm_score').get('decoder.weight', [vocabulary, width], 'normal');

/** exp of it is what similarities are multiplied by, at first: 1/0.07 (CLIP, VLMo). */
const LOGIT_SCALE = Math.log(1 / 0.07);

/** Keeps the length of a vector from being nothing; its square is a number in float32. */
const SHORTEST = 1e-12;

/**
 * Where an image or a text lies in the space in which both are compared, VLMo's head:
 *
 *   W x₀ / ‖W x₀‖        x₀ [batch, 1, width], [CLS] after the final LayerNorm → [batch, size]
 */
export const projected = (p: Params, modality: 'text' | 'image', first: Tensor, size: number): Tensor => {
  const width = widthOf(first);
  const weight = p.within('itc').get(`${modality}_proj.weight`, [size, width], 'normal');
  const x = gemm(reshape(first, [first.shape[0]!, width]), weight, ['as-is', 'transposed']);
  const length = sqrt(add(sum(multiply(x, x), [-1]), SHORTEST ** 2));
  return divide(x, reshape(length, [x.shape[0]!, 1]));
};

/** What is compared: streams whose `first` is [batch, 1, width]. */
interface Compared {
  readonly text: { readonly first: Tensor };
  readonly image: { readonly first: Tensor };
}

/** What all images and all texts of a batch are compared by. */
export interface Contrast {
  /** Where each image lies in the space of both: [batch, space]. */
  readonly image: Tensor;
  /** Where each text lies: [batch, space]. */
  readonly text: Tensor;
  /** exp of it is what similarities are multiplied by: a scalar. */
  readonly logitScale: Tensor;
}

/** What a batch is compared by: both projections, and the learnt temperature. */
export const contrastOf = (p: Params, { text, image }: Compared, space: number): Contrast => ({
  image: projected(p, 'image', image.first, space),
  text: projected(p, 'text', text.first, space),
  logitScale: p.within('itc').get('logit_scale', [], LOGIT_SCALE),
});

/** How alike each image and each text are, scaled by the temperature: → [images, texts]. */
export const similarity = ({ image, text, logitScale }: Contrast): Tensor =>
  multiply(matmul(image, transposeLast(text)), exp(logitScale));
