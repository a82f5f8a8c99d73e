import type { Tensor } from '../engine/tensor.ts';
import { transformer } from '../layers/attention.ts';
import type { Params } from '../layers/params.ts';
import { type Embedded, embedImage, embedText, type Modality } from './embeddings.ts';
import type { ImageInput, Stream, TextInput } from './encoded.ts';
import { pooled } from './pooler.ts';
import type { Sizes } from './sizes.ts';

/** A modality encoded alone, and the vector that stands for it: [batch, width]. */
export interface Tower extends Stream {
  readonly pooled: Tensor;
}

const encodeAlone = (p: Params, { x, mask }: Embedded, sizes: Sizes): Tower => {
  const { layers, last, first } = transformer(p.within('transformer'), x, mask, sizes);
  return { mask, embedded: x, layers, last, first, pooled: pooled(p, first) };
};

/** Where the text encoder's parameters stand. */
export const textPart = (p: Params): Params => p.within('text_encoder');

/** The student's text encoder. */
export const textEncoder = (p: Params, text: TextInput, sizes: Sizes): Tower => {
  const tower = textPart(p);
  return encodeAlone(tower, embedText(tower, text, sizes), sizes);
};

/** The student's image encoder: what it makes of an image depends on no text, so it can be kept. */
export const imageEncoder = (p: Params, image: ImageInput, sizes: Sizes, row: Modality = 1): Tower => {
  const tower = p.within('image_encoder');
  return encodeAlone(tower, embedImage(tower, image, sizes, row), sizes);
};
