import type { Size } from '../engine/shapes.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import type { Layer } from './attention.ts';
import type { Sizes } from './sizes.ts';

/** A batch of texts as symbols. */
export interface TextInput {
  /** Ids of word pieces, [CLS] first and [SEP] last: int32 [batch, words]. */
  readonly ids: Tensor;
  /** 1 real, 0 padding: [batch, words]. */
  readonly mask: Tensor;
  /** BERT's segment of each piece, int32 [batch, words]; all of segment 0 where absent. */
  readonly segments?: Tensor | undefined;
}

/** A batch of images as symbols. Their [CLS] token is the model's own and is not among the patches. */
export interface ImageInput {
  /** [batch, patches, 3 · patch²]: channel, row, column. */
  readonly patches: Tensor;
  /** 1 real, 0 padding: [batch, patches]. */
  readonly mask: Tensor;
  /** Weights that interpolate the position table at each patch: [batch, patches, grid²]. */
  readonly positions: Tensor;
}

/** What goes in: a text about one image or more. */
export interface Inputs {
  readonly text: TextInput;
  readonly images: readonly ImageInput[];
}

/**
 * What goes in where texts and images are paired twice: each text with its own image, and with the one that it is to be
 * matched with, which is its own again or makes a false pair.
 */
export interface PairedInputs {
  readonly text: TextInput;
  /** Each image once: those of the texts in their order, then those that stand in false pairs alone. [images, ...] */
  readonly image: ImageInput;
  /** The place of the image that each text is to be matched with: int32 [batch]. */
  readonly matchingImages: Tensor;
  /** The place of each text that is to be matched with another image than its own: int32 [false]. */
  readonly falseTexts: Tensor;
  /** The place of the pair in which each text is matched, among the own ones and the false ones after them: int32 [batch]. */
  readonly matchingPairs: Tensor;
}

/** The inputs that a batch of the `data` floor feeds. The second image's names end in `_2`. */
export const inputsFor = (sizes: Sizes, { images = 1 }: { readonly images?: number | undefined } = {}): Inputs => ({
  text: { ids: input('words', ['batch', 'words'], 'int32'), mask: input('word_mask', ['batch', 'words']) },
  images: Array.from({ length: images }, (_, i) => imageInput(sizes, 'batch', i === 0 ? '' : `_${i + 1}`)),
});

/** The inputs of a stage that pairs its texts twice: as many images as there are different ones. */
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

/** What one modality became: every layer, so that an objective may compare whichever it wants. */
export interface Stream {
  /** 1 real, 0 padding: [batch, tokens], [CLS] included. */
  readonly mask: Tensor;
  readonly embedded: Tensor;
  readonly layers: readonly Layer[];
  /** All tokens after the final LayerNorm: [batch, tokens, width]. */
  readonly last: Tensor;
  /** The first of them, [CLS], alone: [batch, 1, width]. Where nothing asks for the others, they are not computed. */
  readonly first: Tensor;
}

/** Both modalities, encoded together or apart. */
export interface Streams {
  readonly text: Stream;
  readonly image: Stream;
}

/**
 * What comes out, of teacher and student alike: the one contract between models and objectives. What no output needs
 * never reaches the graph.
 */
export interface Encoded extends Streams {
  /** What the head reads: [batch, width]. */
  readonly pair: Tensor;
}

/** What a model makes of its inputs: one `Encoded` an image, and the logits of its head. */
export interface Answered {
  readonly encoded: readonly Encoded[];
  /** [batch, answers]. */
  readonly logits: Tensor;
}

/** Encoded once, paired twice. */
export interface Paired {
  /** Each text with its own image. */
  readonly own: Encoded;
  /** Each text with the image that it is to be matched with. */
  readonly matching: Encoded;
}
