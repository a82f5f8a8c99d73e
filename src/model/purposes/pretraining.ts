import { gather, reshape } from '../../engine/ops.ts';
import { volume } from '../../engine/shapes.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import type { Architecture } from '../architecture.ts';
import { wordTable } from '../embeddings.ts';
import { type Answered, type Encoded, type PairedInputs, pairedInputsFor, type TextInput } from '../encoded.ts';
import { type Contrast, contrastOf, languageHead, matchingHead, ownDecoder, similarity } from '../heads.ts';
import { type Params, withDropoutName } from '../params.ts';
import { atIndices, firstRows, type Select, selectImages } from '../select.ts';
import type { Sizes } from '../sizes.ts';

/** A batch of pre-training as symbols: texts, each paired with two images; and the texts again with words masked. */
export interface PretrainingInputs extends PairedInputs {
  readonly masked: TextInput;
  /** Where a word is to be found again, in the texts laid end to end: int32 [masked]. */
  readonly places: Tensor;
}

/** The inputs of a pre-training batch. */
export const pretrainingInputs = (sizes: Sizes): PretrainingInputs => {
  const paired = pairedInputsFor(sizes);
  return {
    ...paired,
    masked: { ...paired.text, ids: input('masked_words', ['batch', 'words'], 'int32') },
    places: input('masked_places', ['masked'], 'int32'),
  };
};

/** What a model makes of a pre-training batch. */
export interface Pretrained {
  /** Each text with its own image; only where it is asked for. */
  readonly own?: Encoded | undefined;
  /** Each text with the image that it may not belong to, and whether it does: logits [batch, 2]. */
  readonly matching: Answered;
  /** How alike every image and every text of the batch are, [images, texts]; only where a space for both is asked for. */
  readonly similarity?: Tensor | undefined;
  /** What they are compared by, with it. */
  readonly contrast?: Contrast | undefined;
  /** What each masked word may be: [masked, vocabulary]. */
  readonly words: Tensor;
}

/** What stage 1 asks of a model. */
export interface PretrainedOptions {
  readonly sizes: Sizes;
  /** Size of the space in which images and texts are compared; without it there is no contrast. */
  readonly space?: number | undefined;
  /** Where masked words are looked up: in the model's own table of words (default), or in one beside it (ViLT code). */
  readonly decoder?: 'tied' | 'own' | undefined;
  /** Which pairs are asked for: those of matching, or each text's own too (default; contrast needs them). */
  readonly pairs?: 'both' | 'matching' | undefined;
}

/**
 * All that stage 1 asks of a model. The fusion encoder pays a whole pass for each different pair, and one more for its
 * masked words; the dual encoder reads each text and each image once, and sees no image for its masked words.
 */
export const pretrained = (
  model: Architecture,
  p: Params,
  inputs: PretrainingInputs,
  { sizes, space, decoder = 'tied', pairs = 'both' }: PretrainedOptions,
): Pretrained => {
  const { text, image, masked, places } = inputs;
  const seenWith = (place: Params, words: TextInput, rows: Select): Encoded =>
    model.encode(place, { text: words, images: [selectImages(image, rows)] }, sizes)[0]!;
  const paired = pairs === 'both' ? model.encodePairs(p, inputs, sizes) : undefined;
  const matching = paired?.matching ?? seenWith(p, text, atIndices(inputs.matchingImages));
  const { last } = seenWith(withDropoutName(p, 'masked'), masked, firstRows(text.ids.shape[0]!)).text;
  const table = decoder === 'own' ? ownDecoder(p, sizes) : wordTable(model.texts(p), sizes);
  const rows = reshape(last, [volume(last.shape.slice(0, 2)), sizes.width]);
  const contrast = space !== undefined && paired && contrastOf(p, paired.own, space);
  return {
    ...(paired && { own: paired.own }),
    matching: { encoded: [matching], logits: matchingHead(p, matching.pair) },
    words: languageHead(p, gather(rows, places), table, sizes),
    ...(contrast && { contrast, similarity: similarity(contrast) }),
  };
};
