import { gather, reshape } from '../engine/ops.ts';
import { volume } from '../engine/shapes.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import { type Params, placed } from '../layers/params.ts';
import { wordTable } from './embeddings.ts';
import { type Answered, type Encoded, type Inputs, inputsFor, type TextInput } from './encoded.ts';
import { type Contrast, contrastOf, languageHead, matchingHead, ownDecoder, similarity } from './heads.ts';
import type { Model } from './model.ts';
import type { Sizes } from './sizes.ts';

/**
 * A batch of pre-training as symbols: texts, each with two images, its own and the one that it may or may not belong
 * to; and the texts again with words masked.
 */
export interface PretrainingInputs extends Inputs {
  readonly masked: TextInput;
  /** Where a word is to be found again, in the texts laid end to end: int32 [masked]. */
  readonly places: Tensor;
}

/** The inputs of a pre-training batch; the second image's names end in `_2`. */
export const pretrainingInputs = (sizes: Sizes): PretrainingInputs => {
  const { text, images } = inputsFor(sizes, { images: 2 });
  return {
    text,
    // it is another image to match with, not the second of two
    images: images.map((image) => ({ ...image, row: 1 as const })),
    masked: { ...text, ids: input('masked_words', ['batch', 'words'], 'int32') },
    places: input('masked_places', ['masked'], 'int32'),
  };
};

/** What a model makes of a pre-training batch. */
export interface Pretrained {
  /** Each text with its own image. */
  readonly own: Encoded;
  /** Each text with the image that it may not belong to, and whether it does: logits [batch, 2]. */
  readonly matching: Answered;
  /** How alike every image and every text of the batch are, [images, texts]; only where a space for both is asked for. */
  readonly similarity?: Tensor;
  /** What they are compared by, with it. */
  readonly contrast?: Contrast;
  /** What each masked word may be: [masked, vocabulary]. */
  readonly words: Tensor;
}

/**
 * All that stage 1 asks of a model. The fusion encoder pays a whole pass for each of the three; the dual encoder reads
 * the texts once for both images, and sees no image for its masked words.
 *
 * @param decoder where masked words are looked up: in the model's own table of words, or in a table beside it (ViLT code).
 * @param space size of the space in which images and texts are compared; without it there is no contrast.
 */
export const pretrained = (
  model: Model,
  p: Params,
  inputs: PretrainingInputs,
  {
    sizes,
    space,
    decoder = 'tied',
  }: { readonly sizes: Sizes; readonly space?: number; readonly decoder?: 'tied' | 'own' },
): Pretrained => {
  const [own, other] = model.encode(p, inputs, sizes) as readonly [Encoded, Encoded];
  const reading = { text: inputs.masked, images: inputs.images.slice(0, 1) };
  const { last } = model.encode(placed(p, 'masked'), reading, sizes)[0]!.text;
  const table = decoder === 'own' ? ownDecoder(p, sizes) : wordTable(model.texts(p), sizes);
  const rows = reshape(last, [volume(last.shape.slice(0, 2)), sizes.width]);
  const contrast = space === undefined ? undefined : contrastOf(p, own, space);
  return {
    own,
    matching: { encoded: [other], logits: matchingHead(p, other.pair) },
    words: languageHead(p, gather(rows, inputs.places), table, sizes),
    ...(contrast && { contrast, similarity: similarity(contrast) }),
  };
};
