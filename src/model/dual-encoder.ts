import type { Tensor } from '../engine/tensor.ts';
import { transformer } from './attention.ts';
import { type Embedded, embedImage, embedText, type Modality } from './embeddings.ts';
import type { ImageInput, Stream, TextInput } from './encoded.ts';
import { type Params, withDropoutName } from './params.ts';
import { pooled } from './pooler.ts';
import { type Select, selectStream } from './select.ts';
import type { Sizes } from './sizes.ts';

/** A modality encoded alone, and the vector that stands for it: [batch, width]. */
export interface Tower extends Stream {
  readonly pooled: Tensor;
}

/** What some of the texts or images became, their vectors too. */
export const selectTower = (tower: Tower, rows: Select): Tower => ({
  ...selectStream(tower, rows),
  pooled: rows(tower.pooled),
});

/** @param blocks where the parameters of its Transformer stand. */
const encodeAlone = (blocks: Params, { x, mask }: Embedded, sizes: Sizes): Stream => {
  const { layers, last, first } = transformer(blocks.within('transformer'), x, mask, sizes);
  return { mask, embedded: x, layers, last, first };
};

/** The Transformer of a modality: its tower's, or the one of both, whose dropout then has masks for each. */
const blocksOf = (p: Params, modality: 'text' | 'image', { encoders = 'apart' }: Sizes): Params =>
  encoders === 'apart' ? p.within(`${modality}_encoder`) : withDropoutName(p.within('shared_encoder'), modality);

/** Where the text encoder's parameters stand. */
export const textPart = (p: Params): Params => p.within('text_encoder');

/** Where the image encoder's own parameters stand. */
const imagePart = (p: Params): Params => p.within('image_encoder');

/** The text encoder up to its pooler: all that retrieval asks of it. */
export const textStream = (p: Params, text: TextInput, sizes: Sizes): Stream =>
  encodeAlone(blocksOf(p, 'text', sizes), embedText(textPart(p), text, sizes), sizes);

/** The image encoder up to its pooler. */
export const imageStream = (p: Params, image: ImageInput, sizes: Sizes, row: Modality = 1): Stream =>
  encodeAlone(blocksOf(p, 'image', sizes), embedImage(imagePart(p), image, sizes, row), sizes);

/** The student's text encoder. */
export const textEncoder = (p: Params, text: TextInput, sizes: Sizes): Tower => {
  const stream = textStream(p, text, sizes);
  return { ...stream, pooled: pooled(textPart(p), stream.first) };
};

/** The student's image encoder: what it makes of an image depends on no text, so it can be kept. */
export const imageEncoder = (p: Params, image: ImageInput, sizes: Sizes, row: Modality = 1): Tower => {
  const stream = imageStream(p, image, sizes, row);
  return { ...stream, pooled: pooled(imagePart(p), stream.first) };
};
