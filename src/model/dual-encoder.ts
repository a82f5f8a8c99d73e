import type { Tensor } from '../engine/tensor.ts';
import { type TransformerSizes, transformer } from './attention.ts';
import { type Embedded, embedImage, embedText, type Modality } from './embeddings.ts';
import type { ImageInput, TextInput } from './inputs.ts';
import type { Stream } from './outputs.ts';
import { type Params, withDropoutName } from './params.ts';
import { pooled } from './pooler.ts';
import { type Sizes, towerSizes } from './sizes.ts';

/** Runs one modality through a Transformer. @param blocks parameters that hold `transformer`. */
const encodeAlone = (blocks: Params, { x, mask }: Embedded, sizes: TransformerSizes): Stream => {
  const { layers, last, first } = transformer(blocks.within('transformer'), x, mask, sizes);
  return { mask, embedded: x, layers, last, first };
};

/** Parameters of a modality's Transformer: its tower's own, or those of both, with dropout masks for each. */
const blocksOf = (p: Params, modality: 'text' | 'image', { encoders = 'apart' }: Sizes): Params =>
  encoders === 'apart' ? p.within(`${modality}_encoder`) : withDropoutName(p.within('shared_encoder'), modality);

/** Parameters of the text encoder. */
export const textPart = (p: Params): Params => p.within('text_encoder');

/** Parameters of the image encoder. */
const imagePart = (p: Params): Params => p.within('image_encoder');

/** Text encoder of the dual encoder, up to its pooler. */
export const textEncoder = (p: Params, text: TextInput, sizes: Sizes): Stream =>
  encodeAlone(blocksOf(p, 'text', sizes), embedText(textPart(p), text, sizes), towerSizes(sizes, 'text'));

/**
 * Image encoder of the dual encoder, up to its pooler. It depends on no text, so its output can be kept.
 *
 * @param type row of the modality table: 2 for the second of two images.
 */
export const imageEncoder = (p: Params, image: ImageInput, sizes: Sizes, type: Modality = 1): Stream =>
  encodeAlone(blocksOf(p, 'image', sizes), embedImage(imagePart(p), image, sizes, type), sizes);

/** Pooled vector of a modality: [batch, width]. */
export const poolTower = (p: Params, modality: 'text' | 'image', { first }: Pick<Stream, 'first'>): Tensor =>
  pooled(modality === 'text' ? textPart(p) : imagePart(p), first);
