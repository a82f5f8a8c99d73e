import type { Size } from '../engine/shapes.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import type { Sizes } from './sizes.ts';

/** Symbols of a batch of texts. */
export interface TextInput {
  /** Word piece ids, [CLS] first and [SEP] last: int32 [batch, words]. */
  readonly ids: Tensor;
  /** 1 for a real token, 0 for padding: [batch, words]. */
  readonly mask: Tensor;
  /** BERT's segment id of each piece, int32 [batch, words]. All 0 where absent. */
  readonly segments?: Tensor | undefined;
}

/** Symbols of a batch of images. The image's [CLS] token is a parameter of the model and not among the patches. */
export interface ImageInput {
  /** [batch, patches, 3 · patch²], ordered by channel, row, column. */
  readonly patches: Tensor;
  /** 1 for a real patch, 0 for padding: [batch, patches]. */
  readonly mask: Tensor;
  /** Bilinear weights of each patch over the position table: [batch, patches, grid²]. */
  readonly positions: Tensor;
}

/** Symbols of a batch of texts, each about one image or more. */
export interface Inputs {
  readonly text: TextInput;
  readonly images: readonly ImageInput[];
}

/**
 * Inputs of stage 1: each text with its own image, and with its ITM image, the same (positive) or another (negative).
 */
export interface PairedInputs {
  readonly text: TextInput;
  /**
   * Each image once: first those of the texts, in their order, then the images of negative pairs alone. [images, ...]
   */
  readonly image: ImageInput;
  /** Index of the ITM image of each text: int32 [batch]. */
  readonly matchingImages: Tensor;
  /** Indices of the texts in negative pairs: int32 [negatives]. */
  readonly falseTexts: Tensor;
  /** Index of the ITM pair of each text, in the list of own pairs followed by negative pairs: int32 [batch]. */
  readonly matchingPairs: Tensor;
}

/** Inputs with the names that `collate` feeds. Names of the second image end in `_2`. */
export const inputsFor = (sizes: Sizes, { images = 1 }: { readonly images?: number | undefined } = {}): Inputs => ({
  text: { ids: input('words', ['batch', 'words'], 'int32'), mask: input('word_mask', ['batch', 'words']) },
  images: Array.from({ length: images }, (_, i) => imageInput(sizes, 'batch', i === 0 ? '' : `_${i + 1}`)),
});

/** Inputs of a batch that pairs each text twice; the number of images is a size of its own. */
export const pairedInputsFor = (sizes: Sizes): PairedInputs => ({
  text: inputsFor(sizes).text,
  image: imageInput(sizes, 'images'),
  matchingImages: input('matching_images', ['batch'], 'int32'),
  falseTexts: input('false_texts', ['false'], 'int32'),
  matchingPairs: input('matching_pairs', ['batch'], 'int32'),
});

const imageInput = ({ patch, grid }: Sizes, count: Size, suffix = ''): ImageInput => {
  const patches = `patches${suffix}`;
  return {
    patches: input(patches, [count, patches, 3 * patch * patch]),
    mask: input(`patch_mask${suffix}`, [count, patches]),
    positions: input(`patch_positions${suffix}`, [count, patches, grid * grid]),
  };
};
