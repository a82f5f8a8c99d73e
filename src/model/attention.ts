import { add, matmul, multiply, reshape, slice, softmax, subtract, transpose, transposeLast } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { layerNorm, linear, mlp, widthOf } from './linear.ts';
import { type Params, withDropoutName } from './params.ts';

/** What a Transformer is, apart from its weights. */
export interface TransformerSizes {
  readonly depth: number;
  readonly heads: number;
  /** Width of the feed-forward halves. */
  readonly hidden: number;
  /** Of the LayerNorms: 1e-6 in ViLT's code, 1e-12 in Hugging Face's conversion of it. */
  readonly epsilon: number;
}

/** What one block saw and made. Queries and keys are [batch, heads, tokens, width / heads]. */
export interface Layer {
  readonly query: Tensor;
  readonly key: Tensor;
  /** The residual stream after the block: [batch, tokens, width]. */
  readonly hidden: Tensor;
}

/** A masked key gets this instead of -Infinity: its probability is exactly 0 in float32, and nothing becomes NaN. */
const MASKED = -10_000;

/** Q Kᵀ / √(width of a head): [batch, heads, queries, keys]. */
export const scores = (query: Tensor, key: Tensor): Tensor =>
  matmul(multiply(query, 1 / Math.sqrt(widthOf(query))), transposeLast(key));

/** Bias added to attention scores so that padding gets no attention. Mask [batch, keys] -> [batch, 1, 1, keys]. */
export const maskBias = (mask: Tensor): Tensor => {
  const [batch, keys] = mask.shape;
  return reshape(multiply(subtract(1, mask), MASKED), [batch!, 1, 1, keys!]);
};

/** softmax(Q Kᵀ / √d + bias) V. */
export const attend = (query: Tensor, key: Tensor, value: Tensor, bias: Tensor): Tensor =>
  matmul(softmax(add(scores(query, key), bias)), value);

/** [batch, tokens, 3 width], q then k then v -> three of [batch, heads, tokens, width / heads]. */
const splitHeads = (qkv: Tensor, heads: number): readonly [Tensor, Tensor, Tensor] => {
  const [batch, tokens] = qkv.shape;
  const size = widthOf(qkv) / 3 / heads;
  const apart = transpose(reshape(qkv, [batch!, tokens!, 3, heads, size]), [2, 0, 3, 1, 4]);
  const part = (i: number): Tensor => reshape(slice(apart, 0, i, i + 1), [batch!, heads, tokens!, size]);
  return [part(0), part(1), part(2)];
};

/** [batch, heads, tokens, size] -> [batch, tokens, heads · size]. */
const joinHeads = (x: Tensor): Tensor => {
  const [batch, heads, tokens, size] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch!, tokens!, (heads as number) * (size as number)]);
};

interface Block extends Layer {
  /** The first token of `hidden` alone, [batch, 1, width]: all that the rest of the model may need of the last block. */
  readonly first: Tensor;
}

/**
 * The pre-norm block of ViT (Dosovitskiy et al. 2021):
 *
 *   x += Drop(W_o attend(LN₁ x))     x += Drop(W₂ Drop(gelu(W₁ LN₂ x)))
 */
const block = (p: Params, x: Tensor, bias: Tensor, { heads, hidden, epsilon }: TransformerSizes): Block => {
  const width = widthOf(x);
  const [query, key, value] = splitHeads(
    linear(p.within('attn.qkv'), layerNorm(p.within('norm1'), x, epsilon), 3 * width),
    heads,
  );
  const onward = (stream: Tensor, queries: Tensor, place: Params): Tensor => {
    const attended = linear(place.within('attn.proj'), joinHeads(attend(queries, key, value, bias)), width);
    const y = add(stream, place.dropout(attended, 'attn'));
    return add(y, mlp(place.within('mlp'), layerNorm(place.within('norm2'), y, epsilon), hidden));
  };
  return {
    query,
    key,
    hidden: onward(x, query, p),
    // its dropout has masks of another shape
    first: onward(firstToken(x), slice(query, 2, 0, 1), withDropoutName(p, 'first')),
  };
};

/** [batch, tokens, width] -> [batch, 1, width]. */
export const firstToken = (x: Tensor): Tensor => slice(x, 1, 0, 1);

export interface Transformed {
  readonly layers: readonly Layer[];
  /** All tokens after the final LayerNorm: [batch, tokens, width]. */
  readonly last: Tensor;
  /** The first token after the final LayerNorm: [batch, 1, width]. Alone, it spares most of the last block. */
  readonly first: Tensor;
}

/** Blocks, and a LayerNorm after the last. Mask [batch, tokens]. */
export const transformer = (p: Params, x: Tensor, mask: Tensor, sizes: TransformerSizes): Transformed => {
  const bias = maskBias(mask);
  const layers: Block[] = [];
  for (let i = 0; i < sizes.depth; i += 1) {
    layers.push(block(p.within(`blocks.${i}`), layers.at(-1)?.hidden ?? x, bias, sizes));
  }
  const final = (stream: Tensor): Tensor => layerNorm(p.within('norm'), stream, sizes.epsilon);
  const end = layers.at(-1);
  return { layers, last: final(end?.hidden ?? x), first: final(end?.first ?? firstToken(x)) };
};
