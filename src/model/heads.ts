import { add, divide, exp, gemm, matmul, multiply, reshape, sqrt, sum, transposeLast } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { activations } from './activations.ts';
import type { Scoring } from './config.ts';
import { classifier, layerNorm, linear, widthOf } from './linear.ts';
import type { Params } from './params.ts';
import type { Sizes } from './sizes.ts';

/**
 * Matching head, ViLT's `itm_score`: does the text belong to the image? pair [batch, width] → logits [batch, 2], no and
 * yes.
 */
export const matchingHead = (p: Params, pair: Tensor): Tensor => linear(p.within('itm_score.fc'), pair, 2);

/**
 * Rank head, ViLT's `rank_output`: a score of how well the text fits the image. pair [batch, width] → [batch, 1]. It is
 * initialised as the "yes" of the matching head.
 */
export const rankHead = (p: Params, pair: Tensor): Tensor => linear(p.within('rank_output'), pair, 1);

/**
 * Language head, BERT's prediction of the word at each position:
 *
 *   LN(gelu(W x + b)) Dᵀ + c, or with the model's other activation        x [rows, width] → logits [rows, vocabulary]
 *
 * @param decoder D [vocabulary, width]: the model's own word table, or a parameter of its own.
 */
export const languageHead = (p: Params, x: Tensor, decoder: Tensor, sizes: Sizes): Tensor => {
  const { textEpsilon, activation = 'gelu' } = sizes;
  const score = p.within('mlm_score');
  const raised = activations[activation](linear(score.within('transform.dense'), x, widthOf(x)));
  const normed = layerNorm(score.within('transform.LayerNorm'), raised, textEpsilon);
  const bias = score.get('bias', [decoder.shape[0] as number], 'zeros');
  return gemm(normed, decoder, ['as-is', 'transposed'], bias);
};

/** Word table of the language head's own, as ViLT has it: D [vocabulary, width]. */
export const ownDecoder = (p: Params, { vocabulary, width }: Sizes): Tensor =>
  p.within('mlm_score').get('decoder.weight', [vocabulary, width], 'normal');

/**
 * Initial logit scale, the logarithm of what similarities are multiplied by: 1/0.07 where a softmax compares the pairs
 * of a batch (CLIP, VLMo), 10 where each pair is judged by a sigmoid (SigLIP: Zhai et al. 2023).
 */
const LOGIT_SCALE: Readonly<Record<Scoring, number>> = { softmax: Math.log(1 / 0.07), sigmoid: Math.log(10) };

/** Initial logit bias of the sigmoid: most pairs of a batch do not match (SigLIP: Zhai et al. 2023). */
const LOGIT_BIAS = -10;

/** Smallest length that a vector is divided by; its square is still a number in float32. */
const SHORTEST = 1e-12;

/** Sizes of a projection. */
interface ProjectionSizes {
  /** Size of the space in which images and texts are compared. */
  readonly space: number;
  /** Width of its hidden layer. Default: no hidden layer. */
  readonly projection?: number | undefined;
}

/**
 * Projection of an image or a text into the space in which both are compared, VLMo's head or, with a hidden layer, one
 * of the shape that all heads have:
 *
 *   y = W x₀, or B gelu(LN(A x₀))        y / ‖y‖        x₀ [batch, 1, width] → [batch, space]
 */
export const projected = (
  p: Params,
  modality: 'text' | 'image',
  first: Tensor,
  { space, projection }: ProjectionSizes,
): Tensor => {
  const width = widthOf(first);
  const one = reshape(first, [first.shape[0]!, width]);
  const own = p.within(`itc.${modality}_proj`);
  const x =
    projection === undefined
      ? gemm(one, own.get('weight', [space, width], 'normal'), ['as-is', 'transposed'])
      : classifier(own, one, [projection, space]);
  const length = sqrt(add(sum(multiply(x, x), [-1]), SHORTEST ** 2));
  return divide(x, reshape(length, [x.shape[0]!, 1]));
};

/** Name of the first matrix of a projection, whether or not it has a hidden layer. */
const PROJECTION = /^itc\.(image|text)_proj\.(0\.)?weight$/;

/** Name of the projection that is not among the parameters; undefined where both are. */
export const missingProjection = (parameters: ReadonlyMap<string, unknown>): string | undefined => {
  const found = [...parameters.keys()].map((name) => PROJECTION.exec(name)?.[1]);
  const missing = ['text', 'image'].find((modality) => !found.includes(modality));
  return missing && `itc.${missing}_proj.weight`;
};

/** Streams that are compared by their `first`, [batch, 1, width]. */
interface Compared {
  readonly text: { readonly first: Tensor };
  readonly image: { readonly first: Tensor };
}

/** Vectors of a batch of images and texts, and the temperature with which they are compared. */
export interface Contrast {
  /** Vectors of the images, of length 1: [batch, space]. */
  readonly image: Tensor;
  /** Vectors of the texts, of length 1: [batch, space]. */
  readonly text: Tensor;
  /** Logarithm of the factor that similarities are multiplied by: a scalar. */
  readonly logitScale: Tensor;
  /** Added to the scaled similarities before a sigmoid: a scalar; absent where a softmax compares them. */
  readonly logitBias?: Tensor | undefined;
}

/** Options of `contrastOf`. */
interface ContrastOptions extends ProjectionSizes {
  /** Function from similarities to probabilities. Default softmax. */
  readonly scoring?: Scoring | undefined;
}

/** Projections of both modalities, the learnt temperature and, for a sigmoid, the learnt bias. */
export const contrastOf = (
  p: Params,
  { text, image }: Compared,
  { scoring = 'softmax', ...sizes }: ContrastOptions,
): Contrast => ({
  image: projected(p, 'image', image.first, sizes),
  text: projected(p, 'text', text.first, sizes),
  logitScale: p.within('itc').get('logit_scale', [], LOGIT_SCALE[scoring]),
  logitBias: scoring === 'sigmoid' ? p.within('itc').get('logit_bias', [], LOGIT_BIAS) : undefined,
});

/** Scaled similarity of each image and each text, with the bias where there is one: → [images, texts]. */
export const similarity = ({ image, text, logitScale, logitBias }: Contrast): Tensor => {
  const scaled = multiply(matmul(image, transposeLast(text)), exp(logitScale));
  return logitBias ? add(scaled, logitBias) : scaled;
};
