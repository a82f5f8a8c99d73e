import { add, concat, expand, gather, matmul, reshape, slice } from '../engine/ops.ts';
import type { Size } from '../engine/shapes.ts';
import { constant, type Tensor } from '../engine/tensor.ts';
import type { ImageInput, TextInput } from './inputs.ts';
import { layerNorm, linear } from './linear.ts';
import type { Params } from './params.ts';
import type { Select } from './select.ts';
import type { Sizes } from './sizes.ts';

/** Tokens ready for a Transformer: [batch, tokens, width] and their mask. */
export interface Embedded {
  readonly x: Tensor;
  readonly mask: Tensor;
}

/** Selects examples of a batch. */
export const selectEmbedded = ({ x, mask }: Embedded, rows: Select): Embedded => ({ x: rows(x), mask: rows(mask) });

/** Concatenates two batches, one behind the other. */
export const concatEmbedded = (a: Embedded, b: Embedded): Embedded => ({
  x: concat([a.x, b.x], 0),
  mask: concat([a.mask, b.mask], 0),
});

/** Row of the modality table: 0 text, 1 first image, 2 NLVR2's second image; or one for each example, int32 [batch]. */
export type Modality = 0 | 1 | 2 | Tensor;

/** Word table, a vector for each word piece: [vocabulary, width]. */
export const wordTable = (p: Params, { vocabulary, width }: Sizes): Tensor =>
  p.get('text_embeddings.word_embeddings.weight', [vocabulary, width], 'normal');

/** Text embeddings, Drop(LN(word + segment + position)) + modality (ViLT code): [batch, words, width]. */
export const embedText = (p: Params, { ids, mask, segments }: TextInput, sizes: Sizes): Embedded => {
  const { width, words, textEpsilon } = sizes;
  const table = p.within('text_embeddings');
  const word = gather(wordTable(p, sizes), ids);
  const position = slice(table.get('position_embeddings.weight', [words, width], 'normal'), 0, 0, ids.shape[1]!);
  const segment = table.get('token_type_embeddings.weight', [2, width], 'normal');
  const summed = add(add(word, segments ? gather(segment, segments) : slice(segment, 0, 0, 1)), position);
  const normed = layerNorm(table.within('LayerNorm'), summed, textEpsilon);
  return { x: add(table.dropout(normed, 'words'), modality(p, 0, sizes)), mask };
};

/**
 * Image embeddings, Drop([cls + position₀ | W patch + b + position]) + modality (ViLT code): [batch, 1 + patches,
 * width].
 *
 * Bilinear interpolation of the position table is linear in the table, so it is a matrix product with fed weights.
 */
export const embedImage = (p: Params, image: ImageInput, sizes: Sizes, row: Modality): Embedded => {
  const { width, patch, grid } = sizes;
  const [batch] = image.patches.shape;
  const vision = p.within('transformer');
  const table = reshape(vision.get('pos_embed', [1, 1 + grid * grid, width], 'normal'), [1 + grid * grid, width]);
  const cls = add(vision.get('cls_token', [1, 1, width], 'normal'), slice(table, 0, 0, 1));
  const projected = linear(
    flattened(vision.within('patch_embed.proj'), [width, 3, patch, patch]),
    image.patches,
    width,
  );
  const placed = add(projected, matmul(image.positions, slice(table, 0, 1, 1 + grid * grid)));
  const x = concat([expand(cls, [batch!, 1, width]), placed], 1);
  return {
    x: add(vision.dropout(x, 'patches'), modality(p, row, sizes)),
    mask: concat([ones(batch!), image.mask], 1),
  };
};

const ones = (batch: Size): Tensor => expand(constant(1), [batch, 1]);

const modality = (p: Params, row: Modality, { types, width }: Sizes): Tensor => {
  const table = p.get('token_type_embeddings.weight', [types, width], 'normal');
  return typeof row === 'number'
    ? slice(table, 0, row, row + 1)
    : reshape(gather(table, row), [row.shape[0]!, 1, width]);
};

/** Views a convolution's weight [out, channels, height, width] as the matrix that `linear` asks for. */
const flattened = (p: Params, kernel: readonly number[]): Params => ({
  ...p,
  get: (name, shape, initial) =>
    name === 'weight' ? reshape(p.get(name, kernel, initial), shape) : p.get(name, shape, initial),
});
