import {
  add,
  divide,
  matmul,
  multiply,
  reshape,
  slice,
  softmax,
  subtract,
  sum,
  transpose,
  transposeLast,
} from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Activation } from './activations.ts';
import { layerNorm, linear, mlp, widthOf } from './linear.ts';
import { type Params, withDropoutName } from './params.ts';

/** Sizes of a Transformer. */
export interface TransformerSizes {
  readonly depth: number;
  readonly heads: number;
  /** Width of the hidden layer of the feed-forward halves. */
  readonly hidden: number;
  /** Epsilon of the LayerNorms: 1e-6 in ViLT's code, 1e-12 in Hugging Face's conversion of it. */
  readonly epsilon: number;
  /** Activation of the feed-forward halves. Default `gelu`, as in ViLT. Heads and the interaction always have `gelu`. */
  readonly activation?: Activation | undefined;
  /** Place of the LayerNorms: `before` each half of a block and after the last, as in ViT (default), or `after` each half, as in BERT. */
  readonly norm?: 'before' | 'after' | undefined;
  /** Vector that stands for all tokens: the `first`, [CLS] (default), or the `mean` of those that are no padding. */
  readonly summary?: 'first' | 'mean' | undefined;
}

/** Queries, keys and output of one block. Queries and keys are [batch, heads, tokens, width / heads]. */
export interface Layer {
  readonly query: Tensor;
  readonly key: Tensor;
  /** The residual stream after the block: [batch, tokens, width]. */
  readonly hidden: Tensor;
}

/** Score of a masked key, instead of -Infinity: its probability is exactly 0 in float32, and nothing becomes NaN. */
const MASKED = -10_000;

/** Attention scores before the softmax, Q Kᵀ / √(width of a head): [batch, heads, queries, keys]. */
export const scores = (query: Tensor, key: Tensor): Tensor =>
  matmul(multiply(query, 1 / Math.sqrt(widthOf(query))), transposeLast(key));

/** Bias added to attention scores so that padding gets no attention. Mask [batch, keys] -> [batch, 1, 1, keys]. */
export const maskBias = (mask: Tensor): Tensor => {
  const [batch, keys] = mask.shape;
  return reshape(multiply(subtract(1, mask), MASKED), [batch!, 1, 1, keys!]);
};

/** Scaled dot-product attention, softmax(Q Kᵀ / √d + bias) V. */
export const attend = (query: Tensor, key: Tensor, value: Tensor, bias: Tensor): Tensor =>
  matmul(softmax(add(scores(query, key), bias)), value);

/** Splits [batch, tokens, 3 width], q then k then v, into three of [batch, heads, tokens, width / heads]. */
const splitHeads = (qkv: Tensor, heads: number): readonly [Tensor, Tensor, Tensor] => {
  const [batch, tokens] = qkv.shape;
  const size = widthOf(qkv) / 3 / heads;
  const apart = transpose(reshape(qkv, [batch!, tokens!, 3, heads, size]), [2, 0, 3, 1, 4]);
  const part = (i: number): Tensor => reshape(slice(apart, 0, i, i + 1), [batch!, heads, tokens!, size]);
  return [part(0), part(1), part(2)];
};

/** Joins heads again: [batch, heads, tokens, size] → [batch, tokens, heads · size]. */
const joinHeads = (x: Tensor): Tensor => {
  const [batch, heads, tokens, size] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch!, tokens!, (heads as number) * (size as number)]);
};

interface Block extends Layer {
  /** First token of `hidden`, [batch, 1, width]: often all that the rest of the model needs of the last block. */
  readonly first: Tensor;
}

/**
 * The pre-norm block of ViT (Dosovitskiy et al. 2021):
 *
 *   x += Drop(W_o attend(LN₁ x))     x += Drop(W₂ Drop(gelu(W₁ LN₂ x)))
 *
 * or the post-norm block of BERT (Devlin et al. 2019):
 *
 *   x = LN₁(x + Drop(W_o attend(x)))     x = LN₂(x + Drop(W₂ Drop(gelu(W₁ x))))
 */
const block = (p: Params, x: Tensor, bias: Tensor, sizes: TransformerSizes): Block => {
  const { heads, epsilon, norm = 'before' } = sizes;
  const width = widthOf(x);
  const normed = (place: Params, stream: Tensor, when: 'before' | 'after'): Tensor =>
    when === norm ? layerNorm(place, stream, epsilon) : stream;
  const [query, key, value] = splitHeads(
    linear(p.within('attn.qkv'), normed(p.within('norm1'), x, 'before'), 3 * width),
    heads,
  );
  const onward = (stream: Tensor, queries: Tensor, place: Params): Tensor => {
    const attended = linear(place.within('attn.proj'), joinHeads(attend(queries, key, value, bias)), width);
    const y = normed(place.within('norm1'), add(stream, place.dropout(attended, 'attn')), 'after');
    const fed = mlp(place.within('mlp'), normed(place.within('norm2'), y, 'before'), sizes);
    return normed(place.within('norm2'), add(y, fed), 'after');
  };
  return {
    query,
    key,
    hidden: onward(x, query, p),
    // dropout masks of another shape need names of their own
    first: onward(firstToken(x), slice(query, 2, 0, 1), withDropoutName(p, 'first')),
  };
};

/** First token of each sequence: [batch, tokens, width] → [batch, 1, width]. */
export const firstToken = (x: Tensor): Tensor => slice(x, 1, 0, 1);

export interface Transformed {
  readonly layers: readonly Layer[];
  /** All tokens after the final LayerNorm: [batch, tokens, width]. */
  readonly last: Tensor;
  /**
   * First token after the final LayerNorm, [batch, 1, width], or the mean of all, where the sizes say so. A graph that
   * reads the first token alone spares most of the last block.
   */
  readonly first: Tensor;
}

/** Transformer encoder: blocks, and a LayerNorm after the last. Mask [batch, tokens]. */
export const transformer = (p: Params, x: Tensor, mask: Tensor, sizes: TransformerSizes): Transformed => {
  const bias = maskBias(mask);
  const layers: Block[] = [];
  for (let i = 0; i < sizes.depth; i += 1) {
    layers.push(block(p.within(`blocks.${i}`), layers.at(-1)?.hidden ?? x, bias, sizes));
  }
  const final = (stream: Tensor): Tensor =>
    sizes.norm === 'after' ? stream : layerNorm(p.within('norm'), stream, sizes.epsilon);
  const end = layers.at(-1);
  const last = final(end?.hidden ?? x);
  return { layers, last, first: sizes.summary === 'mean' ? meanToken(last, mask) : final(end?.first ?? firstToken(x)) };
};

/** Mean of the tokens that are no padding: [batch, tokens, width] → [batch, 1, width]. */
const meanToken = (x: Tensor, mask: Tensor): Tensor => {
  const [batch, tokens] = mask.shape;
  const weights = reshape(divide(mask, reshape(sum(mask, [1]), [batch!, 1])), [batch!, 1, tokens!]);
  return matmul(weights, x);
};
